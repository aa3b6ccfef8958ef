"""A client's normalized items on a stack: who made them, what making them costs, and making them anew."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cli import forecast
from cli.forecast import Forecast
from cli.redo_choice import CURRENT, Present, boundary, choose
from cli.region import SERVICES, place_of
from cli.region_adapters import Functions
from cli.stacks import Deployed
from services.normalize import prompt
from services.normalize import rules as by_rules
from services.normalize.adapters import SqsQueue
from shared import ids
from shared.clock import SystemClock
from shared.config.client import ClientConfig
from shared.config.tree import ConfigTree
from shared.contracts.batch import Manifest, QueuedItem, RawMessage, Window
from shared.contracts.items import NormalizedItem
from shared.storage import keys
from shared.storage.batches import Batch, BatchStore
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects
from shared.storage.spend import Spend
from shared.storage.table import Row, StateTable

_DEADLINE = 9_000
_DEADLINE_PER_ITEM = 6
"""Seconds: ten requests a minute, the smallest quota of an account."""
_RECENT_DAYS = 60
_LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a deployed stack's redo touches."""

    batches: BatchStore
    lake: Lake
    spend: Spend
    queue: SqsQueue


class Normalized:
    """One client's items on one stack, by a release of the configuration."""

    def __init__(self, deployed: Deployed, tree: ConfigTree, client: ClientConfig) -> None:
        self._tree, self._client = tree, client
        place = place_of(SERVICES["normalize"], Functions(deployed).variables(SERVICES["normalize"]))
        self._models = tuple(one.model_id for one in place.each)
        self._parts = _parts(deployed)
        self.present = present(tree, client, self._models)

    def normalizer(self) -> str:
        """The present normalizer in words."""
        name = ", then ".join(self._models) if self.present.kind == "model" else "rules"
        return f"the present normalizer ({name}, {self.present.signature})"

    def older(self, window: Window, older_than: str) -> list[Row]:
        """Index entries of what is to be redone. Raises InputError."""
        rows = self._parts.lake.published_in(window.start, window.end)
        sources = {source.source_key for source in self._tree.sources_for(self._client)}
        return choose(rows, sources, self.present, boundary(older_than, rows))

    def forecast_for(self, items: int, rows: Sequence[Row] = ()) -> Forecast:
        """What so many items will cost, from the last ones that a model made, and from `rows`."""
        if self.present.kind == "rules":
            return forecast.by_rules(items)
        each = forecast.per_item(self._last_made(rows), self._tree, self._models)
        price = self._tree.price(self._models[-1])
        return Forecast(items, each, price, ", then ".join(self._models), self._left())

    def stale(self, window: Window) -> int:
        """Items of the window that would be paid for again: another normalizer made them."""
        return len(self.older(window, CURRENT))

    def _last_made(self, rows: Sequence[Row]) -> list[NormalizedItem]:
        today = datetime.now(UTC).date()
        first, after = today - timedelta(days=_RECENT_DAYS), today + timedelta(days=1)
        recent = self._parts.lake.arrived_in(first.isoformat(), after.isoformat())
        by_model = {row["item_id"]: row for row in (*rows, *recent) if row["normalizer"] == "model"}
        newest = sorted(by_model.values(), key=lambda row: str(row["normalized_at"]))[-forecast.SAMPLE :]
        return self._parts.lake.load(newest)

    def _left(self) -> float | None:
        cap = self._client.budget.monthly_usd
        if cap is None:
            return None
        month = self._parts.spend.month(self._client.client_id, datetime.now(UTC).strftime("%Y-%m"))
        return max(0.0, cap - float(month.get("committed", 0)))

    def queue(self, rows: Sequence[Row], window: Window) -> str:
        """Open a batch of these items, which fills the lake alone, and queue them; its id."""
        made = manifest(self._client.client_id, self._tree.release, rows, window, datetime.now(UTC), uuid.uuid4().hex)
        deadline = int(time.time()) + _DEADLINE + _DEADLINE_PER_ITEM * len(rows)
        self._parts.batches.open(made, deadline)
        self._parts.queue.send([message(made, item) for item in made.items])
        self._parts.batches.mark_sent(made.client_id, made.batch_id, [item.item_id for item in made.items])
        return made.batch_id

    def follow(self, batch_id: str, wait: float, shown: Callable[[Batch], None]) -> Batch:
        """The batch at its end, or after `wait` seconds."""
        ends = time.monotonic() + wait
        while (batch := self._parts.batches.get(self._client.client_id, batch_id)).status == "open":
            shown(batch)
            if time.monotonic() >= ends:
                break
            time.sleep(_LOOK_EVERY)
        return batch


def present(tree: ConfigTree, client: ClientConfig, models: Sequence[str]) -> Present:
    """Who makes this client's items now. `models` in the order in which they are asked."""
    if client.pipeline.normalizer == "rules":
        return Present("rules", by_rules.signature(tree))
    return Present("model", prompt.signature(tree, *models))


def manifest(client_id: str, release: str, rows: Sequence[Row], window: Window, now: datetime, run_id: str) -> Manifest:
    """A collect batch of items that are in the lake."""
    items = tuple(
        QueuedItem(
            item_id=row["item_id"],
            raw_key=keys.raw(row["item_id"], row["content_hash"]),
            content_hash=row["content_hash"],
        )
        for row in rows
    )
    return Manifest(
        client_id=client_id,
        batch_id=ids.batch_id(client_id, "collect", run_id),
        kind="collect",
        run_id=run_id,
        as_of=now.isoformat(),
        window=window,
        config_release=release,
        restricted=True,
        created_at=now.isoformat(),
        items=items,
        seen=(),
        sources=(),
        already_normalized=len(items),
    )


def message(made: Manifest, item: QueuedItem) -> RawMessage:
    return RawMessage(
        client_id=made.client_id,
        batch_id=made.batch_id,
        config_release=made.config_release,
        as_of=made.as_of,
        kind=made.kind,
        **item.model_dump(),
    )


def _parts(deployed: Deployed) -> _Parts:
    outputs, clock = deployed.outputs, SystemClock()
    table = StateTable(deployed.resource("dynamodb"), outputs["StateTableName"])
    data = S3Objects(deployed.client("s3"), outputs["DataBucketName"])
    queue = SqsQueue(deployed.client("sqs"), outputs["RawQueueUrl"])
    return _Parts(BatchStore(table, data, clock), Lake(table, data), Spend(table, clock), queue)
