"""A real run of ingest: emulated S3, SQS and DynamoDB, and real HTTP on loopback."""

import importlib.util
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from urllib3 import BaseHTTPResponse, PoolManager, Timeout

from services.ingest.adapters import SqsQueue
from services.ingest.consider import Stores
from services.ingest.fetch import Fetcher, Limits
from services.ingest.gateway import Gateway
from services.ingest.net import guarded_pool
from services.ingest.operations import Ingest, Ports
from services.ingest.settings import IngestSettings
from shared.clock import FixedClock
from shared.config.tree import ConfigTree
from shared.contracts.batch import Manifest, RawMessage, SeenItem
from shared.contracts.events import IngestEvent
from shared.contracts.items import RawItem
from shared.storage import keys
from shared.storage.batches import BatchStore
from shared.storage.editions import Editions
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects, get_model
from shared.storage.sources import SourceMemory, UrlMemory
from shared.storage.table import StateTable
from tests.unit.ingest.builders import FixedConfig

SHARED = Path(os.environ.get("VECTORA_SHARED") or Path(__file__).resolve().parents[4] / "shared")
NOW = datetime(2025, 12, 10, 9, 0, tzinfo=UTC)
UNREPEATED = Limits(patience=1.5)
"""With less patience than the wait before a second try."""


class Impatient:
    """A pool of connections that waits two seconds for an answer of one host; the others have the product's own time,
    so that only this one is late."""

    def __init__(self, pool: PoolManager, host: str) -> None:
        self._pool, self._host = pool, host

    def request(self, method: str, url: str, **settings: Any) -> BaseHTTPResponse:
        if f"/{self._host}/" in url:
            settings["timeout"] = Timeout(connect=2, read=2)
        return self._pool.request(method, url, **settings)


@dataclass
class World:
    """Emulated AWS and what ran in it."""

    s3: Any
    sqs: Any
    table: StateTable
    objects: S3Objects
    settings: IngestSettings
    clock: FixedClock
    handed_over: list[IngestEvent] = field(default_factory=list)
    late: str = ""
    """A host that is made to answer late or never."""

    def ports(self, tree: ConfigTree, **changes: Any) -> Ports:
        parts: dict[str, Any] = {
            "settings": self.settings,
            "config": FixedConfig(tree),
            "batches": BatchStore(self.table, self.objects, self.clock),
            "editions": Editions(self.table, self.clock),
            "sources": SourceMemory(self.table, self.objects),
            "stores": Stores(UrlMemory(self.table), self.objects, Lake(self.table, self.objects)),
            "queue": SqsQueue(self.sqs, self.settings.raw_queue_url),
            "clock": self.clock,
            "open_fetcher": self._fetcher,
            "api_key": lambda: "",
            "go_on": self.handed_over.append,
        }
        return Ports(**{**parts, **changes})

    def _fetcher(self, gateway: Gateway, ends_at: float) -> Fetcher:
        if not self.late:
            return Fetcher("VectoraInbox/1.0", gateway, ends_at=ends_at)
        pool: Any = Impatient(guarded_pool(gateway.exempt), self.late)
        return Fetcher("VectoraInbox/1.0", gateway, UNREPEATED, ends_at=ends_at, pool=pool)

    def run(self, tree: ConfigTree, event: dict[str, Any], request_id: str = "r-1", **changes: Any) -> dict[str, Any]:
        """A run's answer body."""
        ingest = Ingest(self.ports(tree, **changes))
        return ingest.run(IngestEvent.model_validate(event), request_id, 300).body

    def manifest(self, body: dict[str, Any]) -> Manifest:
        return get_model(self.objects, keys.manifest(body["client_id"], body["batch_id"]), Manifest)

    def seen(self, body: dict[str, Any]) -> dict[str, SeenItem]:
        return {item.url: item for item in self.manifest(body).seen}

    def raw(self, body: dict[str, Any]) -> dict[str, RawItem]:
        """The batch's raw items by address."""
        items = [get_model(self.objects, item.raw_key, RawItem) for item in self.manifest(body).items]
        return {item.url: item for item in items}

    def messages(self) -> list[RawMessage]:
        """Everything in the queue; takes it out."""
        found: list[RawMessage] = []
        while batch := self.sqs.receive_message(
            QueueUrl=self.settings.raw_queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            found += [RawMessage.model_validate_json(message["Body"]) for message in batch]
        return found

    def keys(self, prefix: str = "") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket="data", Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    with mock_aws():
        s3, sqs, dynamo = boto3.client("s3"), boto3.client("sqs"), boto3.resource("dynamodb")
        s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
        dynamo.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        held = {"VisibilityTimeout": "43200"}  # what `messages` has seen stays out of sight
        settings = IngestSettings.load(
            {
                "ENV": "local",
                "CONFIG_BUCKET": "config",
                "DATA_BUCKET": "data",
                "STATE_TABLE": "state",
                "RAW_QUEUE_URL": sqs.create_queue(QueueName="raw", Attributes=held)["QueueUrl"],
            }
        )
        yield World(s3, sqs, StateTable(dynamo, "state"), S3Objects(s3, "data"), settings, FixedClock(NOW))


@dataclass
class ReplayServer:
    """The replay gateway, served from a thread."""

    origin: str
    items: list[dict[str, Any]]
    replay: Any

    def listed(self, day: str) -> list[dict[str, Any]]:
        return [item for item in self.items if day in item["days"]]


@pytest.fixture
def replay() -> Iterator[Callable[[str], ReplayServer]]:
    """Start the replay of a day; skipped where the recorded material is absent."""
    script = SHARED / "replay" / "serve.py"
    if not script.exists():
        pytest.skip(f"no replay material at {script.parent}; set VECTORA_SHARED to the folder that holds replay/")
    spec = importlib.util.spec_from_file_location("replay_serve", script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    servers = []

    def start(day: str) -> ReplayServer:
        items = json.loads((SHARED / "replay" / "items.json").read_text())
        server, replayed = module.start(items, day, 0)
        servers.append(server)
        return ReplayServer(f"http://127.0.0.1:{server.server_address[1]}", items, replayed)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
