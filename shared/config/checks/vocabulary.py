"""Checks of what is sought in texts: entities, scopes, event types and the terms of stories."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from shared.config.checks.common import term_defects, unknown
from shared.config.files import Files, Loaded
from shared.config.rules import EventTypes, EventWords, StoryRules
from shared.config.strict_yaml import Defect
from shared.config.terms import (
    CompanyScopes,
    ExclusionScopes,
    IndicationScopes,
    MoleculeScopes,
    TechnologyScopes,
    TrademarkScopes,
)
from shared.config.tree import ConfigTree, entity_terms
from shared.text.fold import fold_key


def entity_file(_tree: ConfigTree, loaded: Loaded[Any]) -> Iterator[Defect]:
    for index, entity in enumerate(loaded.model.entities):
        yield from term_defects(loaded, ("entities", index, "aliases"), entity.aliases)
    known = _entities_like(_tree, loaded.model)
    for scope, ids in loaded.model.scopes.items():
        for index, entity_id in enumerate(ids):
            yield from unknown(loaded, ("scopes", scope, index), "entity", entity_id, known)
        for repeated in (name for name, count in Counter(ids).items() if count > 1):
            yield loaded.defect(("scopes", scope), f"{repeated!r} stands twice in scope {scope!r}", "remove one")


def _entities_like(tree: ConfigTree, model: Any) -> Collection[str]:
    if isinstance(model, CompanyScopes):
        return tree.companies
    return tree.molecules if isinstance(model, MoleculeScopes) else tree.trademarks


def ambiguous_names(files: Files) -> Iterator[Defect]:
    """The same spelling for two entities of a kind: no text could tell them apart."""
    kinds: tuple[type[Any], ...] = (CompanyScopes, MoleculeScopes, TrademarkScopes)
    for kind in kinds:
        owners: dict[tuple[str, str], str] = {}
        for loaded in files.of(kind):
            for index, entity in enumerate(loaded.model.entities):
                for term in entity_terms(entity):
                    key = (fold_key(term.term), term.case)
                    owner = owners.setdefault(key, entity.id)
                    if owner != entity.id:
                        message = f"{term.term!r} names both {owner!r} and {entity.id!r}"
                        yield loaded.defect(("entities", index), message, "keep the alias with one of them")


def shared_scope_names(tree: ConfigTree, files: Files) -> Iterator[Defect]:
    """A signal group names scopes without their kind, so that a name may be used once."""
    kinds: dict[type[Any], Iterable[str]] = {
        CompanyScopes: tree.company_scopes, MoleculeScopes: tree.molecule_scopes,
        TrademarkScopes: tree.trademark_scopes, TechnologyScopes: tree.technology_scopes,
        IndicationScopes: tree.indication_scopes,
    }  # fmt: skip
    counts = Counter(name for names in kinds.values() for name in names)
    for kind in kinds:
        for loaded in files.of(kind):
            for name in loaded.model.scopes:
                if counts[name] > 1:
                    yield loaded.defect(
                        ("scopes", name), f"scope name {name!r} is used by two kinds of scopes", "rename one"
                    )


def trademarks(tree: ConfigTree, loaded: Loaded[TrademarkScopes]) -> Iterator[Defect]:
    for index, entity in enumerate(loaded.model.entities):
        path = ("entities", index)
        if entity.molecule_id is not None:
            yield from unknown(loaded, (*path, "molecule_id"), "molecule", entity.molecule_id, tree.molecules)
        if entity.company_id is not None:
            yield from unknown(loaded, (*path, "company_id"), "company", entity.company_id, tree.companies)


def technology(tree: ConfigTree, loaded: Loaded[TechnologyScopes]) -> Iterator[Defect]:
    for name, scope in loaded.model.scopes.items():
        path = ("scopes", name)
        profiles = tree.matching.technology_profiles
        yield from unknown(loaded, (*path, "profile"), "technology profile", scope.profile, profiles)
        owner: dict[str, str] = {}
        for category, terms in scope.categories.items():
            inner = (*path, "categories", category)
            yield from term_defects(loaded, inner, terms)
            for index, term in enumerate(terms):
                first = owner.setdefault(fold_key(term.term), category)
                if first != category:
                    yield loaded.defect((*inner, index), f"{term.term!r} is also in category {first!r}", "keep one")


def indications(_tree: ConfigTree, loaded: Loaded[IndicationScopes]) -> Iterator[Defect]:
    for name, terms in loaded.model.scopes.items():
        yield from term_defects(loaded, ("scopes", name), terms)


def exclusions(_tree: ConfigTree, loaded: Loaded[ExclusionScopes]) -> Iterator[Defect]:
    for name, scope in loaded.model.scopes.items():
        yield from term_defects(loaded, ("scopes", name, "terms"), scope.terms)
        if not scope.terms:
            message = f"the exclusion scope {name!r} holds no term: it would exclude nothing"
            yield loaded.defect(("scopes", name), message, "add its terms, or remove it where it is named too")


def event_types(_tree: ConfigTree, loaded: Loaded[EventTypes]) -> Iterator[Defect]:
    for name, event in loaded.model.event_types.items():
        for field in ("title_patterns", "body_patterns", "telltale_patterns", "negative_patterns"):
            yield from term_defects(loaded, ("event_types", name, field), getattr(event, field))


def event_words(tree: ConfigTree, loaded: Loaded[EventWords]) -> Iterator[Defect]:
    counted = loaded.model
    for name in counted.texts:
        yield from unknown(loaded, ("texts", name), "event type", name, tree.event_types)
    for word, per_type in counted.words.items():
        for name in per_type:
            yield from unknown(loaded, ("words", word, name), "counted event type", name, counted.texts)


def stories(_tree: ConfigTree, loaded: Loaded[StoryRules]) -> Iterator[Defect]:
    rules = loaded.model
    for index, step in enumerate(rules.party_steps):
        yield from unknown(loaded, ("party_steps", index), "step", step, rules.steps)
    if "step" in rules.facets:
        yield loaded.defect(("facets", "step"), "a facet cannot be called step", "rename it, or write it under steps")
    for step, terms in rules.steps.items():
        yield from term_defects(loaded, ("steps", step), terms)
    for facet, values in rules.facets.items():
        for value, terms in values.items():
            yield from term_defects(loaded, ("facets", facet, value), terms)
