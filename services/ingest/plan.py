"""Pure decisions of a run: its window, its candidates, what becomes of each."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from shared import ids
from shared.clock import local_day
from shared.config.rules import Source
from shared.contracts.batch import Disposition, QueuedItem, SeenItem, Window
from shared.contracts.events import IngestEvent
from shared.contracts.items import RawItem
from shared.errors import InputError
from shared.storage.sources import Entry

_PUBMED_LATE = 60
"""Days: PubMed is searched by the day on which a record entered it, which is weeks after it appeared online."""

Outcome = Literal["queued", "filtered", "out_of_window", "undated", "link_only", "duplicate", "error"]


@dataclass(frozen=True, slots=True)
class Period:
    """`window`: the edition's days. `last`: the first day not collected; with a time of day in `as_of` the day under
    way is collected too (its items belong to the next edition, but a feed may have dropped them by then)."""

    window: Window
    last: str

    def holds(self, day: str, late_days: int = 0) -> bool:
        """Whether a day is collected; `late_days`: by how many days it may lie before the window."""
        start = (date.fromisoformat(self.window.start) - timedelta(days=late_days)).isoformat()
        return start <= day < self.last


def period(event: IngestEvent, as_of: datetime, timezone: str, default_days: int, last_sent_to: str | None) -> Period:
    """The days of a run, in the client's time zone, as [from, to).

    Explicit dates win; then `period_days`; then, for an edition, the day on which the last sent one ended; then the
    client's default. Without explicit dates the window ends with the day before `as_of`'s, for collecting with
    `as_of`'s own day when it has begun. Raises InputError for dates that are none, or in the wrong order.
    """
    today = local_day(as_of, timezone)
    begun = as_of.astimezone(ZoneInfo(timezone)).time() > time(0)
    end = _day(event.to_date, "to_date") or today
    collected = end if event.to_date or not begun else today + timedelta(days=1)
    end = collected if event.kind == "collect" else end
    start = _day(event.from_date, "from_date")
    if start is None and event.period_days is None and event.kind == "edition" and last_sent_to:
        resumed = date.fromisoformat(last_sent_to)
        start = resumed if resumed < end else None
    start = start or min(end, today) - timedelta(days=event.period_days or default_days)
    if start >= end:
        raise InputError(f"the window from {start} to {end} is empty; give a from_date before to_date")
    return Period(Window.model_validate({"from": start.isoformat(), "to": end.isoformat()}), collected.isoformat())


def _day(text: str | None, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(f"{name} must be YYYY-MM-DD, not {text!r}") from error


def start_moment(days: Period, timezone: str) -> datetime:
    """When the window begins, in UTC."""
    day = date.fromisoformat(days.window.start)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One article as the sources list it: one entry for each source, in the order of the client's sources."""

    item_id: str
    listings: tuple[tuple[Source, Entry], ...]

    @property
    def source(self) -> Source:
        return self.listings[0][0]

    @property
    def entry(self) -> Entry:
        """What the first source says that has a title; without any, what the first one says."""
        return next((entry for _, entry in self.listings if entry.title), self.listings[0][1])

    @property
    def late_days(self) -> int:
        """How long after its publication a source of this type lists an article for the first time."""
        return _PUBMED_LATE if self.entry.date_origin == "pubmed" else 0


def candidates(polled: Iterable[tuple[Source, Sequence[Entry]]]) -> list[Candidate]:
    """One candidate for each address, whichever sources carried it."""
    found: dict[str, dict[str, tuple[Source, Entry]]] = {}
    for source, entries in polled:
        for entry in entries:
            carriers = found.setdefault(_identity(source, entry), {})
            carriers.setdefault(source.source_key, (source, entry))
    return [Candidate(item_id, tuple(carriers.values())) for item_id, carriers in found.items()]


def _identity(source: Source, entry: Entry) -> str:
    """An article's identity; for an entry without an address, that of its own words."""
    if entry.url:
        return ids.item_id(entry.url)
    return ids.entry_id(source.source_key, entry.title, entry.date, entry.summary, entry.body)


