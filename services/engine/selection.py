"""Which items are printed, where, and what happened to every other one. Pure and stable under input order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from services.engine.facts import Facts
from services.engine.headlines import printed_story, story_of
from services.engine.matching import DomainPlan, Match, match_item
from services.engine.scoring import contributions, total
from services.engine.stories import Judge, Story, StoryIndex, earlier_chapter, group
from services.engine.text import safe_url
from shared.config.client import ClientConfig, SectionConfig
from shared.config.rules import EventType, ScoringRules
from shared.config.tree import ConfigTree
from shared.storage.table import Row

Outcome = Literal[
    "selected",
    "not_matched",
    "not_newsworthy",
    "no_link",
    "below_floor",
    "story_duplicate",
    "already_printed",
    "dropped",
    "section_full",
    "edition_full",
    "no_section",
]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides, for one client."""

    client: ClientConfig
    plans: tuple[DomainPlan, ...]
    scoring: ScoringRules
    event_types: Mapping[str, EventType]
    today: date

    @property
    def floor(self) -> float:
        own = self.client.scoring_config.min_score
        return self.scoring.min_score if own is None else own

    @property
    def fill_floor(self) -> float:
        """Never above the floor: filling takes weaker items."""
        own = self.client.scoring_config.fill_min_score
        return min(self.floor, self.scoring.fill_min_score if own is None else own)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that matched, scored."""

    facts: Facts
    matches: tuple[Match, ...]
    contributions: dict[str, float]
    score: float

    @property
    def item_id(self) -> str:
        return self.facts.item_id

    @property
    def core(self) -> bool:
        """About a core player of a domain that it matched."""
        return any(match.pure_player for match in self.matches)

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(match.domain_id for match in self.matches)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the engine did with one item: why, and what would change it."""

    item_id: str
    outcome: Outcome
    reason: str
    change: str = ""
    score: float | None = None
    contributions: Mapping[str, float] = field(default_factory=dict)


Decisions = dict[str, Decision]
"""By item id."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A printed story: its leading item, the other reports of it, and the printed item that it continues."""

    candidate: Candidate
    reason: str
    others: tuple[Candidate, ...] = ()
    previously: Row | None = None


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """A section that has items."""

    config: SectionConfig
    items: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The edition's content, and a decision on every item analysed, by item id."""

    sections: tuple[SectionPlan, ...]
    decisions: Decisions
    matched: int

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        return tuple(item for section in self.sections for item in section.items)


def select(items: Iterable[Facts], rules: Rules, printed: Mapping[str, Row], tree: ConfigTree) -> Selection:
    """Decide on every item. `printed` holds what sent editions printed and what reviews dropped, by item id."""
    decisions: Decisions = {}
    matched: list[Candidate] = []
    for facts in sorted(items, key=lambda one: one.item_id):
        judged = judge(facts, rules, printed)
        if isinstance(judged, Candidate):
            matched.append(judged)
        else:
            decisions[judged.item_id] = judged
    in_matched = len(matched) + sum(one.outcome != "not_matched" for one in decisions.values())
    stories = _stories(sorted(matched, key=_best_first), rules, printed, tree, decisions)
    sections = _fill_sections(stories, rules, decisions)
    return Selection(sections, decisions, in_matched)


def _best_first(candidate: Candidate) -> tuple[float, int, str]:
    return (-candidate.score, -date.fromisoformat(candidate.facts.item.published).toordinal(), candidate.item_id)


def judge(facts: Facts, rules: Rules, printed: Mapping[str, Row]) -> Candidate | Decision:
    """An item on its own, before others compete: matched, newsworthy, with a link, not printed yet, above the floor."""
    verdict = match_item(facts, rules.plans)
    if not verdict.matches:
        return Decision(
            facts.item_id,
            "not_matched",
            "; ".join(f"{miss.domain_id}: {miss.reason}" for miss in verdict.misses),
            "; ".join(f"{miss.domain_id}: {miss.change}" for miss in verdict.misses),
        )
    parts = contributions(facts, verdict.matches, rules.scoring, rules.client.scoring_config, rules.today)
    candidate = Candidate(facts, verdict.matches, parts, total(parts))
    return _obstacle(candidate, rules, printed) or candidate


