"""What is wrong with the ingestion profiles."""

from collections.abc import Iterator
from typing import Any

from cli.legacy.files import LegacyFile, LegacyTree, Where
from cli.legacy.finding import Finding
from cli.legacy.rules import technology_categories
from cli.legacy.terms import term_lists
from cli.legacy.values import listing, mapping
from shared.config import logic
from shared.config.naming import closest
from shared.errors import ConfigError

EXCLUSION_PREFIX = "exclusion_scopes."
MODES = {
    "exclude_only": "exclude_only",
    "require_signals": "require_signals",
    "require_multi_signals": "require_signals",
    "ingest_all": "ingest_all",
}
"""The predecessor's modes and what they are called now."""


def each_profile(tree: LegacyTree) -> Iterator[tuple[LegacyFile, str, dict[str, Any]]]:
    """(file, name, its signal_requirements) of every profile that is a mapping."""
    for file in tree.of("ingestion_profiles"):
        for name, profile in mapping(file.value.get("profiles")).items():
            yield file, name, mapping(mapping(profile).get("signal_requirements"))


def exclusion_scopes_used(tree: LegacyTree) -> set[str]:
    """Names of the exclusion scopes that a profile lists."""
    return {
        str(name).removeprefix(EXCLUSION_PREFIX)
        for _, _, needs in each_profile(tree)
        for name in listing(needs.get("exclusion_scopes"))
    }


def signal_scopes(tree: LegacyTree) -> dict[str, bool]:
    """Every scope that a signal group may name -> whether it holds a term."""
    entities = tree.of("company_scopes", "molecule_scopes", "trademark_scopes", "indication_scopes")
    found = {terms.name: bool(terms.terms) for file in entities for terms in term_lists(file)}
    for category, terms in technology_categories(tree).items():
        found[category] = bool(terms)
        found[category.partition(".")[0]] = True
    return found


def profile_findings(tree: LegacyTree) -> Iterator[Finding]:
    """References that lead nowhere, groups that can never be found, expressions that do not parse."""
    exclusions = {terms.name for file in tree.of("exclusion_scopes") for terms in term_lists(file)}
    scopes = signal_scopes(tree)
    for file, name, needs in each_profile(tree):
        where: Where = ("profiles", name, "signal_requirements")
        if str(needs.get("mode")) not in MODES:
            yield file.finding((*where, "mode"), f"mode {needs.get('mode')!r} is not known", closest("", MODES))
        for index, scope in enumerate(listing(needs.get("exclusion_scopes"))):
            bare = str(scope).removeprefix(EXCLUSION_PREFIX)
            if bare not in exclusions:
                message = f"exclusion scope {bare!r} is not defined"
                yield file.finding((*where, "exclusion_scopes", index), message, closest(bare, exclusions))
        yield from _groups(file, where, needs, scopes)
    yield from _unused_profiles(tree)


def _groups(file: LegacyFile, where: Where, needs: dict[str, Any], scopes: dict[str, bool]) -> Iterator[Finding]:
    groups = [mapping(group) for group in listing(needs.get("required_signal_groups"))]
    for index, group in enumerate(groups):
        inner = (*where, "required_signal_groups", index)
        for position, scope in enumerate(listing(group.get("scopes"))):
            at = (*inner, "scopes", position)
            if str(scope) not in scopes:
                yield file.finding(at, f"scope {scope!r} is not defined", closest(str(scope), scopes))
            elif not scopes[str(scope)]:
                yield file.finding(at, f"scope {scope!r} is empty: the group cannot be found in it", "fill it")
    expression = needs.get("combination_logic")
    if isinstance(expression, str):
        yield from _expression(
            file, (*where, "combination_logic"), expression, [str(g.get("group_id")) for g in groups]
        )


def _expression(file: LegacyFile, where: Where, expression: str, known: list[str]) -> Iterator[Finding]:
    try:
        used = logic.names(expression)
    except ConfigError as error:
        yield file.finding(where, str(error))
        return
    for name in used:
        if name not in known:
            yield file.finding(where, f"group {name!r} is not defined", closest(name, known))


def _unused_profiles(tree: LegacyTree) -> Iterator[Finding]:
    used = {
        str(source.get("ingestion_profile"))
        for file in tree.of("source_catalog")
        for source in map(mapping, listing(file.value.get("sources")))
    }
    for file, name, _ in each_profile(tree):
        if name not in used:
            message = f"no source uses the ingestion profile {name!r}"
            yield file.finding(("profiles", name), message, "name it in a source, or remove it", "warning")
