"""Scoring rules."""

from typing import Any

from cli.legacy.conversion import Conversion
from cli.legacy.convert_catalog import CATALOG
from cli.legacy.convert_rules import EVENTS, MATCHING
from cli.legacy.convert_scopes import SCOPES
from cli.legacy.files import LegacyFile
from cli.legacy.taxonomy import REST
from cli.legacy.values import mapping

SCORING = "canonical/scoring/scoring_rules.yaml"
_QUALITY = "signal_quality_weight_"
_FACTORS = (
    "recency_decay_half_life_days", "signal_depth_bonus", "pure_player_bonus", "hybrid_company_bonus",
    "trademark_bonus", "molecule_bonus", "technology_bonus",
)  # fmt: skip
_NEUTRAL = {"recency_decay_half_life_days": 7.0}
_NO_CAP = 100


def convert_scoring(out: Conversion) -> None:
    """Write the scoring rules. Needs events, matching, profiles and sources to be converted already."""
    files = out.tree.of("scoring_rules")
    if not files:
        return
    file = files[0]
    factors = mapping(file.value.get("other_factors"))
    rules: dict[str, Any] = {
        "event_type_weights": _event_weights(out, file),
        "domain_priority_weights": mapping(file.value.get("domain_priority_weights")),
        "match_confidence_weights": {"high": 0, "medium": 0, "low": 0},
        "source_type_weights": _source_weights(out, factors),
        "recency_weight": 0,
        "signal_depth_max": _NO_CAP,
        "signal_quality_weights": _quality_weights(out, file, factors),
        "regulatory_trademark_bonus": 0,
        "contextual_penalties": _penalties(out, file),
    }
    for name in _FACTORS:
        rules[name] = factors.get(name, _NEUTRAL.get(name, 0))
    least = mapping(file.value.get("selection_thresholds")).get("min_score", 0)
    out.files[SCORING] = {**rules, "min_score": least, "fill_min_score": least}
    for name in ("match_confidence_weights", "recency_weight", "regulatory_trademark_bonus"):
        out.assume(SCORING, f"{name} is 0: the legacy rules do not say what it adds")
    out.assume(SCORING, f"signal_depth_max is {_NO_CAP}: the legacy rules set no cap")
    out.assume(SCORING, "fill_min_score equals min_score: nothing weaker fills up a thin issue")
    for name in _FACTORS:
        if name not in factors:
            out.assume(SCORING, f"{name} is {rules[name]}: the legacy rules do not say")


def _event_weights(out: Conversion, file: LegacyFile) -> dict[str, Any]:
    given = mapping(file.value.get("event_type_weights"))
    types = out.files[EVENTS]["event_types"]
    for name in given:
        if name not in types:
            out.lose(file, ("event_type_weights", name), f"the weight of {name!r}: no such event type")
    rest = given.get(REST, 0)
    for name in types:
        if name not in given:
            out.assume(
                SCORING, f"event type {name!r} weighs {rest}, as {REST!r} does: the legacy rules give it no weight"
            )
    return {name: given.get(name, rest) for name in types}


def _source_weights(out: Conversion, factors: dict[str, Any]) -> dict[str, Any]:
    catalog = out.files[CATALOG]["sources"]
    used = dict.fromkeys(str(source["source_type"]) for source in catalog if source.get("source_type"))
    weights = {}
    for source_type in used:
        weights[source_type] = factors.get(f"source_type_weight_{source_type.removeprefix('press_')}", 0)
        if not weights[source_type]:
            out.assume(SCORING, f"source type {source_type!r} weighs 0: the legacy rules give it no weight")
    return weights


def _quality_weights(out: Conversion, file: LegacyFile, factors: dict[str, Any]) -> dict[str, Any]:
    given = {
        f"{name.removeprefix(_QUALITY)}_signals": value for name, value in factors.items() if name.startswith(_QUALITY)
    }
    known = {name for p in out.files[MATCHING]["technology_profiles"].values() for name in p.get("signals", ())}
    for name in sorted(given.keys() - known):
        out.lose(file, ("other_factors",), f"the weight of {name!r}: no such signal")
    return {name: value for name, value in given.items() if name in known}


def _penalties(out: Conversion, file: LegacyFile) -> dict[str, Any]:
    known = out.files[f"{SCOPES}/exclusion_scopes.yaml"]["scopes"]
    given = mapping(file.value.get("contextual_penalties"))
    for name in given:
        if name not in known:
            message = f"the penalty of {name!r}: no such exclusion scope"
            out.lose(file, ("contextual_penalties", name), message, "name an exclusion scope")
    return {name: value for name, value in given.items() if name in known}