def _obstacle(candidate: Candidate, rules: Rules, printed: Mapping[str, Row]) -> Decision | None:
    event_type = candidate.facts.item.event_type
    if not newsworthy(candidate, rules.event_types):
        change = f"an event type other than {event_type}, or a matching rule that names event_{event_type}"
        return _out(candidate, "not_newsworthy", f"event type {event_type} is never printed", change)
    if not safe_url(candidate.facts.item.url):
        return _out(candidate, "no_link", "its address is not an http(s) link", "a usable address")
    if candidate.item_id in printed:
        row = printed[candidate.item_id]
        if _dropped(row):
            return _dropped_before(candidate, row)
        return _out(candidate, "already_printed", f"printed in edition {row.get('edition_id', '')}", "nothing")
    lowest = rules.fill_floor if candidate.core else rules.floor
    if candidate.score < lowest:
        reason = f"score {candidate.score:g} is below the floor of {lowest:g}"
        return _out(candidate, "below_floor", reason, f"{lowest - candidate.score:.2f} points more")
    return None


def newsworthy(candidate: Candidate, event_types: Mapping[str, EventType]) -> bool:
    """The event type's own switch, unless a clause that matched names the event. An unknown type is not news."""
    event_type = candidate.facts.item.event_type
    known = event_types.get(event_type)
    named = any(event_type in match.events for match in candidate.matches)
    return known is not None and (known.newsworthy or named)


def _out(candidate: Candidate, outcome: Outcome, reason: str, change: str) -> Decision:
    return Decision(candidate.item_id, outcome, reason, change, candidate.score, candidate.contributions)


def _stories(
    ranked: Sequence[Candidate], rules: Rules, printed: Mapping[str, Row], tree: ConfigTree, decisions: Decisions
) -> list[Chosen]:
    """One entry a story, best first; the other reports and the stories printed before are decided here."""
    judge, past = Judge(tree.stories), [printed_story(row, tree) for row in printed.values()]
    stories = {candidate.item_id: story_of(candidate.facts, tree) for candidate in ranked}
    known = StoryIndex(past)
    entries: list[Chosen] = []
    for reports in _grouped(ranked, stories, judge):
        best = stories[reports[0].item_id]
        before = next((one for one in known.near(best) if judge.same(one, best)), None)
        if before:
            decisions.update((one.item_id, _printed_before(one, printed[before.item_id])) for one in reports)
            continue
        first = primary(reports, rules)
        others = tuple(one for one in reports if one is not first)
        decisions.update((one.item_id, _duplicate(one, first)) for one in others)
        chapter = earlier_chapter(stories[first.item_id], [one for one in past if not _dropped(printed[one.item_id])])
        entries.append(_entry(first, others, chapter, printed, rules))
    return sorted(entries, key=lambda entry: _best_first(entry.candidate))


def _grouped(ranked: Sequence[Candidate], stories: Mapping[str, Story], judge: Judge) -> list[list[Candidate]]:
    """The reports of each story, the best-scored first."""
    leaders = group([stories[candidate.item_id] for candidate in ranked], judge)
    reports: dict[str, list[Candidate]] = {}
    for candidate in ranked:
        reports.setdefault(leaders[candidate.item_id], []).append(candidate)
    return list(reports.values())


def primary(reports: Sequence[Candidate], rules: Rules) -> Candidate:
    """The report to print: one that reaches the floor before a weaker one, a company's own release before what others
    write about it, then the better score."""

    def key(candidate: Candidate) -> tuple[bool, bool, tuple[float, int, str]]:
        return (candidate.score < rules.floor, candidate.facts.item.company_id is None, _best_first(candidate))

    return min(reports, key=key)


def _dropped(row: Row) -> bool:
    """Whether a row is a label that drops (shared.storage.labels) instead of something printed."""
    return row.get("verdict") == "drop"


