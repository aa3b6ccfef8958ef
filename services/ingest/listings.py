"""Polling one source: conditional GET, its pages, what its answer stands for. Each source fails alone."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from services.ingest.allowance import Allowance
from services.ingest.bounds import TooMuchError
from services.ingest.dates import parse
from services.ingest.fetch import FetchError, Gets, OutOfTimeError, Page
from services.ingest.sizes import fetched
from services.ingest.sources import READERS, Reader
from services.ingest.sources.base import Listing, ReadingContext, UnreadableError
from shared import ids
from shared.config.rules import Source
from shared.contracts.batch import SourceReport
from shared.errors import InputError
from shared.ids import content_hash
from shared.storage.sources import Entry, Health, Snapshot, after_failure, after_success

LISTING_BYTES = 8_000_000
"""A listing larger than this (decoded) is refused."""
BACKFILL_PAGES = 6
"""Older pages are read up to this one, if the window reaches back so far; an extractor's max_pages replaces it."""
POLL_SECONDS = 240.0
"""All requests of one poll together (pages, redirects, robots.txt) take no longer; an invocation has 13 minutes."""
LONGEST_WAIT = timedelta(hours=24)
"""A source that asks for more patience is tried again after this."""
_SPAN_ENTRIES = 5
_ERROR = 500
"""Letters of an error that are kept: an answer may be quoted in it."""


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
    back_to: str = ""
    missing: str = ""
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class _Pages:
    """The entries of a first page and of those after it; the day from which on nothing older was read (empty: there is
    nothing older); what was wrong with the first page; which pages could not be read, and how long to wait for them."""

    entries: list[Entry]
    back_to: str = ""
    problem: str = ""
    missing: str = ""
    retry_after: float = 0.0


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

    Its own faults end up in the report, never as an exception. A source that asked to be left alone is not asked; what
    it listed last still counts. Raises OutOfTimeError when the run ends before the source has answered.
    """
    begun = time.monotonic()
    reader = READERS[source.ingestion_mode]
    signature = reading_signature(source, reader, context)
    usable = previous if previous is not None and previous.signature == signature else None
    if health.waits(at):
        return _left_alone(source, usable, health, begun)
    try:
        answer = _ask(source, reader, fetch, context, usable)
    except (FetchError, UnreadableError, TooMuchError) as error:
        return _failed(source, str(error), health, at, begun, _retry_at(getattr(error, "retry_after", 0.0), at))
    except OutOfTimeError:
        raise
    except Exception as error:  # noqa: BLE001 (hostile input must never reach the other sources)
        return _failed(source, f"cannot be read ({type(error).__name__}: {str(error)[:160]})", health, at, begun)
    if answer.problem:
        failed = _failed(source, answer.problem, health, at, begun)
        report = failed.report.model_copy(update={"listed": len(answer.entries)})
        return Polled(source, answer.entries, report, failed.health)
    polled = _succeeded(source, answer, usable, health, at, as_of, begun, conditional=reader.conditional)
    return replace(polled, snapshot=_snapshot(source, answer, at, signature))


def given_up_on(source: Source, health: Health, at: datetime) -> Polled:
    """A source that had not answered when a whole invocation had passed."""
    return _failed(source, "not read: it took all the time of an invocation", health, at, time.monotonic())


def _left_alone(source: Source, previous: Snapshot | None, health: Health, begun: float) -> Polled:
    entries = previous.entries if previous else ()
    error = f"asked to be left alone until {health.retry_at[:16]}Z: {health.last_error}"
    return Polled(source, entries, _report(source, "failed", begun, listed=len(entries), error=error), health)


def reading_signature(source: Source, reader: Reader, context: ReadingContext) -> str:
    """What the entries depend on besides the answer."""
    extractor = context.extractor.model_dump_json() if context.extractor else ""
    parts = (source.url, source.query, source.timezone, str(source.max_items), reader.version, extractor)
    return content_hash(*parts)


def _ask(source: Source, reader: Reader, fetch: Gets, context: ReadingContext, previous: Snapshot | None) -> _Answer:
    first, allowance = reader.start(source, context), Allowance(POLL_SECONDS)
    if (
        previous is None
        or not reader.conditional
        or (previous.back_to and previous.back_to > context.since.isoformat())
    ):
        etag, last_modified = "", ""  # what was read last does not reach back so far
    else:
        etag, last_modified = previous.etag, previous.last_modified
    with fetched(fetch, first, LISTING_BYTES, etag=etag, last_modified=last_modified, allowance=allowance) as page:
        if page.status == 304:
            if previous is None:
                raise FetchError("answered 304 to an unconditional request")
            return _Answer("not_modified", previous.entries, page)
        listing = reader.read(page.body, page.content_type, page.url, source, context)
    read = _older_pages(source, reader, fetch, context, listing, page.url, allowance)
    entries = tuple(dict.fromkeys(map(_with_usable_address, read.entries)))
    page = replace(page, body=b"")
    return _Answer("ok", entries, page, read.problem, read.back_to, read.missing, read.retry_after)


def _older_pages(
    source: Source,
    reader: Reader,
    fetch: Gets,
    context: ReadingContext,
    listing: Listing,
    url: str,
    allowance: Allowance,
) -> _Pages:
    """A first page and those after it, as far back as the window and the settings go.

    An older page that cannot be read loses nothing of those before it.
    """
    own = context.extractor.max_pages if context.extractor else None
    most = BACKFILL_PAGES if own is None else own
    entries, asked, problem = list(listing.entries), {url}, listing.problem
    while listing.next_url and listing.next_url not in asked:
        if reader.conditional and (len(asked) >= most or _reaches(listing, source, context)):
            return _Pages(entries, context.since.isoformat(), problem)
        if not reader.conditional and len(entries) >= source.max_items:
            break
        asked.add(listing.next_url)
        try:
            with fetched(fetch, listing.next_url, LISTING_BYTES, allowance=allowance) as page:
                listing = reader.read(page.body, page.content_type, page.url, source, context)
        except (FetchError, UnreadableError, TooMuchError) as error:
            if reader.conditional and _no_more(error):
                return _Pages(entries, context.since.isoformat(), problem)
            if not entries:
                raise
            retry_after = getattr(error, "retry_after", 0.0)
            return _Pages(
                entries, _read_back_to(entries, source, context), problem, f"older pages: {error}", retry_after
            )
        problem = problem or listing.problem
        if not _addresses(listing.entries) - _addresses(entries):
            break
        entries += listing.entries
    return _Pages(entries, "", problem)


def _read_back_to(entries: Sequence[Entry], source: Source, context: ReadingContext) -> str:
    """The day after the oldest one listed, which the next page may go on with; where none is dated, the day after the
    window."""
    oldest = min(_last_days(entries, source), default=context.until)
    return (oldest + timedelta(days=1)).isoformat()


def _no_more(error: Exception) -> bool:
    """Whether an older page is simply not there."""
    return isinstance(error, UnreadableError) or getattr(error, "status", 0) in (404, 410)


def _reaches(listing: Listing, source: Source, context: ReadingContext) -> bool:
    """Whether a page ends before the window begins, so that the pages after it are older still; so does one that gives
    no date to go by."""
    last = _last_days(listing.entries, source)
    return not last or max(last) < context.since


def _last_days(entries: Sequence[Entry], source: Source) -> list[date]:
    """The days of the last three entries, as far as they are dated."""
    return [m.day for entry in entries[-3:] if (m := parse(entry.date, source.timezone))]


def _with_usable_address(entry: Entry) -> Entry:
    """The entry, without its address if that is none."""
    try:
        ids.item_id(entry.url)
    except InputError:
        return entry.model_copy(update={"url": ""})
    return entry


def _retry_at(asked: float, at: datetime) -> str:
    """Until when to leave a source alone that asked for so many seconds, whatever it wrote (infinity too)."""
    wait = timedelta(seconds=min(asked, LONGEST_WAIT.total_seconds()))
    return (at + wait).isoformat() if wait else ""


def _failed(source: Source, error: str, health: Health, at: datetime, begun: float, retry_at: str = "") -> Polled:
    error = error[:_ERROR]
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
    *,
    conditional: bool,
) -> Polled:
    """What an answer that counts comes to. `conditional`: it is a listing, and not a search, which finds others in each
    window."""
    before = previous.entries if previous else ()
    missing = answer.missing or (previous.missing if previous and answer.status == "not_modified" else "")
    gap = answer.status == "ok" and conditional and turned_over(before, answer.entries)
    fresh = answer.status == "ok" and not _same_items(before, answer.entries)
    span = _span_hours(answer.entries, source) if answer.status == "ok" else 0.0
    if gap and not span and health.last_success:  # all that is known is that this was too long
        span = (at - datetime.fromisoformat(health.last_success)).total_seconds() / 3600
    moment = as_of if gap else None
    health = after_success(
        health,
        at,
        len(answer.entries),
        fresh=fresh,
        gap_at=moment,
        span_hours=span,
        missing=missing[:_ERROR],
        retry_at=_retry_at(answer.retry_after, at),
    )
    status = "partial" if missing else answer.status
    report = _report(source, status, begun, listed=len(answer.entries), error=missing[:_ERROR], gap=gap)
    report = report.model_copy(update={"silent_days": health.silent_days(at), "poll_hours": health.poll_hours()})
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
        back_to=answer.back_to,
        missing=answer.missing[:_ERROR],
    )


def _span_hours(entries: Sequence[Entry], source: Source) -> float:
    """Hours between a listing's oldest and newest entry; 0 when too few are dated to say."""
    moments = [m for entry in entries if (m := parse(entry.date, source.timezone))]
    if len(moments) < _SPAN_ENTRIES:
        return 0.0
    times = [m.at or datetime(m.day.year, m.day.month, m.day.day, tzinfo=UTC) for m in moments]
    return (max(times) - min(times)).total_seconds() / 3600


def turned_over(before: Sequence[Entry], now: Sequence[Entry]) -> bool:
    """Whether a listing shares nothing with the one before: what stood between the two was never seen."""
    known, listed = _addresses(before), _addresses(now)
    return bool(known) and bool(listed) and not known & listed


def _same_items(before: Sequence[Entry], now: Sequence[Entry]) -> bool:
    return _addresses(now) <= _addresses(before)


def _addresses(entries: Sequence[Entry]) -> set[str]:
    return {entry.url for entry in entries if entry.url}


def _report(
    source: Source,
    status: Literal["ok", "not_modified", "partial", "failed"],
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
