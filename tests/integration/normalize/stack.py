"""A stack in memory: moto's S3, DynamoDB and SQS, the real adapters, and a hand-written Bedrock."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
from moto import mock_aws

from services.normalize.adapters import SqsQueue
from services.normalize.item import Normalization
from services.normalize.model import Models
from services.normalize.operations import Invocation
from services.normalize.stores import Stores
from shared.bedrock.converse import CallCounts, Model, RetryPolicy
from shared.config.tree import ConfigTree
from shared.contracts.batch import Manifest, QueuedItem, RawMessage, Window
from shared.contracts.items import NormalizedItem, RawItem
from shared.errors import NotFoundError
from shared.storage import keys
from shared.storage.batches import BatchStore
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects, get_model, put_model
from shared.storage.results import Results
from shared.storage.spend import Spend
from shared.storage.table import StateTable
from tests.unit.bedrock.fakes import ScriptedBedrock, Time
from tests.unit.normalize.trees import MODEL_ID, tree

REGION = "eu-west-3"
DEADLINE = 3600


@dataclass
class Stack:
    """Everything a test looks at."""

    time: Time
    table: StateTable
    objects: S3Objects
    batches: BatchStore
    stores: Stores
    sqs: Any
    queue_url: str
    dlq_url: str
    config: ConfigTree

    def open_batch(
        self, *items: RawItem, client_id: str = "acme_weekly", batch_id: str = "edition-1"
    ) -> list[RawMessage]:
        """Store raw items and open a batch of them, as ingest does."""
        queued = []
        for item in items:
            key = keys.raw(item.item_id, item.content_hash)
            put_model(self.objects, key, item)
            queued.append(QueuedItem(item_id=item.item_id, raw_key=key, content_hash=item.content_hash))
        manifest = Manifest(
            client_id=client_id,
            batch_id=batch_id,
            kind="edition",
            run_id="run",
            as_of=self.time.now().isoformat(),
            window=Window.model_validate({"from": "2025-12-01", "to": "2025-12-10"}),
            config_release="r1",
            created_at=self.time.now().isoformat(),
            items=tuple(queued),
            seen=(),
            sources=(),
        )
        self.batches.open(manifest, int(self.time.now().timestamp()) + DEADLINE)
        return [
            RawMessage(
                client_id=client_id,
                batch_id=batch_id,
                config_release="r1",
                as_of=manifest.as_of,
                kind="edition",
                **item.model_dump(),
            )
            for item in queued
        ]

    def load(self, release: str) -> ConfigTree:
        if release != "r1":
            raise NotFoundError(f"no release {release}")
        return self.config

    def invoke(
        self,
        bedrock: ScriptedBedrock,
        *records: dict[str, Any],
        owner: str = "request-1",
        seconds: float = 200,
        model_id: str = MODEL_ID,
        first_id: str = "",
    ) -> tuple[list[str], Invocation, CallCounts]:
        """One invocation of normalize; returns the failed message ids."""
        counts = CallCounts()
        model = Model(
            bedrock,
            "us-east-1",
            model_id,
            self.time,
            RetryPolicy(),
            counts=counts,
            pause=self.time.pause,
            jitter=lambda _low, high: high,
        )
        models = Models(model, replace(model, model_id=first_id) if first_id else None)
        normalization = Normalization(self.stores, self.load, models, self.time, owner)
        queue = SqsQueue(self.sqs, self.queue_url)
        invocation = Invocation(normalization, self.batches, queue, workers=2, max_receives=5)
        return invocation.handle(list(records), self.time.deadline(seconds)), invocation, counts

    def lake_item(self, item_id: str) -> NormalizedItem | None:
        row = self.stores.lake.get(item_id)
        return get_model(self.objects, row["key"], NormalizedItem) if row else None

    def outcome(self, item_id: str, batch_id: str = "edition-1", client_id: str = "acme_weekly") -> Mapping[str, Any]:
        return self.batches.items(client_id, batch_id)[item_id]


def record(message: RawMessage | str, receives: int = 1, message_id: str = "m-1") -> dict[str, Any]:
    """An SQS record as Lambda gets it."""
    return {
        "messageId": message_id,
        "receiptHandle": "handle",
        "body": message if isinstance(message, str) else message.model_dump_json(),
        "attributes": {"ApproximateReceiveCount": str(receives)},
    }


@contextmanager
def stack(config: ConfigTree | None = None) -> Iterator[Stack]:
    """A fresh stack."""
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        dynamodb = boto3.resource("dynamodb", region_name=REGION)
        dynamodb.create_table(
            TableName="state",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        sqs = boto3.client("sqs", region_name=REGION)
        url = sqs.create_queue(QueueName="raw")["QueueUrl"]
        time, table, objects = Time(), StateTable(dynamodb, "state"), S3Objects(s3, "data")
        yield Stack(
            time=time,
            table=table,
            objects=objects,
            batches=BatchStore(table, objects, time, time.pause),
            stores=Stores(objects, Lake(table, objects), Results(table, time), Spend(table, time)),
            sqs=sqs,
            queue_url=url,
            dlq_url=sqs.create_queue(QueueName="raw-dlq")["QueueUrl"],
            config=config or tree(),
        )
