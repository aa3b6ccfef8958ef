"""A deployed local stack of the bench's own, with batches queued as ingest queues them."""

import json
import os
import shutil
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import local.stack
from bench.normalize.articles import articles
from local import emulator
from local.layout import PROJECT, layout
from services.normalize.adapters import SqsQueue
from shared import ids
from shared.clock import SystemClock
from shared.config.loader import DirectorySource, load_tree
from shared.config.store import S3ConfigStore
from shared.config.tree import ConfigTree
from shared.contracts.batch import Manifest, QueuedItem, RawMessage, Window
from shared.contracts.items import RawItem
from shared.storage import keys
from shared.storage.batches import Batch, BatchStore
from shared.storage.objects import S3Objects, put_model
from shared.storage.table import StateTable

CLIENT = "bench"
DEADLINE_SECONDS = 5400
_PORTS = {"VECTORA_LOCAL_PORT": "4666", "VECTORA_MODEL_PORT": "4671"}
CLIENT_FILE = """client_profile: {client_id: bench, name: Bench}
pipeline: {on_model_failure: fail}
watch_domains:
  - {id: d, type: technology, technology_scope: lai_keywords}
source_config: {source_bouquets_enabled: [demo]}
newsletter_layout: {sections: [{id: all, title: All}]}
newsletter_delivery: {from_address: news@example.org}
"""


@dataclass
class Rig:
    """The running stack."""

    stack: local.stack.Stack
    tree: ConfigTree
    release: str

    def __post_init__(self) -> None:
        self.table = StateTable(emulator.resource(self.stack.layout, "dynamodb"), self.stack.outputs["StateTableName"])
        self.data = S3Objects(self.stack.client("s3"), self.stack.outputs["DataBucketName"])
        self.batches = BatchStore(self.table, self.data, SystemClock())
        self.queue = SqsQueue(self.stack.client("sqs"), self.stack.outputs["RawQueueUrl"])

    def function(self, variables: Mapping[str, str], timeout: int | None = None) -> None:
        """Change normalize's environment (and its timeout, in seconds); its processes start anew where that differs."""
        self.variables("NormalizeFunctionName", variables, timeout)

    def variables(self, output: str, variables: Mapping[str, str], timeout: int | None = None) -> None:
        """Change the environment of the function that an output of the stack names."""
        functions, name = self.stack.client("lambda"), self.stack.outputs[output]
        present = functions.get_function_configuration(FunctionName=name)
        known, timeout = present["Environment"]["Variables"], timeout or present["Timeout"]
        if known | dict(variables) != known or timeout != present["Timeout"]:
            functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": known | dict(variables)}, Timeout=timeout
            )

    def endpoint(self, **settings: Any) -> None:
        """Change the model endpoint's settings; its quotas start full and its log empty."""
        self.control("settings", settings)
        self.control("reset", {})

    def control(self, name: str, body: Mapping[str, Any] | None = None) -> Any:
        """POST to the endpoint's control API, or GET without body."""
        url = f"{self.stack.model_endpoint}/_control/{name}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
            return json.loads(answer.read())

    def forget_pace(self) -> None:
        """Every measurement begins at the configured quota."""
        for row in list(self.table.query("PACE#us-east-1")):
            self.table.delete((row["pk"], row["sk"]))

    def items(self, count: int, name: str) -> list[RawItem]:
        return articles(self.tree, count, name)

    def open_batch(self, items: Sequence[RawItem], name: str, kind: str = "collect") -> list[RawMessage]:
        """Store raw items, open a batch of them, and give the messages that it waits for."""
        queued = []
        for item in items:
            key = keys.raw(item.item_id, item.content_hash)
            put_model(self.data, key, item)
            queued.append(QueuedItem(item_id=item.item_id, raw_key=key, content_hash=item.content_hash))
        now = datetime.now(UTC)
        batch_id = ids.batch_id(CLIENT, kind, name)
        manifest = Manifest(
            client_id=CLIENT,
            batch_id=batch_id,
            kind=kind,  # type: ignore[arg-type]
            run_id=name,
            as_of=now.isoformat(),
            window=Window.model_validate({"from": "2025-12-01", "to": "2025-12-10"}),
            config_release=self.release,
            created_at=now.isoformat(),
            items=tuple(queued),
            seen=(),
            sources=(),
        )
        self.batches.open(manifest, int(time.time()) + DEADLINE_SECONDS)
        return [
            RawMessage(
                client_id=CLIENT,
                batch_id=batch_id,
                config_release=self.release,
                as_of=manifest.as_of,
                kind=manifest.kind,
                **one.model_dump(),
            )
            for one in queued
        ]

    def send(self, messages: Sequence[RawMessage]) -> None:
        self.queue.send(messages)
        self.batches.mark_sent(CLIENT, messages[0].batch_id, [message.item_id for message in messages])

    def batch(self, messages: Sequence[RawMessage]) -> Batch:
        return self.batches.get(CLIENT, messages[0].batch_id)

    def dead_letters(self) -> int:
        answer = self.stack.client("sqs").get_queue_attributes(
            QueueUrl=self.stack.outputs["RawDeadLetterQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def sweep(self) -> dict[str, Any]:
        """Run the sweeper now; its counts."""
        answer = self.stack.client("lambda").invoke(FunctionName=self.stack.outputs["SweeperFunctionName"])
        body: dict[str, Any] = json.loads(answer["Payload"].read())
        return body


@contextmanager
def rig(home: Path, client_file: str = CLIENT_FILE) -> Iterator[Rig]:
    """A rig in `home` (ports: VECTORA_LOCAL_PORT, VECTORA_MODEL_PORT); stopped at the end unless it was up before."""
    given = {name: value for name, value in os.environ.items() if name.startswith("VECTORA_")}
    place = layout(_PORTS | given | {"VECTORA_LOCAL_DIR": str(home)})
    was_up = local.stack.status(place).emulator
    try:
        stack = local.stack.up(lambda step: print(step, flush=True), place)
        yield connect(stack, _config(home, client_file))
    finally:
        if not was_up:
            local.stack.down(place)


def connect(stack: local.stack.Stack, config: Path) -> Rig:
    """A rig on a stack that is up, with the configuration in `config` pushed."""
    store = S3ConfigStore(stack.client("s3"), stack.outputs["ConfigBucketName"])
    release = store.push(DirectorySource(config).files())
    made = Rig(stack, load_tree(DirectorySource(config)), release)
    made.control("settings", {"config_dir": str(config.resolve())})
    return made


def _config(home: Path, client_file: str) -> Path:
    """The repository's configuration and a client that only this stack has."""
    folder = home / "config"
    shutil.copytree(PROJECT / "config", folder, dirs_exist_ok=True)
    (folder / "clients" / f"{CLIENT}.yaml").write_text(client_file)
    return folder
