"""What a tree can work with and its author hardly means: names glued together, noise that is told twice, acronyms
without a rule, signals and sections that come to nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.config import logic
from shared.config.client import ClientConfig, SectionConfig
from shared.config.files import Files, Loaded, read_files
from shared.config.rules import (
    DomainMatchingRules,
    EventTypes,
    HtmlExtractors,
    IngestionProfiles,
    ScoringRules,
    StoryRules,
    TechnologyProfile,
)
from shared.config.strict_yaml import Defect, Path
from shared.config.terms import (
    CompanyScopes,
    ExclusionScopes,
    IndicationScopes,
    MoleculeScopes,
    NamedEntity,
    TechnologyScopes,
    Term,
    TrademarkScopes,
)
from shared.config.tree import ConfigTree, entity_terms
from shared.text.fold import fold_key

_ENTITY_FILES: tuple[type[Any], ...] = (CompanyScopes, MoleculeScopes, TrademarkScopes)
_ACRONYM = re.compile(r"[A-Z]{2,4}\Z")
_PATTERNS = ("title_patterns", "body_patterns", "telltale_patterns", "negative_patterns")


def doubts(tree: ConfigTree, contents: Mapping[str, bytes]) -> Iterator[Defect]:
    """Each with file, line and a suggestion; `tree` is valid and made of `contents`."""
    files = read_files(contents)
    for kind in _ENTITY_FILES:
        yield from _glued(files.of(kind))
    yield from _acronyms(files)
    yield from _doubled_noise(tree, files.of(ExclusionScopes))
    for profiles in files.of(IngestionProfiles):
        yield from _unread_groups(profiles)
    for rules in files.of(DomainMatchingRules):
        yield from _unread_signals(tree, rules)
    for scopes in files.of(TechnologyScopes):
        yield from _unread_categories(tree, scopes)
    for scoring in files.of(ScoringRules):
        yield from _fill(scoring, (), scoring.model.min_score, scoring.model.fill_min_score)
    for client in files.of(ClientConfig):
        yield from _client(tree, client)


def _glued(loaded: Iterable[Loaded[Any]]) -> Iterator[Defect]:
    """Names that are two other names of the kind, one after the other."""
    named = [(one, index, entity) for one in loaded for index, entity in enumerate(one.model.entities)]
    owners = {fold_key(term.term): entity.id for _, _, entity in named for term in _literals(entity)}
    for one, index, entity in named:
        for term in _literals(entity):
            first, second = _halves(fold_key(term.term).split(" "), owners, entity.id)
            if first:
                message = f"{term.term!r} is made of the names of {first!r} and {second!r}"
                yield one.defect(
                    ("entities", index), message, "remove it, or make it an alias of the one that it means"
                )


def _literals(entity: NamedEntity) -> list[Term]:
    return [term for term in entity_terms(entity) if not term.is_regex]


def _halves(words: list[str], owners: Mapping[str, str], own: str) -> tuple[str, str]:
    """The two other entities that the words name, one after the other; empty when they do not."""
    for cut in range(1, len(words)):
        first, second = (owners.get(" ".join(part), own) for part in (words[:cut], words[cut:]))
        if own not in (first, second) and first != second:
            return first, second
    return "", ""


def _acronyms(files: Files) -> Iterator[Defect]:
    """Short terms in capitals of which nothing says whether small letters mean the same."""
    for loaded, path, term in _terms(files):
        ruled = {"case", "requires_any", "excludes_any"} & term.model_fields_set
        if _ACRONYM.match(term.term) and not ruled:
            message = f"{term.term!r} is found as {term.term.lower()!r} too"
            yield loaded.defect(path, message, "say case: exact, or case: ignore where that is meant")


def _terms(files: Files) -> Iterator[tuple[Loaded[Any], Path, Term]]:
    """Every term of the tree with its place; an entity's name as the term that it is."""
    for kind in _ENTITY_FILES:
        for loaded in files.of(kind):
            for index, entity in enumerate(loaded.model.entities):
                rules = {name: getattr(entity, name) for name in {"case", "requires_any"} & entity.model_fields_set}
                yield loaded, ("entities", index, "name"), Term(term=entity.name, **rules)
                yield from _listed(loaded, ("entities", index, "aliases"), entity.aliases)
    for loaded in files.of(TechnologyScopes):
        for name, scope in loaded.model.scopes.items():
            for category, terms in scope.categories.items():
                yield from _listed(loaded, ("scopes", name, "categories", category), terms)
    for loaded in files.of(IndicationScopes):
        for name, terms in loaded.model.scopes.items():
            yield from _listed(loaded, ("scopes", name), terms)
    for loaded in files.of(ExclusionScopes):
        for name, noise in loaded.model.scopes.items():
            yield from _listed(loaded, ("scopes", name, "terms"), noise.terms)
    yield from _terms_of_rules(files)


def _terms_of_rules(files: Files) -> Iterator[tuple[Loaded[Any], Path, Term]]:
    for loaded in files.of(EventTypes):
        for name, event in loaded.model.event_types.items():
            for field in _PATTERNS:
                yield from _listed(loaded, ("event_types", name, field), getattr(event, field))
    for stories in files.of(StoryRules):
        for step, terms in stories.model.steps.items():
            yield from _listed(stories, ("steps", step), terms)
        for facet, values in stories.model.facets.items():
            for value, terms in values.items():
                yield from _listed(stories, ("facets", facet, value), terms)
    for extractors in files.of(HtmlExtractors):
        yield from _listed(extractors, ("link_only_titles",), extractors.model.link_only_titles)


