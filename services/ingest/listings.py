"""Polling one source: conditional GET, its pages, what its answer stands for. Each source fails alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from services.ingest.dates import parse
from services.ingest.fetch import FetchError, Page
from services.ingest.sources import READERS, Reader
from services.ingest.sources.base import Listing, ReadingContext, UnreadableError
from shared import ids
from shared.config.rules import Source
from shared.contracts.batch import SourceReport
from shared.errors import InputError
from shared.ids import content_hash
from shared.storage.sources import Entry, Health, Snapshot, after_failure, after_success

LISTING_BYTES = 12_000_000
"""A listing larger than this is refused."""


class Gets(Protocol):
    """What polls and readings fetch with."""

    def get(self, url: str, limit: int, *, etag: str = "", last_modified: str = "") -> Page: ...


@dataclass(frozen=True, slots=True)
class Polled:
    """One source's answer. `snapshot` is what is to be remembered, or None; `report` for the manifest."""

    source: Source
    entries: tuple[Entry, ...]
    report: SourceReport
    health: Health
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: Literal["ok", "not_modified"]
    entries: tuple[Entry, ...]
    page: Page
    problem: str = ""


def poll(
    source: Source,
    fetch: Gets,
    context: ReadingContext,
    previous: Snapshot | None,
    health: Health,
    at: datetime,
    as_of: datetime,
) -> Polled:
    """Poll a source, really at `at`, by the run's clock at `as_of`.

    Its own faults end up in the report, never as an exception.
    """
    begun = time.monotonic()
    reader = READERS[source.ingestion_mode]
    signature = reading_signature(source, reader, context)
    usable = previous if previous is not None and previous.signature == signature else None
    try:
        answer = _ask(source, reader, fetch, context, usable)
    except (FetchError, UnreadableError) as error:
        return _failed(source, str(error), health, at, begun, _retry_at(error, at))
    except Exception as error:  # noqa: BLE001 (hostile input must never reach the other sources)
        return _failed(source, f"cannot be read ({type(error).__name__}: {str(error)[:160]})", health, at, begun)
    if answer.problem:
        failed = _failed(source, answer.problem, health, at, begun)
        report = failed.report.model_copy(update={"listed": len(answer.entries)})
        return Polled(source, answer.entries, report, failed.health)
    polled = _succeeded(source, answer, usable, health, at, as_of, begun)
    return replace(polled, snapshot=_snapshot(source, answer, at, signature))


def reading_signature(source: Source, reader: Reader, context: ReadingContext) -> str:
    """What the entries depend on besides the answer."""
    extractor = context.extractor.model_dump_json() if context.extractor else ""
    parts = (source.url, source.query, source.timezone, str(source.max_items), reader.version, extractor)
    return content_hash(*parts)


def _ask(source: Source, reader: Reader, fetch: Gets, context: ReadingContext, previous: Snapshot | None) -> _Answer:
    first = reader.start(source, context)
    conditions = (previous.etag, previous.last_modified) if previous and reader.conditional else ("", "")
    page = fetch.get(first, LISTING_BYTES, etag=conditions[0], last_modified=conditions[1])
    if page.status == 304:
        if previous is None:
            raise FetchError("answered 304 to an unconditional request")
        return _Answer("not_modified", previous.entries, page)
    entries, problem = _pages(source, reader, fetch, context, page)
    usable = tuple(dict.fromkeys(entry for entry in entries if _has_identity(entry)))[: source.max_items]
    return _Answer("ok", usable, page, problem)


def _pages(source: Source, reader: Reader, fetch: Gets, context: ReadingContext, page: Page) -> tuple[list[Entry], str]:
    """The entries of the first page and of those after it, as far back as the window and the settings go."""
    most = context.extractor.max_pages if context.extractor else 1
    entries: list[Entry] = []
    asked = {page.url}
    while True:
        listing = reader.read(page.body, page.content_type, page.url, source, context)
        entries += listing.entries
        wanted = not reader.conditional or (len(asked) < most and not _older(listing, source, context))
        if not listing.next_url or not wanted or listing.next_url in asked or len(entries) >= source.max_items:
            return entries, listing.problem
        asked.add(listing.next_url)
        page = fetch.get(listing.next_url, LISTING_BYTES)


def _older(listing: Listing, source: Source, context: ReadingContext) -> bool:
    """Whether a page ends before the window begins: the pages after it are older still."""
    last = [m.day for entry in listing.entries[-3:] if (m := parse(entry.date, source.timezone))]
    return bool(last) and max(last) < context.since


def _has_identity(entry: Entry) -> bool:
    try:
        ids.item_id(entry.url)
    except InputError:
        return False
    return True


def _retry_at(error: Exception, at: datetime) -> str:
    wait = error.retry_after if isinstance(error, FetchError) else 0.0
    return (at + timedelta(seconds=wait)).isoformat() if wait else ""


def _failed(source: Source, error: str, health: Health, at: datetime, begun: float, retry_at: str = "") -> Polled:
    health = after_failure(health, at, error, retry_at)
    return Polled(source, (), _report(source, "failed", begun, error=error), health)


def _succeeded(
    source: Source,
    answer: _Answer,
    previous: Snapshot | None,
    health: Health,
    at: datetime,
    as_of: datetime,
    begun: float,
) -> Polled:
    before = previous.entries if previous else ()
    gap = answer.status == "ok" and turned_over(before, answer.entries)
    fresh = answer.status == "ok" and not _same_items(before, answer.entries)
    report = _report(source, answer.status, begun, listed=len(answer.entries), gap=gap)
    health = after_success(health, at, len(answer.entries), fresh=fresh, gap_at=as_of if gap else None)
    return Polled(source, answer.entries, report, health)


def _snapshot(source: Source, answer: _Answer, at: datetime, signature: str) -> Snapshot | None:
    """What is to be remembered of an answer; a 304 changes nothing."""
    if answer.status == "not_modified":
        return None
    return Snapshot(
        source_key=source.source_key,
        signature=signature,
        etag=answer.page.etag,
        last_modified=answer.page.last_modified,
        fetched_at=at.isoformat(),
        entries=answer.entries,
    )


def turned_over(before: Sequence[Entry], now: Sequence[Entry]) -> bool:
    """Whether a listing shares nothing with the one before: what stood between the two was never seen."""
    return bool(before) and bool(now) and not {entry.url for entry in before} & {entry.url for entry in now}


def _same_items(before: Sequence[Entry], now: Sequence[Entry]) -> bool:
    return {entry.url for entry in now} <= {entry.url for entry in before}


def _report(
    source: Source,
    status: Literal["ok", "not_modified", "failed"],
    begun: float,
    *,
    listed: int = 0,
    error: str = "",
    gap: bool = False,
) -> SourceReport:
    return SourceReport(
        source_key=source.source_key,
        source_name=source.name,
        source_type=source.source_type,
        status=status,
        listed=listed,
        error=error,
        gap=gap,
        seconds=round(time.monotonic() - begun, 3),
    )
