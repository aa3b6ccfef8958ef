"""How much an item matters: a sum of named contributions, every number from the configuration."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.engine.facts import Facts
from services.engine.matching import Match
from shared.config.client import ScoringConfig
from shared.config.rules import ScoringRules

REGULATORY = "regulatory"
"""The event type (and those refining it, `regulatory_…`) to which `regulatory_trademark_bonus` belongs."""


def contributions(
    facts: Facts, matches: Sequence[Match], rules: ScoringRules, client: ScoringConfig, today: date
) -> dict[str, float]:
    """Contribution by name; zero ones are left out. `matches` is not empty; `today` is the run's day.

    The item's score is their sum. Each is a weight of the rules (or the client's override) times a fact of the item.
    """
    parts = {
        f"event type {facts.item.event_type}": _event_weight(facts.item.event_type, rules, client),
        "domain priority": max(rules.domain_priority_weights.get(m.priority, 0.0) for m in matches),
        "match confidence": max(rules.match_confidence_weights.get(m.confidence, 0.0) for m in matches),
        "source type": rules.source_type_weights.get(facts.item.source_type, 0.0),
        "recency": recency(facts.item.published, today, rules),
        "signal depth": _depth(matches, rules),
        **_signal_quality(matches, rules),
        **_entity_bonuses(facts, matches, rules),
        **{f"penalty {s}": rules.contextual_penalties.get(s, 0.0) for s in sorted(facts.title_exclusions)},
    }
    return {name: round(value, 4) for name, value in parts.items() if value}


def total(parts: Mapping[str, float]) -> float:
    """The score, to four digits, so that it equals the printed contributions' sum."""
    return round(sum(parts.values()), 4)


def recency(published: str, today: date, rules: ScoringRules) -> float:
    """`recency_weight`, halved every `recency_decay_half_life_days`; an item of tomorrow counts as today's."""
    age = max(0, (today - date.fromisoformat(published)).days)
    decayed: float = rules.recency_weight * 0.5 ** (age / rules.recency_decay_half_life_days)
    return decayed


def _event_weight(event_type: str, rules: ScoringRules, client: ScoringConfig) -> float:
    canonical = rules.event_type_weights.get(event_type, 0.0)
    return client.event_type_weight_overrides.get(event_type, canonical)


def _depth(matches: Sequence[Match], rules: ScoringRules) -> float:
    relevant = {("c", i) for m in matches for i in m.companies}
    relevant |= {("m", i) for m in matches for i in m.molecules}
    relevant |= {("t", i) for m in matches for i in m.trademarks}
    return rules.signal_depth_bonus * min(max(0, len(relevant) - 1), rules.signal_depth_max)


def _signal_quality(matches: Sequence[Match], rules: ScoringRules) -> dict[str, float]:
    signals = dict.fromkeys(name for match in matches for name in match.signals)
    return {f"signal {name}": rules.signal_quality_weights.get(name, 0.0) for name in signals}


def _entity_bonuses(facts: Facts, matches: Sequence[Match], rules: ScoringRules) -> dict[str, float]:
    pure = any(m.pure_player for m in matches)
    trademark = any(m.trademarks for m in matches)
    regulatory = facts.item.event_type.split("_")[0] == REGULATORY
    earned = {
        "pure player": (pure, rules.pure_player_bonus),
        "hybrid company": (not pure and any(m.hybrid for m in matches), rules.hybrid_company_bonus),
        "trademark": (trademark, rules.trademark_bonus),
        "molecule": (any(m.molecules for m in matches), rules.molecule_bonus),
        "technology": (any(m.technologies for m in matches), rules.technology_bonus),
        "regulatory trademark": (trademark and regulatory, rules.regulatory_trademark_bonus),
    }
    return {name: bonus for name, (holds, bonus) in earned.items() if holds}