def _listed(loaded: Loaded[Any], path: Path, terms: Iterable[Term]) -> Iterator[tuple[Loaded[Any], Path, Term]]:
    return ((loaded, (*path, index), term) for index, term in enumerate(terms))


def _doubled_noise(tree: ConfigTree, loaded: list[Loaded[ExclusionScopes]]) -> Iterator[Defect]:
    """Terms of two exclusion scopes that are in force together: of one profile, or both with a penalty."""
    together = [set(tree.scoring.contextual_penalties)]
    together += [set(profile.signal_requirements.exclusion_scopes) for profile in tree.profiles.values()]
    first: dict[tuple[str, str], list[str]] = {}
    for one in loaded:
        for name, scope in one.model.scopes.items():
            for index, term in enumerate(scope.terms):
                owners = first.setdefault((fold_key(term.term), term.case), [])
                other = next((o for o in owners if any({o, name} <= group for group in together)), None)
                owners.append(name)
                if other:
                    message = (
                        f"{term.term!r} is also in the exclusion scope {other!r}, which is in force beside this one"
                    )
                    yield one.defect(("scopes", name, "terms", index), message, "keep it in one of them")


def _unread_groups(loaded: Loaded[IngestionProfiles]) -> Iterator[Defect]:
    """Signal groups that no expression names and whose weight is not asked for."""
    for name, profile in loaded.model.profiles.items():
        needs = profile.signal_requirements
        expressions = [text for text in (needs.combination_logic, needs.rescue_logic) if text]
        named = {used for text in expressions for used in logic.names(text)}
        for index, group in enumerate(needs.required_signal_groups):
            if group.group_id not in named and not (needs.minimum_total_weight and group.weight):
                path = ("profiles", name, "signal_requirements", "required_signal_groups", index)
                message = f"neither combination_logic nor rescue_logic names the group {group.group_id!r}"
                yield loaded.defect(path, message, "name it there, or remove it")


def _unread_signals(tree: ConfigTree, loaded: Loaded[DomainMatchingRules]) -> Iterator[Defect]:
    """Signals that no clause names and no weight counts."""
    for name, profile in loaded.model.technology_profiles.items():
        for signal in profile.signals.keys() - _named(profile) - tree.scoring.signal_quality_weights.keys():
            path = ("technology_profiles", name, "signals", signal)
            yield loaded.defect(path, f"no clause and no weight reads the signal {signal!r}", "name it, or remove it")


def _named(profile: TechnologyProfile) -> set[str]:
    return {used for clause in (*profile.match, *profile.reject_if) for used in logic.names(clause.when)}


def _unread_categories(tree: ConfigTree, loaded: Loaded[TechnologyScopes]) -> Iterator[Defect]:
    """Categories that no signal and no group reads, and that keep no other category's term from being found."""
    grouped = {
        scope
        for profile in tree.profiles.values()
        for group in profile.signal_requirements.required_signal_groups
        for scope in group.scopes
    }
    rules = tree.matching.technology_profiles.values()
    signalled = {category for profile in rules for signal in profile.signals.values() for category in signal.categories}
    for name, scope in loaded.model.scopes.items():
        plain = any("technology" in _named(profile) for profile in rules)
        for category, terms in scope.categories.items():
            read = plain or category in signalled or not {name, f"{name}.{category}"}.isdisjoint(grouped)
            others = [term for other, listed in scope.categories.items() if other != category for term in listed]
            if not read and not _masks(terms, others):
                message = f"no signal and no signal group reads the category {category!r}"
                effect = "its terms count for technology_bonus and in print alone; name it in a signal where it decides"
                yield loaded.defect(("scopes", name, "categories", category), message, effect)


def _masks(terms: Iterable[Term], others: Iterable[Term]) -> bool:
    """Whether one of the terms may be longer than another category's where both stand, so that it wins there."""
    if any(term.is_regex for term in terms):
        return True
    shorter = [fold_key(term.term) for term in others if not term.is_regex]
    keys = [f" {fold_key(term.term)} " for term in terms]
    return any(f" {short} " in key for key in keys for short in shorter)


def _client(tree: ConfigTree, loaded: Loaded[ClientConfig]) -> Iterator[Defect]:
    own = loaded.model.scoring_config
    if own.fill_min_score is not None:
        least = tree.scoring.min_score if own.min_score is None else own.min_score
        yield from _fill(loaded, ("scoring_config",), least, own.fill_min_score)
    domains = {domain.id for domain in loaded.model.watch_domains if domain.enabled}
    sections = loaded.model.newsletter_layout.sections
    for index, section in enumerate(sections[:-1]):
        if _takes_all(section, domains):
            path = ("newsletter_layout", "sections", index)
            rest = ", ".join(repr(later.id) for later in sections[index + 1 :])
            message = f"section {section.id!r} takes any item: only what it has no room for comes to {rest}"
            yield loaded.defect(path, message, "put it last, or give it filter_event_types")


def _takes_all(section: SectionConfig, domains: set[str]) -> bool:
    return not section.filter_event_types and (not section.source_domains or domains <= set(section.source_domains))


def _fill(loaded: Loaded[Any], path: Path, least: float, fill: float) -> Iterator[Defect]:
    if fill > least:
        message = f"fill_min_score {fill:g} is above min_score {least:g}: nothing weaker fills up a thin issue"
        yield loaded.defect((*path, "fill_min_score"), message, f"write less than {least:g}")
