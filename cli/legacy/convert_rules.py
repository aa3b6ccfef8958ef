"""Event types, matching rules and ingestion profiles."""

from collections.abc import Iterator
from typing import Any

from cli.legacy.conversion import Conversion, pick
from cli.legacy.convert_scopes import SCOPES
from cli.legacy.files import LegacyFile, Where
from cli.legacy.profiles import EXCLUSION_PREFIX, MODES, signal_scopes
from cli.legacy.rules import (
    clause_name,
    clauses,
    rejection_name,
    rejections,
    signals,
    technology_categories,
    technology_profiles,
)
from cli.legacy.taxonomy import PATTERN_FIELDS
from cli.legacy.values import listing, mapping, texts

EVENTS = "canonical/events/event_types.yaml"
MATCHING = "canonical/matching/domain_matching_rules.yaml"
PROFILES = "canonical/ingestion_profiles.yaml"
_DOMAIN_TYPES = ("technology", "regulatory", "indication")


def convert_events(out: Conversion) -> None:
    """Write the one taxonomy: types with patterns first, then those that are only defined."""
    types: dict[str, dict[str, Any]] = {}
    for file in out.tree.of("event_type_patterns"):
        for name, event in mapping(file.value.get("event_types")).items():
            types[name] = _event(out, file, name, mapping(event))
    for file in out.tree.of("event_type_definitions"):
        for name, definition in file.value.items():
            if name not in types:
                types[name] = _event(out, file, name, mapping(definition))
    out.files[EVENTS] = {"event_types": types}
    out.assume(EVENTS, "every event type has priority 0 and is newsworthy: nothing says otherwise")


def _event(out: Conversion, file: LegacyFile, name: str, event: dict[str, Any]) -> dict[str, Any]:
    fields = {field: field.replace("keywords", "patterns") for field in PATTERN_FIELDS if event.get(field)}
    where: Where = ("event_types", name)
    return {
        "label": event.get("label") or name.replace("_", " ").capitalize(),
        "description": str(event.get("description") or "").strip(),
        "priority": 0,
        **{now: out.terms(file, (*where, field), listing(event[field])) for field, now in fields.items()},
    }


def convert_matching(out: Conversion) -> None:
    """Write the matching rules: what their free text says in known names, and the rules by domain type."""
    profiles = {
        name: rules for file, name, raw in technology_profiles(out.tree) if (rules := _profile(out, file, name, raw))
    }
    named = [scope["profile"] for scope in out.files[f"{SCOPES}/technology_scopes.yaml"]["scopes"].values()]
    domain_types = {"technology": named[0]} if named else {}
    for file in out.tree.of("domain_matching_rules"):
        for kind in _DOMAIN_TYPES:
            rule = mapping(file.value.get(kind))
            if rule and kind not in domain_types and (clause := _dimensions(out, file, kind, rule)):
                profiles[f"{kind}_rule"] = {"description": rule.get("description", ""), "match": [clause]}
                domain_types[kind] = f"{kind}_rule"
            elif kind in domain_types:
                message = f"the rule of the domain type {kind!r} gives way to the profile {domain_types[kind]!r}"
                out.change(file, (kind,), message)
    out.files[MATCHING] = {"technology_profiles": profiles, "domain_types": domain_types}


def _profile(out: Conversion, file: LegacyFile, name: str, rules: dict[str, Any]) -> dict[str, Any] | None:
    where: Where = ("technology_profiles", name)
    text = str(rules.get("combination_logic") or "")
    match = [
        {"id": f"rule_{number}", "when": " AND ".join(names)}
        for number, written in enumerate(clauses(text, "MATCH"), 1)
        if (names := _clause(out, file, (*where, "combination_logic"), written, rules))
    ]
    if not match:
        out.lose(file, where, f"technology profile {name!r} has no rule that can be carried over")
        return None
    reject = [
        {"id": rejected, "when": rejected}
        for names in clauses(text, "REJECT")
        for written in names
        if (rejected := rejection_name(written, rules))
    ]
    return {
        "description": rules.get("description", ""),
        "signals": dict(_signals(out, file, where, rules)),
        "match": match,
        "reject_if": reject,
    }


def _clause(
    out: Conversion, file: LegacyFile, where: Where, written: list[str], rules: dict[str, Any]
) -> list[str] | None:
    names = [clause_name(name, rules) for name in written]
    known = [name for name in names if name is not None]
    if len(known) < len(names) or len(set(known)) < len(known):
        why = "it uses what nothing defines" if len(known) < len(names) else "it names the same signal twice"
        out.lose(file, where, f"the rule '{' AND '.join(written)}' is left out: {why}")
        return None
    out.change(file, where, f"'{' AND '.join(written)}' is written '{' AND '.join(known)}', with medium confidence")
    return known


def _signals(
    out: Conversion, file: LegacyFile, where: Where, rules: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    known = {name.partition(".")[2] for name in technology_categories(out.tree)}
    for name, spec in {**signals(rules), **rejections(rules)}.items():
        at = (*where, "signal_requirements", name)
        unknown = [c for c in texts(spec["categories"]) if c not in known]
        if unknown:
            out.lose(file, at, f"signal {name!r}: categories {', '.join(unknown)} are not defined")
        least = spec.get("min_matches", 1)
        if not isinstance(least, int) or least < 1:
            out.change(file, at, f"signal {name!r} needs 1 match instead of {least!r}")
            least = 1
        yield name, {"categories": [c for c in texts(spec["categories"]) if c in known], "min_matches": least}


def _dimensions(out: Conversion, file: LegacyFile, kind: str, rule: dict[str, Any]) -> dict[str, Any] | None:
    """The rule of a domain type as one clause: all its required dimensions, or any of its dimensions."""
    dimensions = {name: mapping(spec) for name, spec in mapping(rule.get("dimensions")).items()}
    mode = str(rule.get("match_mode"))
    if mode == "all_required":
        dimensions = {name: spec for name, spec in dimensions.items() if spec.get("requirement") == "required"}
    counted = [name for name, spec in dimensions.items() if spec.get("min_matches", 1) != 1]
    if mode not in {"all_required", "any_required"} or not dimensions or counted:
        why = f"it counts {', '.join(counted)}" if counted else f"match_mode {mode!r} is not known"
        out.lose(file, (kind,), f"the rule of the domain type {kind!r} is left out: {why}")
        return None
    parts = [_dimension(name, texts(spec.get("sources"))) for name, spec in dimensions.items()]
    when = (" AND " if mode == "all_required" else " OR ").join(parts)
    out.change(file, (kind,), f"the rule of the domain type {kind!r} is written '{when}', with medium confidence")
    return {"id": mode, "when": when}


def _dimension(name: str, sources: list[str]) -> str:
    return f"({' OR '.join(sources)})" if sources else name


def convert_profiles(out: Conversion) -> None:
    """Write the ingestion profiles."""
    profiles: dict[str, dict[str, Any]] = {}
    for file in out.tree.of("ingestion_profiles"):
        shortest = mapping(mapping(file.value.get("metadata")).get("global_config")).get("minimum_text_length", 0)
        for name, raw in mapping(file.value.get("profiles")).items():
            profile = mapping(raw)
            where: Where = ("profiles", name, "signal_requirements")
            needs = _needs(out, file, where, mapping(profile.get("signal_requirements")))
            profiles[name] = {
                **pick(profile, "description", "rationale"),
                "source_types": texts(mapping(profile.get("applicable_contexts")).get("source_types")),
                "minimum_text_length": shortest,
                "signal_requirements": needs,
            }
    out.files[PROFILES] = {"profiles": profiles}


def _needs(out: Conversion, file: LegacyFile, where: Where, needs: dict[str, Any]) -> dict[str, Any]:
    mode = MODES.get(str(needs.get("mode")), str(needs.get("mode")))
    if mode != needs.get("mode"):
        out.change(file, (*where, "mode"), f"mode {needs.get('mode')!r} is written {mode!r}")
    exclusions = out.files[f"{SCOPES}/exclusion_scopes.yaml"]["scopes"]
    wanted = [name.removeprefix(EXCLUSION_PREFIX) for name in texts(needs.get("exclusion_scopes"))]
    for name in wanted:
        if name not in exclusions:
            out.lose(file, (*where, "exclusion_scopes"), f"exclusion scope {name!r} is not defined")
    groups = [mapping(group) for group in listing(needs.get("required_signal_groups"))]
    return {
        "mode": mode,
        "exclusion_scopes": [name for name in wanted if name in exclusions],
        "required_signal_groups": [_group(out, file, where, index, group) for index, group in enumerate(groups)],
        **(pick(needs, "combination_logic") if mode == "require_signals" else {}),
        **pick(needs, "minimum_total_weight"),
    }


def _group(out: Conversion, file: LegacyFile, where: Where, index: int, group: dict[str, Any]) -> dict[str, Any]:
    known = signal_scopes(out.tree)
    wanted = texts(group.get("scopes"))
    for name in wanted:
        if name not in known:
            out.lose(file, (*where, "required_signal_groups", index), f"scope {name!r} is not defined")
    scopes = [name for name in wanted if name in known]
    return {**pick(group, "group_id", "description"), "scopes": scopes, **pick(group, "min_matches", "weight")}
