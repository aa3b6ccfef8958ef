"""The lake: normalized items of all clients, in S3, found through an index by date in the state table."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from shared.contracts.items import NormalizedItem
from shared.storage import keys
from shared.storage.objects import Objects, get_model, put_model
from shared.storage.table import Row, StateTable

_READERS = 16


def days(start: str, end: str) -> Iterable[str]:
    """Every day of [start, end), as YYYY-MM-DD."""
    day, last = date.fromisoformat(start), date.fromisoformat(end)
    while day < last:
        yield day.isoformat()
        day += timedelta(days=1)


class Lake:
    """Reads and writes normalized items."""

    def __init__(self, table: StateTable, objects: Objects) -> None:
        self._table, self._objects = table, objects

    def put(self, item: NormalizedItem) -> str:
        """Store an item and index it; returns its object key. A changed date moves the item's entries.

        An answer by rules never replaces a model's answer about the same content. Sources add up: whoever made the
        item anew may know of one only.
        """
        old = self._table.get(keys.lake_item(item.item_id))
        if old:
            sources = tuple(dict.fromkeys((*old.get("sources", ()), *item.sources)))
            if _outranks(old, item):
                if len(sources) == len(old["sources"]):
                    return str(old["key"])
                item = get_model(self._objects, old["key"], NormalizedItem)
            item = item.model_copy(update={"sources": sources})
        key = keys.normalized(item.published, item.item_id)
        put_model(self._objects, key, item)
        arrived_at = _arrived_at(old, item)
        row = {
            "item_id": item.item_id,
            "key": key,
            "published": item.published,
            "content_hash": item.content_hash,
            "normalized_at": item.normalized_at,
            "arrived_at": arrived_at,
            "normalizer": item.normalizer.kind,
            "signature": item.normalizer.signature,
            "sources": list(item.sources),
        }
        self._table.put(keys.lake_day(item.published, item.item_id), row)
        self._table.put(keys.arrived_day(arrived_at[:10], item.item_id), row)
        self._table.put(keys.lake_item(item.item_id), row)
        if old:
            self._forget(old, item, arrived_at)
        return key

    def _forget(self, old: Row, item: NormalizedItem, arrived_at: str) -> None:
        if old["published"] != item.published:
            self._table.delete(keys.lake_day(old["published"], item.item_id))
        if (before := arrival(old)[:10]) != arrived_at[:10]:
            self._table.delete(keys.arrived_day(before, item.item_id))

    def get(self, item_id: str) -> Row | None:
        """An item's index entry, or None."""
        return self._table.get(keys.lake_item(item_id))

    def published_in(self, start: str, end: str) -> list[Row]:
        """Index entries of the items published on the days [start, end)."""
        return [row for day in days(start, end) for row in self._table.query(keys.lake_day(day, "")[0])]

    def arrived_in(self, start: str, end: str) -> list[Row]:
        """Index entries of the items that came to the lake on the days [start, end), in UTC."""
        return [row for day in days(start, end) for row in self._table.query(keys.arrived_day(day, "")[0])]

    def load(self, rows: Sequence[Row]) -> list[NormalizedItem]:
        """The items of index entries, in the same order."""
        with ThreadPoolExecutor(_READERS) as pool:
            return list(pool.map(lambda row: get_model(self._objects, row["key"], NormalizedItem), rows))


def arrival(row: Row) -> str:
    """When the content of an index entry came to the lake."""
    return str(row.get("arrived_at") or row["normalized_at"])


def _arrived_at(old: Row | None, item: NormalizedItem) -> str:
    """The same content normalized anew is no news: it stays when it came."""
    return arrival(old) if old and old["content_hash"] == item.content_hash else item.normalized_at


def _outranks(old: Row, item: NormalizedItem) -> bool:
    return (
        old["normalizer"] == "model"
        and item.normalizer.kind == "rules"
        and old["content_hash"] == item.content_hash
        and old["published"] == item.published
    )
