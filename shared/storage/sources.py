"""What is remembered of sources: the entries behind an ETag, their health, and what was read at each address."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.base import Contract, Record
from shared.contracts.items import DateOrigin
from shared.storage import keys
from shared.storage.objects import Objects, get_model, put_model
from shared.storage.table import Row, StateTable

_KEPT_GAPS = 20
_KEPT_VERDICTS = 20
_KEPT_LISTED = 6
_SILENT_RHYTHMS = 4
_SILENT_AT_LEAST = timedelta(days=14)


class Entry(Contract):
    """What a listing says of one article: absolute `url`, plain `title`, `summary` and `body` as plain paragraphs,
    `date` exactly as it was written, and where that stood. `attachments` are addresses of the release's files. `url` is
    empty where the listing gives no usable address, `title` where it gives none."""

    url: str
    title: str
    summary: str = ""
    body: str = ""
    date: str = ""
    date_origin: DateOrigin = "listing"
    attachments: tuple[str, ...] = ()


class Snapshot(Record):
    """sources/{source_key}/entries.json: validators and the entries that they stand for, in one object, so that neither
    can be kept without the other. `signature` tells what read them (address, reader, extractor). `back_to` is the day
    (ISO) as far back as which older pages were read; empty when the source has none. `missing` tells what of the
    listing could not be read; empty for a whole one."""

    source_key: str
    signature: str
    etag: str = ""
    last_modified: str = ""
    fetched_at: str
    entries: tuple[Entry, ...]
    back_to: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How a source has been doing. `last_error` without `failures`: it was read in part. `average` is the mean number
    of entries of a fetch; `gaps` are the run clock's moments (ISO) at which a listing shared no entry with the one
    before; `retry_at` is when it asked to be left alone until (ISO, or empty); `newest_at` is when an entry was last
    new; `rhythm_hours` the usual time between two fetches with something new; `span_hours` the time that its listing
    covers, or at most covers (0: unknown)."""

    last_attempt: str = ""
    last_success: str = ""
    last_error: str = ""
    failures: int = 0
    fetches: int = 0
    average: float = 0.0
    newest_at: str = ""
    gaps: tuple[str, ...] = ()
    retry_at: str = ""
    rhythm_hours: float = 0.0
    span_hours: float = 0.0

    def waits(self, now: datetime) -> bool:
        """Whether the source asked to be left alone at `now`."""
        return bool(self.retry_at) and now < datetime.fromisoformat(self.retry_at)

    def silent_days(self, now: datetime) -> int:
        """Days without anything new, when that is longer than usual; else 0."""
        if not self.newest_at:
            return 0
        quiet = now - datetime.fromisoformat(self.newest_at)
        usual = max(timedelta(hours=_SILENT_RHYTHMS * self.rhythm_hours), _SILENT_AT_LEAST)
        return quiet.days if quiet > usual else 0

    def poll_hours(self) -> float | None:
        """The interval at which to poll so that no entry is missed; None while no gap was seen."""
        return max(1.0, round(self.span_hours / 2, 1)) if self.gaps and self.span_hours else None


@dataclass(frozen=True, slots=True)
class UrlRecord:
    """What reading one address came to. `content_hash` is that of title and text as last read, `verdicts` maps a
    filter's signature to why it rejected them; `raw_key` is the stored article, empty when none was kept;
    `fallback_tries` counts readings in a row that had to do without the article or its attachment;
    `undated_at` is when no date could be established (ISO)."""

    raw_key: str = ""
    content_hash: str = ""
    published: str = ""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    fallback_tries: int = 0
    undated_at: str = ""
    listed: tuple[str, ...] = ()


class SourceMemory:
    """Sources' snapshots (data bucket) and health (state table)."""

    def __init__(self, table: StateTable, objects: Objects) -> None:
        self._table, self._objects = table, objects

    def snapshot(self, source_key: str) -> Snapshot | None:
        key = keys.source_entries(source_key)
        return get_model(self._objects, key, Snapshot) if self._objects.get(key) is not None else None

    def remember(self, snapshot: Snapshot) -> None:
        put_model(self._objects, keys.source_entries(snapshot.source_key), snapshot)

    def health(self, source_key: str) -> Health:
        row = self._table.get(keys.source_state(source_key)) or {}
        known: dict[str, Any] = {name: row[name] for name in Health.__dataclass_fields__ if name in row}
        return Health(**{**known, "gaps": tuple(known.get("gaps", ()))})

    def save(self, source_key: str, health: Health) -> None:
        self._table.put(keys.source_state(source_key), _row(health))


def after_success(
    health: Health,
    at: datetime,
    listed: int,
    *,
    fresh: bool,
    gap_at: datetime | None = None,
    span_hours: float = 0.0,
    missing: str = "",
    retry_at: str = "",
) -> Health:
    """Health after a listing of `listed` entries was read at `at`; `fresh`: some were new. `gap_at`: the run clock's
    moment, if the listing shared nothing with the one before. `span_hours`: what it covers, 0 for unknown. `missing`:
    what of it could not be read, and `retry_at` until when the source asked to be left alone (ISO, or empty)."""
    moment = at.isoformat()
    return Health(
        last_attempt=moment,
        last_success=moment,
        last_error=missing,
        failures=0,
        fetches=health.fetches + 1,
        average=round((health.average * health.fetches + listed) / (health.fetches + 1), 2),
        newest_at=moment if fresh else health.newest_at,
        gaps=(*health.gaps, gap_at.isoformat())[-_KEPT_GAPS:] if gap_at else health.gaps,
        rhythm_hours=_rhythm(health, at) if fresh else health.rhythm_hours,
        retry_at=retry_at,
        span_hours=round(span_hours, 2) or health.span_hours,
    )


def _rhythm(health: Health, at: datetime) -> float:
    """The usual hours between two fetches with something new, the latest counting for a third."""
    if not health.newest_at:
        return health.rhythm_hours
    hours = (at - datetime.fromisoformat(health.newest_at)).total_seconds() / 3600
    return round(hours if not health.rhythm_hours else (2 * health.rhythm_hours + hours) / 3, 2)


def after_failure(health: Health, at: datetime, error: str, retry_at: str = "") -> Health:
    """Health after a failed fetch."""
    return replace(
        health, last_attempt=at.isoformat(), last_error=error, failures=health.failures + 1, retry_at=retry_at
    )


class UrlMemory:
    """What was read at each address, for all clients."""

    def __init__(self, table: StateTable) -> None:
        self._table = table

    def get(self, item_id: str) -> UrlRecord:
        """The record of an address; an empty one when it was never read."""
        row = self._table.get(keys.url_memory(item_id)) or {}
        known: dict[str, Any] = {name: row[name] for name in UrlRecord.__dataclass_fields__ if name in row}
        return UrlRecord(**{**known, "listed": tuple(known.get("listed", ()))})

    def save(self, item_id: str, record: UrlRecord) -> None:
        verdicts = dict(list(record.verdicts.items())[-_KEPT_VERDICTS:])
        self._table.put(
            keys.url_memory(item_id), {**_row(record), "verdicts": verdicts, "listed": record.listed[-_KEPT_LISTED:]}
        )


def _row(record: Health | UrlRecord) -> Row:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
