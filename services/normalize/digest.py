"""The operators' weekly mail, written from facts alone: what happened, and for each trouble what to do next.

No addresses and no article texts: readers are counted, articles appear as title and link.
"""

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from shlex import quote
from typing import Any

from services.normalize.remedies import Commands

_PART = r"[^\s<>(),;:\"'@/]"
_ADDRESS = re.compile(rf"{_PART}{{1,64}}@{_PART}{{1,255}}\.{_PART}{{1,63}}")
"""Bounded (RFC 5321's lengths), because a feed may choose the text. A name behind a slash is a link's."""
_LONGEST = 120
_PACE_DAYS = 7
"""Days of a month after which a pace is told: editions cost once a week, and the first one of a month is no pace."""
_COMING = 100.0
"""Share of a month's cap that the present pace reaches by its end, in percent, from which on it is told."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An item that came close to being printed. `floor` is the score from which on items are."""

    title: str
    url: str
    score: float
    floor: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """An edition of the period. `counts`: recipients by outcome."""

    edition_id: str
    status: str
    day: str
    items: int
    counts: Mapping[str, int] = field(default_factory=dict)
    note: str = ""
    near: tuple[NearMiss, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What a run lost and what came back. `causes`: why items failed; `recovered`: throttled items that were put back
    and are done; `restricted`: items made anew, or of chosen sources."""

    batch_id: str
    kind: str
    expected: int
    done: int
    causes: Mapping[str, int] = field(default_factory=dict)
    recovered: int = 0
    late: bool = False
    open: bool = False
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """One client's period, and its month's money in US dollars; `before`: that of the month in which the period began,
    where that is another one. `rhythm` is the days between its editions."""

    client_id: str
    editions: tuple[EditionFacts, ...] = ()
    batches: tuple[BatchFacts, ...] = ()
    overdue: bool = False
    spent: float = 0.0
    calls: int = 0
    cap: float | None = None
    before: float | None = None
    rhythm: int = 7


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source in trouble. `gaps` fell into the period; `poll_hours` is the interval that misses none."""

    source_key: str
    silent_days: int = 0
    gaps: int = 0
    poll_hours: float | None = None
    failures: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a digest is written from. `letters`: messages in each dead-letter and failure queue."""

    environment: str
    start: datetime
    end: datetime
    clients: tuple[ClientFacts, ...]
    sources: tuple[SourceFacts, ...]
    letters: Mapping[str, int]

    @property
    def commands(self) -> Commands:
        return Commands(self.environment)


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened, and what to do about it, if anything."""

    told: str
    action: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """A mail to the operators; `actions` counts what is to be done (a near miss is for the analyst to judge)."""

    subject: str
    text: str
    actions: int


def write(facts: Facts) -> Digest:
    """The digest of a period."""
    sections = {
        "Editions": [*_editions(facts)],
        "Cost": [_cost(one, facts) for one in facts.clients],
        "Losses and recoveries": [*_losses(facts)],
        "Sources": [*_sources(facts)],
        "Near misses": [*_near(facts)],
    }
    troubles = [line for title, lines in sections.items() if title != "Near misses" for line in lines]
    actions = sum(bool(line.action) for line in troubles)
    todo = "nothing to do" if not actions else "1 thing to do" if actions == 1 else f"{actions} things to do"
    day = facts.end.date().isoformat()
    head = [f"Vectora Inbox, {facts.environment}: {facts.start.date()} to {day}, {todo}", ""]
    body = [row for title, lines in sections.items() for row in _section(title, lines)]
    text = _ADDRESS.sub("[address]", "\n".join([*head, *body]).rstrip() + "\n")
    return Digest(f"Vectora Inbox {facts.environment}, week to {day}: {todo}", text, actions)


def _section(title: str, lines: Sequence[Line]) -> Iterator[str]:
    yield title.upper()
    for line in lines or [Line("none")]:
        yield f"- {line.told}"
        if line.action:
            yield f"  -> {line.action}"
    yield ""


def _editions(facts: Facts) -> Iterator[Line]:
    for client in facts.clients:
        sent = [one for one in client.editions if one.status == "sent"]
        yield from (_sent(client.client_id, one, facts) for one in sent)
        for one in client.editions:
            if one.status in ("draft", "building", "sending", "approved"):
                yield _unsent(client.client_id, one, facts)
        if client.overdue:
            look = facts.commands.line(f"edition list {client.client_id}")
            told = f"{client.client_id}: overdue, nothing was sent for longer than its rhythm"
            yield Line(told, f"{look}, then the runbook of empty or missing newsletters")
        elif not client.editions:
            yield Line(f"{client.client_id}: none was due")


def _sent(client_id: str, edition: EditionFacts, facts: Facts) -> Line:
    reached, lost = edition.counts.get("sent", 0), edition.counts.get("failed", 0) + edition.counts.get("unknown", 0)
    told = f"{client_id}: {edition.edition_id} of {edition.day} sent, {edition.items} items, {reached} readers"
    if edition.counts.get("withheld"):
        told += f", {edition.counts['withheld']} withheld"
    if not lost:
        return Line(f"{told}; {_short(edition.note)}" if edition.note else told)
    return Line(f"{told}; {lost} not reached for certain", facts.commands.unreached(client_id, edition.edition_id))


def _unsent(client_id: str, edition: EditionFacts, facts: Facts) -> Line:
    told = f"{client_id}: {edition.edition_id} of {edition.day} is {edition.status}, {edition.items} items"
    if edition.status == "draft":
        told = f"{told}, and waits for its review"
    return Line(told, facts.commands.unsent(client_id, edition.edition_id, edition.status))


def _cost(client: ClientFacts, facts: Facts) -> Line:
    end = facts.end
    passed = end.day - 1 + end.hour / 24
    told = f"{client.client_id}: ${client.spent:.2f} in {end:%Y-%m}, {client.calls} calls"
    if client.before is not None:
        told = f"{told}, ${client.before:.2f} in {facts.start:%Y-%m}"
    if client.cap is None:
        return Line(f"{told}, no cap")
    share = 100 * client.spent / client.cap if client.cap else 100.0 * bool(client.spent)
    told += f", {share:.0f} % of ${client.cap:.2f}"
    coming = share >= _COMING
    if passed >= _PACE_DAYS:
        ahead = client.spent / passed * calendar.monthrange(end.year, end.month)[1]
        told += f"; at this pace ${ahead:.2f} by the month's end"
        coming = coming or ahead * 100 > client.cap * _COMING
    if not coming:
        return Line(told)
    look = facts.commands.line(f"costs --client {client.client_id}")
    push = facts.commands.line("config push")
    return Line(told, f"{look}; then fewer sources or a higher budget.monthly_usd, and {push}")


def _losses(facts: Facts) -> Iterator[Line]:
    for client in facts.clients:
        for batch in client.batches:
            if line := _loss(client, batch, facts):
                yield line
    for queue, waiting in facts.letters.items():
        if waiting:
            yield Line(f"{waiting} messages were given up in the {queue} queue", facts.commands.letters(queue))


def _loss(client: ClientFacts, batch: BatchFacts, facts: Facts) -> Line | None:
    lost = sum(batch.causes.values())
    about = f"{client.client_id}: {batch.batch_id}"
    back = f"{batch.recovered} throttled items came back by themselves" if batch.recovered else ""
    if batch.open:
        action = f"{facts.commands.line('doctor')}; the sweeper closes it at its deadline"
        return Line(f"{about} is still open, {batch.done} of {batch.expected} items done", action)
    if not lost:
        return Line(f"{about}: nothing lost, {back}") if back else None
    causes = ", ".join(f"{cause} {number}" for cause, number in sorted(batch.causes.items()))
    told = f"{about}: {lost} of {batch.expected} items lost ({causes})" + (f", {back}" if back else "")
    days = client.rhythm + (facts.end - facts.start).days
    action = facts.commands.lost(client.client_id, batch.causes, days, anew=batch.restricted)
    return Line(told + ("; closed at its deadline" if batch.late else ""), action)


def _sources(facts: Facts) -> Iterator[Line]:
    for one in facts.sources:
        check = "sources check"
        if one.failures:
            told = f"{one.source_key}: its last {one.failures} fetches failed ({_short(one.error)})"
            yield Line(told, f"{facts.commands.line(check)}; while it cannot be mended set enabled: false")
        if one.silent_days:
            told = f"{one.source_key}: nothing new for {one.silent_days} days, longer than usual"
            yield Line(told, f"open its page: it moved, or has nothing to say ({facts.commands.line(check)})")
        if one.gaps:
            pace = f"poll every {one.poll_hours:g} hours" if one.poll_hours else "poll more often"
            told = f"{one.source_key}: {one.gaps} gaps, so items may be missing"
            yield Line(told, f"{pace}: schedule.collect of its clients, then {facts.commands.line('config push')}")


def _near(facts: Facts) -> Iterator[Line]:
    for client in facts.clients:
        for edition in client.editions:
            for miss in edition.near:
                floor = f" of {miss.floor:.1f}" if miss.floor is not None else ""
                about = f"{client.client_id} {edition.day}: {miss.score:.1f}{floor}"
                look = facts.commands.line(f"explain {quote(miss.url)} --client {client.client_id}")
                yield Line(f'{about}, "{_short(miss.title)}": {_short(miss.reason)}', f"if it belongs in: {look}")


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def near_misses(rows: Iterable[Mapping[str, Any]]) -> tuple[NearMiss, ...]:
    """As an edition's record keeps them."""
    return tuple(
        NearMiss(str(row["title"]), str(row["url"]), float(row["score"]), row.get("floor"), str(row["reason"]))
        for row in rows
    )
