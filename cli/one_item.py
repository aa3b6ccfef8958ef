"""One item through a stack's normalize, as a message of its own batch, and every trace of it removed afterwards.

It is carried by a source that no client has, so that no edition could print it even if this process died half-way.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.region import Place
from cli.run import config_store
from cli.stacks import Deployed
from shared import ids
from shared.clock import Clock
from shared.config.tree import ConfigTree
from shared.contracts.batch import Manifest, QueuedItem, RawMessage, Window
from shared.contracts.items import DatedBy, NormalizedItem, RawItem
from shared.errors import InputError, VectoraError
from shared.storage import keys
from shared.storage.batches import BatchStore
from shared.storage.lake import Lake, arrival
from shared.storage.objects import S3Objects, put_model
from shared.storage.table import Row, StateTable

SOURCE = "operator-check"
_DEADLINE = 3600
_LOOK_EVERY = 0.5
_TEXT = (
    "The company said on {day} that the first delivery of its new product has reached a customer.\n\n"
    "The delivery follows an agreement that both companies signed earlier this year. "
    "The companies expect further deliveries in the coming months."
)


@dataclass(frozen=True, slots=True)
class Passed:
    """How the item went through: seconds from message to lake, dollars, and where its model answered."""

    seconds: float
    cost_usd: float
    place: Place


@dataclass(frozen=True)
class OneItem:
    """Sends one item and looks at what became of it."""

    stack: Deployed
    clock: Clock
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, expected: Place, patience: float = 120) -> Passed:
        """Raises VectoraError when none of these models normalized the item in that region within `patience` s."""
        table = StateTable(self.stack.resource("dynamodb"), self.stack.outputs["StateTableName"])
        s3 = self.stack.client("s3")
        data = S3Objects(s3, self.stack.outputs["DataBucketName"])
        batches, lake = BatchStore(table, data, self.clock), Lake(table, data)
        message = self._queue(batches, data)
        started = time.monotonic()
        row = self._wait(table, message, patience)
        try:
            found = lake.get(message.item_id)
            items = lake.load([found]) if found else []
            return _passed(items, row, expected, time.monotonic() - started)
        finally:
            self._forget(table, s3, message, lake.get(message.item_id))

    def _queue(self, batches: BatchStore, data: S3Objects) -> RawMessage:
        store = config_store(self.stack)
        release = store.current()
        raw, now = self._raw(), self.clock.now()
        key = keys.raw(raw.item_id, raw.content_hash)
        put_model(data, key, raw)
        run_id, client_id = f"check-{uuid.uuid4().hex}", _client(store.load(release))
        item = QueuedItem(item_id=raw.item_id, raw_key=key, content_hash=raw.content_hash)
        batch_id = ids.batch_id(client_id, "collect", run_id)
        manifest = Manifest(
            client_id=client_id,
            batch_id=batch_id,
            kind="collect",
            run_id=run_id,
            as_of=now.isoformat(),
            window=Window.model_validate({"from": raw.published, "to": raw.published}),
            config_release=release,
            restricted=True,
            created_at=now.isoformat(),
            items=(item,),
            seen=(),
            sources=(),
        )
        batches.open(manifest, int(now.timestamp()) + _DEADLINE)
        message = RawMessage(
            client_id=client_id,
            batch_id=batch_id,
            config_release=release,
            as_of=manifest.as_of,
            kind="collect",
            **item.model_dump(),
        )
        url = self.stack.outputs["RawQueueUrl"]
        self.stack.client("sqs").send_message(QueueUrl=url, MessageBody=message.model_dump_json())
        batches.mark_sent(client_id, batch_id, [raw.item_id])
        return message

    def _raw(self) -> RawItem:
        now = self.clock.now()
        url = f"https://{SOURCE}.example.org/{uuid.uuid4().hex}"
        title, text = (
            "The first delivery of a new product has reached a customer",
            _TEXT.format(day=f"{now.day} {now:%B %Y}"),
        )
        return RawItem(
            item_id=ids.item_id(url),
            content_hash=ids.content_hash(title, text, url),
            url=url,
            title=title,
            text=text,
            text_origin="article",
            published=now.date().isoformat(),
            dated_by=DatedBy(origin="text", confidence="high"),
            source_key=SOURCE,
            source_name=SOURCE,
            source_type="check",
            sources=(SOURCE,),
            fetched_at=now.isoformat(),
        )

    def _wait(self, table: StateTable, message: RawMessage, patience: float) -> Row:
        ends, key = time.monotonic() + patience, keys.batch_item(message.client_id, message.batch_id, message.item_id)
        while (row := table.get(key) or {}).get("status") not in ("done", "failed"):
            if time.monotonic() > ends:
                raise VectoraError(
                    f"normalize did not end one item within {patience:.0f} s: read its log and its dead-letter queue"
                )
            self.sleep(_LOOK_EVERY)
        return row

    def _forget(self, table: StateTable, s3: Any, message: RawMessage, lake_row: Row | None) -> None:
        pk, _ = keys.batch_meta(message.client_id, message.batch_id)
        partitions = [pk, keys.result(message.item_id, "", "")[0], keys.lake_item(message.item_id)[0]]
        doomed = [(row["pk"], row["sk"]) for partition in partitions for row in table.query(partition)]
        doomed.append(keys.open_batch(message.client_id, message.batch_id))
        doomed.append(keys.run(message.client_id, message.as_of, message.batch_id))
        objects = [message.raw_key, keys.manifest(message.client_id, message.batch_id)]
        objects.append(keys.marker(message.client_id, message.batch_id, "collect"))
        if lake_row:
            day = arrival(lake_row)[:10]
            doomed += [keys.lake_day(str(lake_row["published"]), message.item_id)]
            doomed += [keys.arrived_day(day, message.item_id)]
            objects.append(str(lake_row["key"]))
        for key in doomed:
            table.delete(key)
        for name in objects:
            s3.delete_object(Bucket=self.stack.outputs["DataBucketName"], Key=name)


def _client(tree: ConfigTree) -> str:
    """A client whose items go to the model; the call counts in its budget."""
    found = sorted(name for name, client in tree.clients.items() if client.pipeline.normalizer == "model")
    if not found:
        raise InputError("no client of this configuration uses the model, so there is nothing to verify with")
    return found[0]


def _passed(items: list[NormalizedItem], row: Row, expected: Place, seconds: float) -> Passed:
    if row.get("status") != "done" or not items:
        raise VectoraError(f"normalize failed on one item: {row.get('reason', 'no reason recorded')}")
    made = items[0].normalizer
    if made.kind != "model":
        raise VectoraError(f"normalize answered by rules instead of the model: {row.get('reason', '')}")
    if not items[0].summary:
        raise VectoraError("normalize wrote no summary of an item that has one")
    place = Place(made.region, made.model_id)
    if place not in expected.each:
        raise VectoraError(f"normalize called {place} instead of {expected}")
    return Passed(seconds, items[0].usage.cost_usd, place)
