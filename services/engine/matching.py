"""Which of a client's watch domains an item belongs to, by the declarative rules; every answer has its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.engine.facts import Facts
from shared.config.client import ClientConfig, WatchDomain
from shared.config.logic import evaluate
from shared.config.logic import names as names_in
from shared.config.rules import MatchClause, TechnologyProfile
from shared.config.tree import ConfigTree
from shared.errors import ConfigError

Level = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class DomainPlan:
    """A watch domain with its scopes resolved to ids, compiled once a run.

    `no_event` is the truth of every `event_<type>` for an item of no known type; `signals` are the technology scopes
    of each signal, and how many terms of them it needs.
    """

    domain: WatchDomain
    profile: TechnologyProfile
    companies: frozenset[str]
    molecules: frozenset[str]
    trademarks: frozenset[str]
    pure_players: frozenset[str]
    hybrids: frozenset[str]
    no_event: Mapping[str, bool]
    signals: Mapping[str, tuple[frozenset[str], int]]


@dataclass(frozen=True, slots=True)
class Match:
    """An item in a domain: the clause that decided, its confidence, the signals found, and the domain's own entities.

    `events` are the event types that a clause which holds names: such an item is newsworthy whatever its type's
    default.
    """

    domain_id: str
    domain_type: str
    priority: Level
    clause: str
    confidence: Level
    signals: tuple[str, ...]
    events: frozenset[str]
    pure_player: bool
    hybrid: bool
    companies: frozenset[str]
    molecules: frozenset[str]
    trademarks: frozenset[str]
    technologies: frozenset[str]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """An item outside a domain, why, and what would change it."""

    domain_id: str
    reason: str
    change: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All domains' answers about one item."""

    matches: tuple[Match, ...]
    misses: tuple[NoMatch, ...]


def plan_domains(tree: ConfigTree, client: ClientConfig) -> tuple[DomainPlan, ...]:
    """The client's enabled domains, compiled. Raises ConfigError for a domain without a matching profile."""
    return tuple(_plan(tree, domain) for domain in client.watch_domains if domain.enabled)


def _plan(tree: ConfigTree, domain: WatchDomain) -> DomainPlan:
    profile_id = tree.matching_profile(domain)
    if profile_id not in tree.matching.technology_profiles:
        raise ConfigError(f"watch domain {domain.id!r} has no matching profile; name one in technology_profile")
    companies = frozenset(tree.company_scopes.get(domain.company_scope or "", ()))
    return DomainPlan(
        domain=domain,
        profile=tree.matching.technology_profiles[profile_id],
        companies=companies,
        molecules=frozenset(tree.molecule_scopes.get(domain.molecule_scope or "", ())),
        trademarks=frozenset(tree.trademark_scopes.get(domain.trademark_scope or "", ())),
        pure_players=frozenset(c for c in companies if tree.company(c).type == "pure_player"),
        hybrids=frozenset(c for c in companies if tree.company(c).type == "hybrid"),
        no_event={f"event_{name}": False for name in tree.event_types},
        signals={
            name: (frozenset(f"{domain.technology_scope}.{one}" for one in signal.categories), signal.min_matches)
            for name, signal in tree.matching.technology_profiles[profile_id].signals.items()
        },
    )


def match_item(facts: Facts, plans: tuple[DomainPlan, ...]) -> Verdict:
    """Ask every domain."""
    answers = [match_domain(facts, plan) for plan in plans]
    return Verdict(
        matches=tuple(answer for answer in answers if isinstance(answer, Match)),
        misses=tuple(answer for answer in answers if isinstance(answer, NoMatch)),
    )


def match_domain(facts: Facts, plan: DomainPlan) -> Match | NoMatch:
    """Rejections first, then the first clause that holds; otherwise the reason why none does."""
    values = truth_values(facts, plan)
    for clause in plan.profile.reject_if:
        if evaluate(clause.when, values):
            return NoMatch(plan.domain.id, _rejection(clause, values), f"rule {clause.id} would have to not apply")
    for clause in plan.profile.match:
        if evaluate(clause.when, values):
            return _match(facts, plan, clause, values)
    return NoMatch(plan.domain.id, _absence(values), _nearest(plan.profile.match, values))