def _dropped_before(candidate: Candidate, row: Row) -> Decision:
    """A dropped story stays dropped, whoever reports it next."""
    told = row.get("reason") or row.get("label") or "no reason given"
    return _out(candidate, "dropped", f"dropped in a review ({told}): {row['title']}", "keeping it in a review")


def _printed_before(candidate: Candidate, row: Row) -> Decision:
    if _dropped(row):
        return _dropped_before(candidate, row)
    reason = f"its story was printed in edition {row.get('edition_id', '')}: {row['title']}"
    return _out(candidate, "already_printed", reason, "news beyond what was printed")


def _duplicate(candidate: Candidate, leader: Candidate) -> Decision:
    reason = f"same story as {leader.item_id}, which names this source: {leader.facts.item.title}"
    return _out(candidate, "story_duplicate", reason, "a different event, product, figure or date")


def _entry(
    candidate: Candidate, others: tuple[Candidate, ...], before: Story | None, printed: Mapping[str, Row], rules: Rules
) -> Chosen:
    clauses = "; ".join(f"{m.domain_id} by rule {m.clause} ({m.confidence})" for m in candidate.matches)
    kind = "fills a thin issue" if candidate.score < rules.floor else f"score {candidate.score:g}"
    previously = printed[before.item_id] if before else None
    return Chosen(candidate, f"{clauses}; {kind}", others, previously)


def _fill_sections(stories: Sequence[Chosen], rules: Rules, decisions: Decisions) -> tuple[SectionPlan, ...]:
    """Best first into the first section that takes them and has room; weaker ones of core players fill a thin issue."""
    layout = rules.client.newsletter_layout.sections
    rows: dict[str, list[Chosen]] = {section.id: [] for section in layout}
    limits = rules.client.selection
    printed = 0
    for story in stories:
        weak = story.candidate.score < rules.floor
        room = min(limits.thin_below, limits.max_items_total) if weak else limits.max_items_total
        decision = _place(story, layout, rows, full=printed >= room, weak=weak, rules=rules)
        decisions[story.candidate.item_id] = decision
        printed += decision.outcome == "selected"
    filled = ((section, rows[section.id]) for section in layout)
    return tuple(SectionPlan(section, _sorted(section, items)) for section, items in filled if items)


def _place(
    story: Chosen,
    layout: Sequence[SectionConfig],
    rows: dict[str, list[Chosen]],
    *,
    full: bool,
    weak: bool,
    rules: Rules,
) -> Decision:
    candidate = story.candidate
    takers = [section for section in layout if takes(section, candidate)]
    open_ones = [section for section in takers if len(rows[section.id]) < section.max_items]
    if not takers:
        event_type = candidate.facts.item.event_type
        return _out(candidate, "no_section", f"no section takes event type {event_type}", "a section that takes it")
    if full and weak:
        reason = f"score {candidate.score:g} is below the floor of {rules.floor:g}, and the issue is not thin"
        return _out(candidate, "below_floor", reason, f"{rules.floor - candidate.score:.2f} points more")
    if full:
        reason = f"the edition is full with {rules.client.selection.max_items_total} better items"
        return _out(candidate, "edition_full", reason, "a higher score or selection.max_items_total")
    if not open_ones:
        names = ", ".join(section.id for section in takers)
        return _out(candidate, "section_full", f"better items fill {names}", "a higher score or max_items")
    rows[open_ones[0].id].append(story)
    return _out(candidate, "selected", story.reason, f"a floor above {candidate.score:g}, or a rejecting rule")


def takes(section: SectionConfig, candidate: Candidate) -> bool:
    """Whether a section's filters admit an item; an empty filter admits all."""
    events, domains = section.filter_event_types, section.source_domains
    return (not events or candidate.facts.item.event_type in events) and (
        not domains or bool(candidate.domains & set(domains))
    )


def _sorted(section: SectionConfig, items: Sequence[Chosen]) -> tuple[Chosen, ...]:
    if section.sort_by == "date_desc":
        by_date = sorted(items, key=lambda one: _best_first(one.candidate))
        return tuple(sorted(by_date, key=lambda one: one.candidate.facts.item.published, reverse=True))
    return tuple(sorted(items, key=lambda one: _best_first(one.candidate)))
