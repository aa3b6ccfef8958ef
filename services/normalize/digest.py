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

_PART = r"[^\s<>(),;:\"'@/]"
_ADDRESS = re.compile(rf"{_PART}{{1,64}}@{_PART}{{1,255}}\.{_PART}{{1,63}}")
"""Bounded (RFC 5321's lengths), because a feed may choose the text. A name behind a slash is a link's."""
_LONGEST = 120
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
    and are done."""

    batch_id: str
    kind: str
    expected: int
    done: int
    causes: Mapping[str, int] = field(default_factory=dict)
    recovered: int = 0
    late: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """One client's period, and its month's money in US dollars."""

    client_id: str
    editions: tuple[EditionFacts, ...] = ()
    batches: tuple[BatchFacts, ...] = ()
    overdue: bool = False
    spent: float = 0.0
    calls: int = 0
    cap: float | None = None


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
            look = _command(facts, f"edition list {client.client_id}")
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
    look = _command(facts, f"edition show {client_id} {edition.edition_id}")
    return Line(f"{told}; {lost} not reached for certain", f"{look} names them by hash; mend, then `edition resend`")


def _unsent(client_id: str, edition: EditionFacts, facts: Facts) -> Line:
    told = f"{client_id}: {edition.edition_id} of {edition.day} is {edition.status}, {edition.items} items"
    if edition.status == "draft":
        return Line(f"{told}, and waits for its review", _command(facts, f"review {client_id}"))
    return Line(told, _command(facts, f"edition diagnose {client_id} {edition.edition_id}"))


def _cost(client: ClientFacts, facts: Facts) -> Line:
    end = facts.end
    days = calendar.monthrange(end.year, end.month)[1]
    passed = max(end.day - 1 + end.hour / 24, 0.5)
    ahead = client.spent / passed * days
    told = f"{client.client_id}: ${client.spent:.2f} in {end:%Y-%m}, {client.calls} calls"
    if client.cap is None:
        return Line(f"{told}, no cap")
    share = 100 * client.spent / client.cap if client.cap else 100.0 * bool(client.spent)
    told += f", {share:.0f} % of ${client.cap:.2f}; at this pace ${ahead:.2f} by the month's end"
    if share < _COMING and ahead * 100 <= client.cap * _COMING:
        return Line(told)
    look = _command(facts, f"costs --client {client.client_id}")
    return Line(told, f"{look}; then fewer sources or a higher budget.monthly_usd")


def _losses(facts: Facts) -> Iterator[Line]:
    for client in facts.clients:
        for batch in client.batches:
            if line := _loss(client.client_id, batch, facts):
                yield line
    for queue, waiting in facts.letters.items():
        if waiting:
            action = f"{_command(facts, f'dlq list --queue {queue}')}, mend, then `dlq replay`"
            yield Line(f"{waiting} messages were given up in the {queue} queue", action)


def _loss(client_id: str, batch: BatchFacts, facts: Facts) -> Line | None:
    lost = sum(batch.causes.values())
    about = f"{client_id}: {batch.batch_id}"
    back = f"{batch.recovered} throttled items came back by themselves" if batch.recovered else ""
    if batch.open:
        action = f"{_command(facts, 'doctor')}; the sweeper closes it at its deadline"
        return Line(f"{about} is still open, {batch.done} of {batch.expected} items done", action)
    if not lost:
        return Line(f"{about}: nothing lost, {back}") if back else None
    causes = ", ".join(f"{cause} {number}" for cause, number in sorted(batch.causes.items()))
    told = f"{about}: {lost} of {batch.expected} items lost ({causes})" + (f", {back}" if back else "")
    return Line(told + ("; closed at its deadline" if batch.late else ""), _remedy(batch.causes, facts))


def _remedy(causes: Mapping[str, int], facts: Facts) -> str:
    main = max(sorted(causes), key=lambda cause: causes[cause])
    if main == "throttled":
        return f"{_command(facts, 'dlq replay --only throttled')}; often: ask for a higher Bedrock quota"
    if main == "deadline":
        return f"{_command(facts, 'dlq list')}: what never ended is there, or its function died"
    return f"{_command(facts, f'dlq show --only {main}')}, mend, then `dlq replay --only {main}`"


def _sources(facts: Facts) -> Iterator[Line]:
    for one in facts.sources:
        check = "sources check"
        if one.failures:
            told = f"{one.source_key}: its last {one.failures} fetches failed ({_short(one.error)})"
            yield Line(told, f"{_command(facts, check)}; while it cannot be mended set enabled: false")
        if one.silent_days:
            told = f"{one.source_key}: nothing new for {one.silent_days} days, longer than usual"
            yield Line(told, f"open its page: it moved, or has nothing to say ({_command(facts, check)})")
        if one.gaps:
            pace = f"poll every {one.poll_hours:g} hours" if one.poll_hours else "poll more often"
            told = f"{one.source_key}: {one.gaps} gaps, so items may be missing"
            yield Line(told, f"{pace}: schedule.collect of its clients, then {_command(facts, 'config push')}")


def _near(facts: Facts) -> Iterator[Line]:
    for client in facts.clients:
        for edition in client.editions:
            for miss in edition.near:
                floor = f" of {miss.floor:.1f}" if miss.floor is not None else ""
                about = f"{client.client_id} {edition.day}: {miss.score:.1f}{floor}"
                look = _command(facts, f"explain {quote(miss.url)} --client {client.client_id}")
                yield Line(f'{about}, "{_short(miss.title)}": {_short(miss.reason)}', f"if it belongs in: {look}")


def _command(facts: Facts, words: str) -> str:
    return f"`vectora {words} --stack {facts.environment}`"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def near_misses(rows: Iterable[Mapping[str, Any]]) -> tuple[NearMiss, ...]:
    """As an edition's record keeps them."""
    return tuple(
        NearMiss(str(row["title"]), str(row["url"]), float(row["score"]), row.get("floor"), str(row["reason"]))
        for row in rows
    )
