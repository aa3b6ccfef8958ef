"""What an edition would have gained and lost under other files: pure, on normalized items, without any model call.

Event types, entities and summaries stay those that normalization found; scopes, rules, weights, sections and ingestion
profiles are applied anew. Each window is judged by what was really printed before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.engine.facts import read_facts
from services.engine.matching import plan_domains
from services.engine.selection import Decision, Rules, select
from services.engine.window import contains
from shared.config.filtering import ingest_decision
from shared.config.tree import ConfigTree
from shared.contracts.batch import Window
from shared.contracts.edition import ItemReport
from shared.contracts.items import NormalizedItem, RawItem
from shared.errors import InputError
from shared.storage.table import Row


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue to judge again: its window and day, and what editions before it printed or reviews dropped. `label`
    names it. `filtered` are items that ingest dropped: of those only the title is known."""

    label: str
    window: Window
    day: date
    printed: Mapping[str, Row]
    filtered: tuple[ItemReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """An item that enters or leaves an issue, with the reason then and the reason now."""

    kind: Literal["gained", "lost", "to read"]
    title: str
    url: str
    published: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Items printed before and now, and every change. `unkept`: items whose article is gone, so that an ingestion
    profile cannot be tried on it."""

    issue: Issue
    before: int
    now: int
    changes: tuple[Change, ...]
    unkept: int = 0


Raws = Mapping[str, RawItem]
"""Item id → raw item, for the items whose article is kept."""


def compare(
    client_id: str, old: ConfigTree, new: ConfigTree, issue: Issue, items: Sequence[NormalizedItem], raws: Raws
) -> Outcome:
    """The issue under both trees. Raises NotFoundError when a tree has no such client."""
    before, now = (_judged(client_id, tree, old, issue, items, raws) for tree in (old, new))
    known = {item.item_id: item for item in items}
    changes = [
        _change(known[item_id], before[item_id], now[item_id])
        for item_id in sorted(known)
        if (before[item_id].outcome == "selected") != (now[item_id].outcome == "selected")
    ]
    changes += _to_read(client_id, old, new, issue, known)
    order = {"gained": 0, "lost": 1, "to read": 2}
    return Outcome(
        issue,
        _selected(before),
        _selected(now),
        tuple(sorted(changes, key=lambda one: (order[one.kind], one.published, one.title))),
        unkept=sum(item_id not in raws for item_id in known),
    )


def _selected(decisions: Mapping[str, Decision]) -> int:
    return sum(one.outcome == "selected" for one in decisions.values())


def periods(start: str, end: str, days: int) -> list[Window]:
    """[start, end) cut into windows of `days`, the last one shorter. Raises InputError."""
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError as error:
        raise InputError(f"--from and --to are dates, such as 2025-12-01 ({error})") from error
    if first >= last:
        raise InputError(f"--from {start} must be before --to {end}")
    starts = [first + timedelta(days=step) for step in range(0, (last - first).days, days)]
    return [
        Window.model_validate({"from": one.isoformat(), "to": min(one + timedelta(days=days), last).isoformat()})
        for one in starts
    ]


def printed_before(printed: Mapping[str, Row], editions: Mapping[str, Row], window: Window) -> dict[str, Row]:
    """What counts as printed for an issue: by editions whose window began earlier, and what reviews dropped."""
    return {
        item_id: row
        for item_id, row in printed.items()
        if row.get("verdict") == "drop"
        or str(editions.get(str(row.get("edition_id")), {}).get("window_from", "9999")) < window.start
    }


def _judged(
    client_id: str, tree: ConfigTree, old: ConfigTree, issue: Issue, items: Iterable[NormalizedItem], raws: Raws
) -> dict[str, Decision]:
    client = tree.client(client_id)
    own = {source.source_key for source in tree.sources_for(client)}
    decisions, facts = dict[str, Decision](), []
    for item in items:
        refusal = "" if own & set(item.sources) else "none of the client's sources carried it"
        refusal = refusal or _newly_filtered(client_id, tree, old, item, raws.get(item.item_id))
        if refusal:
            decisions[item.item_id] = Decision(item.item_id, "not_matched", refusal)
        else:
            facts.append(read_facts(item, tree, late=not contains(issue.window, item.published)))
    rules = Rules(client, plan_domains(tree, client), tree.scoring, tree.event_types, issue.day)
    return decisions | select(facts, rules, issue.printed, tree).decisions


def _newly_filtered(
    client_id: str, tree: ConfigTree, old: ConfigTree, item: NormalizedItem, raw: RawItem | None
) -> str:
    """Why ingest would drop an item that it let in before; empty where it would not, or where that was so before."""
    if raw is None or tree is old:
        return ""
    now = _ingest(client_id, tree, item.sources, raw.title, raw.text)
    before = _ingest(client_id, old, item.sources, raw.title, raw.text)
    return f"not ingested: {now[1]}" if before[0] and not now[0] else ""


def _ingest(client_id: str, tree: ConfigTree, sources: Iterable[str], title: str, text: str) -> tuple[bool, str]:
    """Whether a profile of one of the client's sources lets the text in, and the last reason."""
    client, told = tree.client(client_id), "no source of the client"
    for source in tree.sources_for(client):
        if source.source_key in set(sources):
            _, profile = tree.profile_for(client, source)
            decision = ingest_decision(tree, profile, title, text)
            if decision.keep:
                return True, decision.reason
            told = decision.reason
    return False, told


def _to_read(
    client_id: str, old: ConfigTree, new: ConfigTree, issue: Issue, known: Mapping[str, NormalizedItem]
) -> list[Change]:
    """Items dropped at ingest whose very title would let them in now: a run would read and normalize them."""
    changes = []
    for item in issue.filtered:
        sources = (item.source_key,)
        before = _ingest(client_id, old, sources, item.title, "")
        now = _ingest(client_id, new, sources, item.title, "")
        if item.item_id not in known and now[0] and not before[0]:
            last = item.dispositions[-1].reason if item.dispositions else before[1]
            changes.append(Change("to read", item.title, item.url, item.published or "unknown", last, now[1]))
    return changes


def _change(item: NormalizedItem, before: Decision, now: Decision) -> Change:
    kind: Literal["gained", "lost"] = "gained" if now.outcome == "selected" else "lost"
    return Change(kind, item.title, item.url, item.published, _told(before), _told(now))


def _told(decision: Decision) -> str:
    score = "" if decision.score is None else f" (score {decision.score:g})"
    return f"{decision.outcome.replace('_', ' ')}: {decision.reason}{score}"
