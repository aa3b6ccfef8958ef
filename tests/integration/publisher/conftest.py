"""A whole publisher on moto: SES v2, SNS, SQS, S3 and DynamoDB."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from services.publisher import handler
from services.publisher.adapters import PublisherQueue, SesMailer, SnsNotifier, TableLedger
from services.publisher.operations import Parts
from shared.clock import SystemClock
from shared.contracts.edition import EditionMessage
from shared.storage.editions import Editions
from shared.storage.objects import S3Objects, put_model
from shared.storage.recipients import Recipients
from shared.storage.table import StateTable
from tests.unit.publisher.fakes import CLIENT, EDITION, PREFIX, FakeClients, client_config, digest_of, edition

HOME, SES_REGION = "eu-west-3", "eu-central-1"
BUCKET, TABLE = "vectora-inbox-newsletters-test", "vectora-inbox-state-test"


class Context:
    """Lambda's context."""

    function_name = "vectora-inbox-publisher-test"
    function_version = "1"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-west-3:123456789012:function:vectora-inbox-publisher-test"

    def __init__(self, request_id: str = "request-1", milliseconds: int = 600_000) -> None:
        self.aws_request_id = request_id
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


@dataclass
class Stack:
    """The parts of a deployed stack that the publisher touches."""

    sns: Any
    sqs: Any
    s3: Any
    ses: Any
    newsletter_topic: str
    queue_url: str
    notices_url: str
    publisher: handler.Publisher
    editions: Editions
    table: StateTable

    def announce(self, message: EditionMessage) -> None:
        self.sns.publish(TopicArn=self.newsletter_topic, Message=message.model_dump_json())

    def receive(self) -> list[dict[str, Any]]:
        """Messages of PublisherQueue as Lambda's event source gives them."""
        found = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        return [
            {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": one["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-3:123456789012:publisher",
                "awsRegion": HOME,
            }
            for one in found
        ]

    def run(self, records: list[dict[str, Any]], context: Context | None = None) -> list[str]:
        """Invoke the handler; the ids of failed messages."""
        answer = handler.handler({"Records": records}, context or Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def mailbox(self) -> list[tuple[str, bytes]]:
        """(address, raw mail) of everything that SES took, in its own region."""
        sent = ses_backends[DEFAULT_ACCOUNT_ID][SES_REGION].sent_messages
        return [(one.destinations[0], one.raw_data.encode()) for one in sent]

    def notices(self) -> list[dict[str, Any]]:
        found = self.sqs.receive_message(QueueUrl=self.notices_url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(one["Body"]) for one in found]

    def read(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body

    def draft(self, recipients: list[str], **delivery: Any) -> None:
        """A client with these recipients, and a draft of its edition as the engine leaves it."""
        objects = S3Objects(self.s3, BUCKET)
        put_model(objects, f"{PREFIX}/newsletter.json", edition())
        objects.put(f"{PREFIX}/newsletter.txt", "Té: Depotex® 長効\n".encode(), "text/plain; charset=utf-8")
        objects.put(f"{PREFIX}/newsletter.html", "<p>Té: Depotex® 長効</p>".encode(), "text/html; charset=utf-8")
        assert self.editions.begin(CLIENT, EDITION, "engine", 60)
        self.editions.move(CLIENT, EDITION, "draft", ["building"], content_hash=digest_of())
        object.__setattr__(self.publisher.parts, "clients", FakeClients(client_config(recipients, **delivery)))


def _create(sns: Any, sqs: Any, name: str) -> tuple[str, str]:
    """A topic with a queue behind it; (topic ARN, queue URL)."""
    topic = sns.create_topic(Name=name)["TopicArn"]
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    raw = {"RawMessageDelivery": "true"} if name == "newsletters" else {}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return topic, url


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", HOME)
    with mock_aws():
        sns, sqs, s3 = (boto3.client(name, region_name=HOME) for name in ("sns", "sqs", "s3"))
        ses = boto3.client("sesv2", region_name=SES_REGION, config=handler._ONE_ATTEMPT)
        ses.create_email_identity(EmailIdentity="news@example.org")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": HOME})
        dynamodb = boto3.resource("dynamodb", region_name=HOME)
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        newsletter_topic, queue_url = _create(sns, sqs, "newsletters")
        notification_topic, notices_url = _create(sns, sqs, "notifications")
        table, clock = StateTable(dynamodb, TABLE), SystemClock()
        editions = Editions(table, clock)
        parts = Parts(
            editions=editions,
            clients=FakeClients(client_config([])),
            objects=S3Objects(s3, BUCKET),
            ledger=TableLedger(table, clock),
            mailer=SesMailer(ses),
            notifier=SnsNotifier(sns, notification_topic),
            standings=Recipients(table, clock),
            clock=clock,
            pause=lambda seconds: None,
        )
        publisher = handler.Publisher(parts, PublisherQueue(sqs, queue_url))
        monkeypatch.setattr(handler, "_publisher", lambda: publisher)
        yield Stack(sns, sqs, s3, ses, newsletter_topic, queue_url, notices_url, publisher, editions, table)