def truth_values(facts: Facts, plan: DomainPlan) -> dict[str, bool]:
    """Every name that a clause may use (see TechnologyProfile), with its value for this item."""
    technology = _domain_terms(facts, plan)
    company = bool(facts.ids["company"] & plan.companies)
    molecule = bool(facts.ids["molecule"] & plan.molecules)
    trademark = bool(facts.ids["trademark"] & plan.trademarks)
    event = f"event_{facts.item.event_type}"
    values = {**plan.no_event, **({event: True} if event in plan.no_event else {})}
    values |= {
        "company": company,
        "molecule": molecule,
        "trademark": trademark,
        "technology": bool(technology),
        "indication": plan.domain.indication_scope in facts.indications,
        "entity": company or molecule or trademark,
        "pure_player": bool(facts.subjects & plan.pure_players),
        "hybrid": bool(facts.subjects & plan.hybrids),
        "corporate_source": facts.item.company_id is not None,
    }
    return values | {name: _holds(scopes, least, facts) for name, (scopes, least) in plan.signals.items()}


def _domain_terms(facts: Facts, plan: DomainPlan) -> frozenset[str]:
    prefix = f"{plan.domain.technology_scope}."
    found = (terms for scope, terms in facts.technology.items() if scope.startswith(prefix))
    return frozenset().union(*found)


def _holds(scopes: frozenset[str], least: int, facts: Facts) -> bool:
    found = [facts.technology[scope] for scope in scopes if scope in facts.technology]
    return bool(found) and len(frozenset().union(*found)) >= least


def _match(facts: Facts, plan: DomainPlan, clause: MatchClause, values: dict[str, bool]) -> Match:
    return Match(
        domain_id=plan.domain.id,
        domain_type=plan.domain.type,
        priority=plan.domain.priority,
        clause=clause.id,
        confidence=clause.confidence,
        signals=tuple(name for name in plan.profile.signals if values[name]),
        events=_named_events(facts.item.event_type, plan, values),
        pure_player=values["pure_player"],
        hybrid=values["hybrid"],
        companies=facts.ids["company"] & plan.companies,
        molecules=facts.ids["molecule"] & plan.molecules,
        trademarks=facts.ids["trademark"] & plan.trademarks,
        technologies=_domain_terms(facts, plan),
    )


def _named_events(event_type: str, plan: DomainPlan, values: dict[str, bool]) -> frozenset[str]:
    """An item has one event type: no other name `event_…` is true."""
    naming = (clause.when for clause in plan.profile.match if f"event_{event_type}" in names_in(clause.when))
    return frozenset({event_type}) if any(evaluate(when, values) for when in naming) else frozenset()


def _rejection(clause: MatchClause, values: dict[str, bool]) -> str:
    found = ", ".join(name for name in names_in(clause.when) if values[name])
    return f"rejected by rule {clause.id} (found: {found})"


def _absence(values: dict[str, bool]) -> str:
    found = ", ".join(name for name, value in values.items() if value and not name.startswith("event_"))
    return f"no matching rule holds (found: {found or 'nothing of this domain'})"


def _nearest(clauses: tuple[MatchClause, ...], values: dict[str, bool]) -> str:
    """The rule that one more finding would satisfy, or else what the first rule lacks."""
    for clause in clauses:
        for name in names_in(clause.when):
            if not values[name] and evaluate(clause.when, {**values, name: True}):
                return f"rule {clause.id} would hold with: {name}"
    first = clauses[0]
    lacking = ", ".join(name for name in names_in(first.when) if not values[name])
    return f"rule {first.id} lacks: {lacking or 'the absence of something found'}"