def titled(candidate: Candidate, title: str) -> Candidate:
    """A candidate that no source gave a title, with the one that its article has."""
    if candidate.entry.title or not title:
        return candidate
    (source, entry), *others = candidate.listings
    return replace(candidate, listings=((source, entry.model_copy(update={"title": title})), *others))


def with_attachments(
    polled: Iterable[tuple[Source, Sequence[Entry]]], is_link: Callable[[str], bool]
) -> tuple[list[tuple[Source, tuple[Entry, ...]]], dict[str, Entry]]:
    """The listings with each link-only entry ("Download attachment") made an attachment of its release, and item id of
    each such entry → release. It belongs to the release that names it, else to the one listed just before it on the
    same day, else to one before or after it whose title the file's name repeats."""
    listings, owners = [], dict[str, Entry]()
    for source, entries in polled:
        owned = {
            number: owner for number in range(len(entries)) if (owner := _owner(entries, number, is_link)) is not None
        }
        for number, owner in owned.items():
            owners[ids.item_id(entries[number].url)] = entries[owner]
        added: dict[int, list[str]] = {}
        for number, owner in owned.items():
            added.setdefault(owner, []).append(entries[number].url)
        listings.append(
            (source, tuple(_attached(entry, added.get(number, ())) for number, entry in enumerate(entries)))
        )
    return listings, owners


def _attached(entry: Entry, urls: Sequence[str]) -> Entry:
    return (
        entry.model_copy(update={"attachments": tuple(dict.fromkeys((*entry.attachments, *urls)))}) if urls else entry
    )


def _owner(entries: Sequence[Entry], number: int, is_link: Callable[[str], bool]) -> int | None:
    """Where the release stands to which a link-only entry belongs; None for an article, or when it cannot be told."""
    link = entries[number]
    if not link.url or not is_link(link.title):
        return None
    releases = [n for n, entry in enumerate(entries) if not is_link(entry.title)]
    named = [n for n in releases if link.url in entries[n].attachments]
    before = [n for n in releases if n < number][-1:]
    same_day = [n for n in before if link.date and entries[n].date == link.date]
    alike = [n for n in (*before, *[n for n in releases if n > number][:1]) if _repeats(link.url, entries[n].title)]
    return next(iter((*named, *same_day, *alike)), None)


def _repeats(url: str, title: str) -> bool:
    """Whether a file's name repeats at least half of a title's longer words."""
    name = set(re.findall(r"[a-z]{4,}", url.rsplit("/", 1)[-1].lower()))
    words = set(re.findall(r"[a-z]{4,}", title.lower()))
    return len(words) > 1 and len(name & words) >= max(2, len(words) / 2)


@dataclass(frozen=True, slots=True)
class Considered:
    """What became of a candidate. `raw` only when it is to be queued; `known`: the lake has this very content."""

    candidate: Candidate
    outcome: Outcome
    reason: str
    published: str | None = None
    raw: RawItem | None = None
    known: bool = False


def seen(considered: Considered) -> SeenItem:
    """The manifest's line about a candidate; its last disposition is its outcome. What has no address is told under
    that of its source, what has no title under that of its article."""
    candidate = considered.candidate
    others = [source.source_key for source, _ in candidate.listings[1:]]
    also = [Disposition(stage="ingest", outcome="duplicate", reason=f"also listed by {key}") for key in others]
    return SeenItem(
        item_id=candidate.item_id,
        url=candidate.entry.url or candidate.source.url,
        title=candidate.entry.title or (considered.raw.title if considered.raw else ""),
        published=considered.published,
        source_key=considered.raw.source_key if considered.raw else candidate.source.source_key,
        dispositions=(*also, Disposition(stage="ingest", outcome=considered.outcome, reason=considered.reason)),
    )


def queued(considered: Considered, raw_key: str) -> QueuedItem:
    if considered.raw is None:
        raise ValueError("only a kept candidate is queued")
    return QueuedItem(item_id=considered.candidate.item_id, raw_key=raw_key, content_hash=considered.raw.content_hash)


def outcomes(items: Iterable[SeenItem]) -> Mapping[str, int]:
    """Outcome → how many items ended so."""
    counts: dict[str, int] = {}
    for item in items:
        outcome = item.dispositions[-1].outcome
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts
