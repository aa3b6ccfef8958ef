"""Checks of what decides about a text: ingestion profiles, domain matching and scoring."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from shared.config import logic
from shared.config.checks.common import event_names, unknown
from shared.config.files import Loaded
from shared.config.rules import DomainMatchingRules, IngestionProfile, IngestionProfiles, ScoringRules
from shared.config.strict_yaml import Defect, Path
from shared.config.tree import ConfigTree
from shared.errors import ConfigError

CLAUSE_NAMES = (
    "company", "molecule", "trademark", "technology", "indication", "entity", "pure_player", "hybrid",
    "corporate_source",
)  # fmt: skip
"""Names that a match clause may use besides its profile's signals and event_<type>."""


def scope_names(tree: ConfigTree) -> set[str]:
    """Every name that a signal group may list."""
    technology = {
        f"{name}.{category}" for name, scope in tree.technology_scopes.items() for category in scope.categories
    }
    entities = {*tree.company_scopes, *tree.molecule_scopes, *tree.trademark_scopes}
    return {*entities, *tree.technology_scopes, *technology, *tree.indication_scopes, *event_names(tree)}


def profiles(tree: ConfigTree, loaded: Loaded[IngestionProfiles]) -> Iterator[Defect]:
    exclusions, scopes = {*tree.exclusion_scopes, *event_names(tree)}, scope_names(tree)
    for name, profile in loaded.model.profiles.items():
        yield from _profile(loaded, ("profiles", name, "signal_requirements"), profile, exclusions, scopes)


def _profile(
    loaded: Loaded[Any], path: Path, profile: IngestionProfile, exclusions: set[str], scopes: set[str]
) -> Iterator[Defect]:
    needs = profile.signal_requirements
    for index, scope in enumerate(needs.exclusion_scopes):
        yield from unknown(loaded, (*path, "exclusion_scopes", index), "exclusion scope", scope, exclusions)
    groups = Counter(group.group_id for group in needs.required_signal_groups)
    for index, group in enumerate(needs.required_signal_groups):
        inner = (*path, "required_signal_groups", index)
        for position, scope in enumerate(group.scopes):
            yield from unknown(loaded, (*inner, "scopes", position), "scope", scope, scopes)
        if groups[group.group_id] > 1:
            yield loaded.defect((*inner, "group_id"), f"group {group.group_id!r} is defined twice", "rename one")
    for field in ("combination_logic", "rescue_logic"):
        if expression := getattr(needs, field):
            yield from _logic(loaded, (*path, field), expression, groups)
    yield from _mode(loaded, path, profile)


def _mode(loaded: Loaded[Any], path: Path, profile: IngestionProfile) -> Iterator[Defect]:
    """Settings that the profile's mode would never read."""
    needs = profile.signal_requirements
    if needs.mode == "require_signals" and not needs.combination_logic:
        yield loaded.defect(path, "require_signals needs combination_logic", "say which groups must be found")
    if needs.mode != "require_signals" and needs.combination_logic:
        yield loaded.defect((*path, "combination_logic"), f"{needs.mode} does not read combination_logic", "remove it")
    if needs.mode == "ingest_all" and (needs.exclusion_scopes or needs.required_signal_groups):
        yield loaded.defect(path, "ingest_all reads neither exclusions nor groups", "remove them, or change the mode")


def _logic(loaded: Loaded[Any], path: Path, expression: str, known: Collection[str]) -> Iterator[Defect]:
    try:
        used = logic.names(expression)
    except ConfigError as error:
        yield loaded.defect(path, str(error))
        return
    for name in used:
        yield from unknown(loaded, path, "name", name, known)


def matching(tree: ConfigTree, loaded: Loaded[DomainMatchingRules]) -> Iterator[Defect]:
    for domain_type, profile in loaded.model.domain_types.items():
        known = tree.matching.technology_profiles
        yield from unknown(loaded, ("domain_types", domain_type), "technology profile", profile, known)
    events = {f"event_{name}" for name in tree.event_types}
    by_profile: dict[str, set[str]] = {}
    for scope in tree.technology_scopes.values():
        by_profile.setdefault(scope.profile, set()).update(scope.categories)
    for name, rules in loaded.model.technology_profiles.items():
        path: Path = ("technology_profiles", name)
        categories = by_profile.get(name, set())
        for signal, spec in rules.signals.items():
            for index, category in enumerate(spec.categories if name in by_profile else ()):
                where = (*path, "signals", signal, "categories", index)
                yield from unknown(loaded, where, "category", category, categories)
        known_names = {*CLAUSE_NAMES, *events, *rules.signals}
        for field in ("match", "reject_if"):
            for index, clause in enumerate(getattr(rules, field)):
                yield from _logic(loaded, (*path, field, index, "when"), clause.when, known_names)


def scoring(tree: ConfigTree, loaded: Loaded[ScoringRules]) -> Iterator[Defect]:
    rules = loaded.model
    signals = {name for profile in tree.matching.technology_profiles.values() for name in profile.signals}
    types = {source.source_type for source in tree.sources.values()}
    usable = types | {name for profile in tree.profiles.values() for name in profile.source_types} - {"*"}
    for field, known in (
        ("event_type_weights", set(tree.event_types)), ("contextual_penalties", set(tree.exclusion_scopes)),
        ("signal_quality_weights", signals), ("source_type_weights", usable),
    ):  # fmt: skip
        for name in getattr(rules, field):
            yield from unknown(loaded, (field, name), "name", name, known)
    for field, needed in (
        ("event_type_weights", set(tree.event_types)), ("source_type_weights", types),
        ("domain_priority_weights", {"high", "medium", "low"}), ("match_confidence_weights", {"high", "medium", "low"}),
    ):  # fmt: skip
        for name in sorted(needed - set(getattr(rules, field))):
            yield loaded.defect((field,), f"{field} has no weight for {name!r}", "add one")
    for name, value in rules.contextual_penalties.items():
        if value > 0:
            yield loaded.defect(("contextual_penalties", name), f"the penalty {value} is positive", "make it negative")
