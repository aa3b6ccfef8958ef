"""The engine on moto: real buckets, table and topic in memory; only the model is hand-written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from services.engine.adapters import Ports, TopicAnnouncer
from services.engine.errors import WritingError
from services.engine.operations import Engine, Invocation
from services.engine.settings import EngineSettings
from services.engine.writing import Written
from shared.clock import FixedClock
from shared.config.store import S3ConfigStore
from shared.contracts.batch import Disposition, Manifest, QueuedItem, SeenItem, SourceReport
from shared.contracts.items import NormalizedItem, Usage
from shared.storage.batches import BatchStore, Outcome
from shared.storage.editions import Editions
from shared.storage.labels import Labels
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects
from shared.storage.spend import Spend
from shared.storage.table import StateTable
from tests.unit.engine.samples import FILES

REGION = "eu-west-3"
NOW = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
ENVIRONMENT = {
    "ENV": "local",
    "CONFIG_BUCKET": "the-config",
    "DATA_BUCKET": "the-data",
    "NEWSLETTERS_BUCKET": "the-newsletters",
    "STATE_TABLE": "state",
    "BEDROCK_MODEL_ID": "eu.test-model",
}


@dataclass
class FakeWriter:
    """Answers what it is told to, and counts."""

    region: str = REGION
    model_id: str = "eu.test-model"
    answer: dict[str, Any] | None = None
    answered_by: str = ""
    prompts: list[Any] = field(default_factory=list)

    def write(self, prompt: Any, price: Any, deadline: float) -> Written:
        self.prompts.append(prompt)
        if self.answer is None:
            raise WritingError("Throttled: too many requests")
        usage = Usage(calls=1, input_tokens=900, output_tokens=200, cost_usd=0.0057)
        return Written(self.answer, usage, self.answered_by or self.model_id)


@dataclass
class World:
    """Everything around the engine."""

    engine: Engine
    ports: Ports
    writer: FakeWriter
    settings: EngineSettings
    s3: Any
    sqs: Any
    queue_url: str

    def fill(self, *items: NormalizedItem) -> None:
        for item in items:
            self.ports.lake.put(item)  # type: ignore[attr-defined]

    def batch(self, *items: NormalizedItem, run: str = "run-1", failed: tuple[str, ...] = (), **rest: Any) -> str:
        """A completed edition batch of these items; returns its id."""
        manifest = make_manifest(items, self.ports.config.current(), run, failed, **rest)
        self.ports.batches.open(manifest, 2_000_000_000)
        self.fill(*items)
        outcomes = [
            Outcome(i.item_id, "done", "normalized", {"calls": 1, "cost_usd": 0.01, "refused": {"entities": 2}})
            for i in items
        ]
        outcomes += [Outcome(item_id, "failed", "throttled: gave up") for item_id in failed]
        self.ports.batches.record("nightly", manifest.batch_id, outcomes)
        return manifest.batch_id

    def at(self, moment: datetime) -> "Engine":
        clock = FixedClock(moment)
        ports = replace(self.ports, clock=clock, editions=Editions(self.table, clock))
        return Engine(ports, self.settings)

    @property
    def table(self) -> StateTable:
        return self.ports.editions._table

    def files(self, prefix: str = "") -> list[str]:
        return [
            one["Key"] for one in self.s3.list_objects_v2(Bucket="the-newsletters", Prefix=prefix).get("Contents", [])
        ]

    def read(self, key: str) -> str:
        return self.s3.get_object(Bucket="the-newsletters", Key=key)["Body"].read().decode()

    def messages(self) -> list[dict[str, Any]]:
        """What subscribers of the topic got since the last look."""
        found = []
        while batch := self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for one in batch:
                found.append(json.loads(json.loads(one["Body"])["Message"]))
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=one["ReceiptHandle"])
        return found


def make_manifest(
    items: tuple[NormalizedItem, ...], release: str, run: str, failed: tuple[str, ...] = (), **rest: Any
) -> Manifest:
    seen = [
        SeenItem(
            item_id=i.item_id,
            url=i.url,
            title=i.title,
            published=i.published,
            source_key=i.source_key,
            dispositions=(Disposition(stage="ingest", outcome="queued", reason="profile broad"),),
        )
        for i in items
    ]
    dropped = SeenItem(
        item_id="f" * 20,
        url="https://night.example.org/hiring",
        title="Somebody is hiring",
        source_key="night_post",
        dispositions=(Disposition(stage="ingest", outcome="filtered", reason="exclusion hiring"),),
    )
    ids = [i.item_id for i in items] + list(failed)
    values = {
        "client_id": "nightly",
        "batch_id": f"edition-{run}",
        "kind": "edition",
        "run_id": run,
        "as_of": NOW.isoformat(),
        "window": {"from": "2026-03-02", "to": "2026-03-09"},
        "config_release": release,
        "created_at": NOW.isoformat(),
        "items": [QueuedItem(item_id=i, raw_key=f"raw/{i}/x.json", content_hash="x") for i in ids],
        "seen": [*seen, dropped],
        "sources": [
            SourceReport(
                source_key="glimmer_site",
                source_name="Glimmerworks newsroom",
                source_type="press_corporate",
                status="ok",
                listed=3,
            ),
            SourceReport(
                source_key="night_post",
                source_name="The Night Post",
                source_type="press_sector",
                status="failed",
                error="404",
            ),
        ],
        **rest,
    }
    return Manifest.model_validate(values)


def run_of(owner: str = "request-1", seconds: float = 600.0) -> Invocation:
    return Invocation(owner, lambda: seconds)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": REGION}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield _world(monkeypatch)


def _world(monkeypatch: pytest.MonkeyPatch) -> World:
    s3, sns, sqs = (boto3.client(name, region_name=REGION) for name in ("s3", "sns", "sqs"))
    for bucket in ("the-config", "the-data", "the-newsletters"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    topic, queue_url = _topic(sns, sqs)
    dynamodb = boto3.resource("dynamodb", region_name=REGION)
    dynamodb.create_table(
        TableName="state",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    store = S3ConfigStore(s3, "the-config")
    store.push({path: text.encode() for path, text in FILES.items()})
    for name, value in {**ENVIRONMENT, "NEWSLETTER_TOPIC_ARN": topic}.items():
        monkeypatch.setenv(name, value)
    settings = EngineSettings.load()
    table, clock, data, writer = StateTable(dynamodb, "state"), FixedClock(NOW), S3Objects(s3, "the-data"), FakeWriter()
    ports = Ports(
        config=store,
        lake=Lake(table, data),
        batches=BatchStore(table, data, clock),
        editions=Editions(table, clock),
        labels=Labels(table, clock),
        data=data,
        newsletters=S3Objects(s3, "the-newsletters"),
        announcer=TopicAnnouncer(sns, topic),
        writer=writer,
        purse=Spend(table, clock),
        clock=clock,
    )
    return World(Engine(ports, settings), ports, writer, settings, s3, sqs, queue_url)


def _topic(sns: Any, sqs: Any) -> tuple[str, str]:
    topic = sns.create_topic(Name="newsletter")["TopicArn"]
    queue_url = sqs.create_queue(QueueName="publisher")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, queue_url
