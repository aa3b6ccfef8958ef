"""What is wrong with the domain matching rules, and what the other checks read from them."""

import re
from collections.abc import Iterator
from typing import Any

from cli.legacy.files import LegacyFile, LegacyTree, Where
from cli.legacy.finding import Finding
from cli.legacy.terms import META
from cli.legacy.values import listing, mapping

_SECTION = re.compile(r"^\s*(MATCH|REJECT) if:\s*(.*?)(?=^\s*(?:MATCH|REJECT) if:|\Z)", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"\s#.*$", re.MULTILINE)
_LONGEST = 5_000
_MODIFIERS = ("entity_requirements", "company_scope_modifiers")
_MATCHED = {"company", "molecule", "trademark", "technology", "indication", "entity"}
_RENAMED = {"pure_player_company": "pure_player", "hybrid_company": "hybrid"}


def technology_profiles(tree: LegacyTree) -> Iterator[tuple[LegacyFile, str, dict[str, Any]]]:
    """(file, name, rules) of every technology profile."""
    for file in tree.of("domain_matching_rules"):
        for name, rules in mapping(file.value.get("technology_profiles")).items():
            yield file, name, mapping(rules)


def signals(rules: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The named signals of a profile: those requirements that list categories and reject nothing."""
    needs = mapping(rules.get("signal_requirements"))
    return {k: v for k, v in needs.items() if isinstance(v, dict) and "categories" in v and "action" not in v}


def rejections(rules: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The requirements whose categories reject an item."""
    needs = mapping(rules.get("signal_requirements"))
    return {k: v for k, v in needs.items() if isinstance(v, dict) and v.get("action") == "reject_match"}


def modifier_scopes(tree: LegacyTree) -> dict[str, set[str]]:
    """The company scopes that the matching rules name for `pure_player` and for `hybrid`."""
    found: dict[str, set[str]] = {"pure_player": set(), "hybrid": set()}
    for _, _, rules in technology_profiles(tree):
        modifiers = mapping(mapping(rules.get("entity_requirements")).get("company_scope_modifiers"))
        for kind, names in found.items():
            names.update(map(str, listing(modifiers.get(f"{kind}_scopes"))))
    return found


def technology_categories(tree: LegacyTree) -> dict[str, list[Any]]:
    """scope.category -> terms, of every technology scope that has categories."""
    return {
        f"{scope}.{category}": terms
        for file in tree.of("technology_scopes")
        for scope, categories in file.value.items()
        for category, terms in mapping(categories).items()
        if category != META and isinstance(terms, list)
    }


def clauses(text: str, section: str) -> list[list[str]]:
    """The alternatives of a free-text rule's MATCH or REJECT section, each as the names that it joins by AND.

    "(a AND b) OR c" gives [[a, b], [c]]. Comments and the word "detected" are dropped. A text longer than any rule
    gives nothing.
    """
    if len(text) > _LONGEST:
        return []
    bodies = [body for name, body in _SECTION.findall(_COMMENT.sub("", text)) if name == section]
    alternatives = re.split(r"\bOR\b", " ".join(bodies))
    parsed = [[_plain(part) for part in re.split(r"\bAND\b", alternative)] for alternative in alternatives]
    return [names for names in parsed if any(names)]


def _plain(part: str) -> str:
    return re.sub(r"\bdetected\b|[()]", " ", part).strip()


def clause_name(name: str, rules: dict[str, Any]) -> str | None:
    """What a name of a free-text rule is called in a match clause, or None when nothing defines it."""
    if name in _MATCHED or name in _RENAMED:
        return _RENAMED.get(name, name)
    if name.endswith("_detected") and name.removesuffix("_detected") in _MATCHED:
        return name.removesuffix("_detected")
    known = {*signals(rules), *rejections(rules)}
    return next((known_name for known_name in (name, f"{name}s") if known_name in known), None)


def rejection_name(name: str, rules: dict[str, Any]) -> str | None:
    """The rejecting requirement that a REJECT name stands for: itself, or a category that it lists."""
    for requirement, spec in rejections(rules).items():
        if name == requirement or {name, f"{name}s"} & set(map(str, listing(spec["categories"]))):
            return requirement
    return None


def matching_findings(tree: LegacyTree) -> Iterator[Finding]:
    """Unknown categories, signals that are always there, rules in words that nothing can evaluate."""
    categories = {name.partition(".")[2] for name in technology_categories(tree)}
    for file, name, rules in technology_profiles(tree):
        where: Where = ("technology_profiles", name)
        for signal, spec in {**signals(rules), **rejections(rules)}.items():
            yield from _signal(file, (*where, "signal_requirements", signal), spec, categories)
        text = rules.get("combination_logic")
        if isinstance(text, str):
            yield from _free_text(file, (*where, "combination_logic"), text, rules)
    yield from _modifiers(tree)


def _signal(file: LegacyFile, where: Where, spec: dict[str, Any], categories: set[str]) -> Iterator[Finding]:
    for index, category in enumerate(listing(spec["categories"])):
        if str(category) not in categories:
            yield file.finding((*where, "categories", index), f"category {category!r} is not defined", "define it")
    if spec.get("min_matches") == 0:
        message = f"signal {where[-1]!r} needs 0 matches: it is always there and decides nothing"
        yield file.finding((*where, "min_matches"), message, "write 1, or remove the signal")


def _free_text(file: LegacyFile, where: Where, text: str, rules: dict[str, Any]) -> Iterator[Finding]:
    yield file.finding(where, "the rule is written in words: no code can evaluate it", "write match clauses")
    for names in clauses(text, "MATCH"):
        for name in dict.fromkeys(names):
            if clause_name(name, rules) is None:
                yield file.finding(where, f"the rule uses {name!r}, which nothing defines", "define a signal")
            if names.count(name) > 1:
                message = f"'{' AND '.join(names)}' names {name!r} twice, which asks no more than once"
                yield file.finding(where, message, f"raise min_matches of {clause_name(name, rules) or name}")
    for names in clauses(text, "REJECT"):
        for name in names:
            if rejection_name(name, rules) is None:
                yield file.finding(where, f"the rule uses {name!r}, which nothing defines", "define a signal")


def _modifiers(tree: LegacyTree) -> Iterator[Finding]:
    known = {scope for file in tree.of("company_scopes") for scope in file.value}
    for file, name, rules in technology_profiles(tree):
        modifiers = mapping(mapping(rules.get("entity_requirements")).get("company_scope_modifiers"))
        for field in ("pure_player_scopes", "hybrid_scopes"):
            for index, scope in enumerate(listing(modifiers.get(field))):
                if str(scope) not in known:
                    where = ("technology_profiles", name, *_MODIFIERS, field, index)
                    yield file.finding(where, f"company scope {scope!r} is not defined", "define it")
