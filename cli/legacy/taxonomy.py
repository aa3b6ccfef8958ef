"""Whether definitions, patterns, weights, clients and prompts speak of the same event types."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cli.legacy.files import LegacyFile, LegacyTree, Where
from cli.legacy.finding import Finding
from cli.legacy.terms import is_acronym, term_lists
from cli.legacy.values import listing, mapping, texts
from shared.config.naming import closest
from shared.text.fold import fold_key

REST = "other"
"""What is left when no pattern fits: it needs neither patterns nor a place in a section."""
PATTERN_FIELDS = ("title_keywords", "body_keywords", "negative_keywords")
Named = tuple[LegacyFile, Where, str]


def defined(tree: LegacyTree) -> list[Named]:
    """Event types that the definitions describe."""
    return [(file, (name,), name) for file in tree.of("event_type_definitions") for name in file.value]


def emitted(tree: LegacyTree) -> list[Named]:
    """Event types that the patterns can lead to."""
    return [
        (file, ("event_types", name), name)
        for file in tree.of("event_type_patterns")
        for name in mapping(file.value.get("event_types"))
    ]


def weighted(tree: LegacyTree) -> list[Named]:
    """Event types that have a weight."""
    return _keys(tree.of("scoring_rules"), ("event_type_weights",))


def used_by_clients(tree: LegacyTree) -> list[Named]:
    """Event types that a client weighs or gives a section."""
    found = _keys(tree.of("client"), ("scoring_config", "event_type_weight_overrides"))
    for file in tree.of("client"):
        sections = listing(mapping(file.value.get("newsletter_layout")).get("sections"))
        for index, section in enumerate(sections):
            for position, name in enumerate(listing(mapping(section).get("filter_event_types"))):
                where = ("newsletter_layout", "sections", index, "filter_event_types", position)
                found.append((file, where, str(name)))
    return found


def _keys(files: Iterable[LegacyFile], where: Where) -> list[Named]:
    found = []
    for file in files:
        value: Any = file.value
        for part in where:
            value = mapping(value).get(str(part))
        found += [(file, (*where, name), name) for name in mapping(value)]
    return found


def taxonomy_findings(tree: LegacyTree) -> Iterator[Finding]:
    """Event types that one place knows and another does not; patterns that are ambiguous."""
    definitions, patterns, weights = ({name for _, _, name in f(tree)} for f in (defined, emitted, weighted))
    yield from _absent(emitted(tree), weights, "has no weight in the scoring rules: its items score nothing for it")
    yield from _absent(defined(tree), weights, "is defined but has no weight in the scoring rules")
    yield from _absent(emitted(tree), definitions, "has patterns but no definition")
    reachable = patterns | {REST} if patterns else set()
    for named, role in ((defined(tree), "defined"), (weighted(tree), "weighed"), (used_by_clients(tree), "used here")):
        yield from _absent(named, reachable, f"is {role}, but no pattern leads to it: nobody emits it")
    yield from _prompts(tree, definitions | patterns)
    yield from _conditions(tree, definitions | patterns | weights)
    yield from _penalties(tree)
    yield from _patterns(tree)


def _absent(named: Iterable[Named], known: set[str], problem: str) -> Iterator[Finding]:
    if known:
        for file, where, name in named:
            if name not in known:
                yield file.finding(where, f"event type {name!r} {problem}", closest(name, known))


def _prompts(tree: LegacyTree, types: set[str]) -> Iterator[Finding]:
    for file in (f for f in tree.files if f.kind == "prompts"):
        words = set(re.findall(r"\w+", " ".join(_strings(file.value))))
        named = types & words
        for name in sorted(types - named) if named else ():
            yield file.finding((), f"the prompt does not name the event type {name!r}", "use one list of event types")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
    else:
        yield str(value)


def _conditions(tree: LegacyTree, types: set[str]) -> Iterator[Finding]:
    """Bonuses whose conditions are no event types: nothing says when they hold."""
    for file in tree.of("scoring_rules"):
        kinds = mapping(file.value.get("contextual_scoring"))
        places: list[Where] = [("contextual_scoring", kind, "context_multipliers") for kind in kinds]
        places += [("contextual_bonuses",), ("recency_bonuses",)]
        for place in places:
            for _, where, name in _keys([file], place):
                if name not in types:
                    message = f"{'.'.join(map(str, place))} names {name!r}, which is no event type"
                    yield file.finding(where, message, closest(name, types))


def _penalties(tree: LegacyTree) -> Iterator[Finding]:
    scopes = {terms.name for file in tree.of("exclusion_scopes") for terms in term_lists(file)}
    for file, where, name in _keys(tree.of("scoring_rules"), ("contextual_penalties",)):
        if name not in scopes:
            message = f"contextual_penalties names {name!r}, which is no exclusion scope: nothing triggers it"
            yield file.finding(where, message, closest(name, scopes))


def _patterns(tree: LegacyTree) -> Iterator[Finding]:
    for file in tree.of("event_type_patterns"):
        owners: dict[str, tuple[str, int]] = {}
        for name, event in mapping(file.value.get("event_types")).items():
            for field in PATTERN_FIELDS:
                where: Where = ("event_types", name, field)
                yield from _acronyms(file, where, texts(mapping(event).get(field)))
            for index, term in enumerate(texts(mapping(event).get("title_keywords"))):
                at = ("event_types", name, "title_keywords", index)
                owner, line = owners.setdefault(fold_key(term), (name, file.line(at)))
                if owner != name:
                    message = f"the title keyword {term!r} of {name!r} is also one of {owner!r} (line {line})"
                    yield file.finding(at, message, "keep it with one of them, or say more")


def _acronyms(file: LegacyFile, where: Where, terms: list[str]) -> Iterator[Finding]:
    for index, term in enumerate(terms):
        if is_acronym(term):
            message = f"the acronym {term!r} has no case rule"
            yield file.finding((*where, index), message, "give it case: exact", "warning")
