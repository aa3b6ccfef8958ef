"""Checks across files: every name that one file uses is defined by another, and nothing contradicts."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from shared.config import logic
from shared.config.client import ClientConfig, NewsletterDelivery, WatchDomain
from shared.config.files import Files, Loaded, bounded, closest
from shared.config.rules import (
    DomainMatchingRules,
    EventTypes,
    EventWords,
    HtmlExtractors,
    IngestionProfile,
    IngestionProfiles,
    ScoringRules,
    Source,
    SourceCatalog,
    StoryRules,
)
from shared.config.strict_yaml import Defect, Path
from shared.config.terms import (
    CompanyScopes,
    ExclusionScopes,
    IndicationScopes,
    MoleculeScopes,
    TechnologyScopes,
    Term,
    TrademarkScopes,
)
from shared.config.tree import ConfigTree, entity_terms
from shared.errors import ConfigError
from shared.text.fold import fold_key
from shared.text.patterns import compile_bounded

CLAUSE_NAMES = (
    "company", "molecule", "trademark", "technology", "indication", "entity", "pure_player", "hybrid",
    "corporate_source",
)  # fmt: skip
"""Names that a match clause may use besides its profile's signals and event_<type>."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
Check = Callable[[ConfigTree, Loaded[Any]], Iterator[Defect]]


def reference_defects(tree: ConfigTree, files: Files) -> list[Defect]:
    """Every broken reference and contradiction, with its file and line."""
    checks: tuple[tuple[type[Any], Check], ...] = (
        (CompanyScopes, _entity_file), (MoleculeScopes, _entity_file), (TrademarkScopes, _entity_file),
        (TrademarkScopes, _trademarks), (TechnologyScopes, _technology), (IndicationScopes, _indications),
        (ExclusionScopes, _exclusions), (IngestionProfiles, _profiles), (DomainMatchingRules, _matching),
        (ScoringRules, _scoring), (StoryRules, _stories), (EventTypes, _events), (EventWords, _words),
        (SourceCatalog, _catalog), (HtmlExtractors, _extractors), (ClientConfig, _client),
    )  # fmt: skip
    found = [defect for kind, check in checks for loaded in files.of(kind) for defect in bounded(check(tree, loaded))]
    return [*found, *bounded(_ambiguous_names(files)), *bounded(_shared_scope_names(tree, files))]


def scope_names(tree: ConfigTree) -> set[str]:
    """Every name that a signal group may list."""
    technology = {
        f"{name}.{category}" for name, scope in tree.technology_scopes.items() for category in scope.categories
    }
    entities = {*tree.company_scopes, *tree.molecule_scopes, *tree.trademark_scopes}
    return {*entities, *tree.technology_scopes, *technology, *tree.indication_scopes, *_event_names(tree)}


def _event_names(tree: ConfigTree) -> set[str]:
    return {f"event.{name}" for name in tree.event_types}


def _unknown(loaded: Loaded[Any], path: Path, what: str, name: str, known: Collection[str]) -> Iterator[Defect]:
    if name not in known:
        yield loaded.defect(path, f"{what} {name!r} is not defined", closest(name, known))


def _terms(loaded: Loaded[Any], path: Path, terms: Iterable[Term]) -> Iterator[Defect]:
    """Terms that compile, none twice."""
    seen: dict[tuple[str, str], int] = {}
    for index, term in enumerate(terms):
        where = (*path, index)
        key = (term.pattern if term.is_regex else fold_key(term.term), term.case)
        if not key[0]:
            yield loaded.defect(where, f"the term {term.term!r} holds no letter or digit", "remove it")
        elif key in seen:
            yield loaded.defect(where, f"the term {term.term!r} stands twice in this list", "remove one")
        seen[key] = index
        yield from _regex(loaded, where, term)


def _regex(loaded: Loaded[Any], where: Path, term: Term) -> Iterator[Defect]:
    if not term.is_regex:
        if re.search(r"\.\*|\.\+|\.\{\d|\[[^\]]+\][*+]|\\[bswd]", term.term):
            yield loaded.defect(where, f"{term.term!r} looks like a regular expression", "write regex: before it")
        return
    try:
        compile_bounded(term.pattern, exact_case=term.case == "exact")
    except ConfigError as error:
        yield loaded.defect(where, str(error))


def _entity_file(_tree: ConfigTree, loaded: Loaded[Any]) -> Iterator[Defect]:
    for index, entity in enumerate(loaded.model.entities):
        yield from _terms(loaded, ("entities", index, "aliases"), entity.aliases)
    known = _entities_like(_tree, loaded.model)
    for scope, ids in loaded.model.scopes.items():
        for index, entity_id in enumerate(ids):
            yield from _unknown(loaded, ("scopes", scope, index), "entity", entity_id, known)
        for repeated in (name for name, count in Counter(ids).items() if count > 1):
            yield loaded.defect(("scopes", scope), f"{repeated!r} stands twice in scope {scope!r}", "remove one")


def _entities_like(tree: ConfigTree, model: Any) -> Collection[str]:
    if isinstance(model, CompanyScopes):
        return tree.companies
    return tree.molecules if isinstance(model, MoleculeScopes) else tree.trademarks


def _ambiguous_names(files: Files) -> Iterator[Defect]:
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


def _shared_scope_names(tree: ConfigTree, files: Files) -> Iterator[Defect]:
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


def _trademarks(tree: ConfigTree, loaded: Loaded[TrademarkScopes]) -> Iterator[Defect]:
    for index, entity in enumerate(loaded.model.entities):
        path = ("entities", index)
        if entity.molecule_id is not None:
            yield from _unknown(loaded, (*path, "molecule_id"), "molecule", entity.molecule_id, tree.molecules)
        if entity.company_id is not None:
            yield from _unknown(loaded, (*path, "company_id"), "company", entity.company_id, tree.companies)


def _technology(tree: ConfigTree, loaded: Loaded[TechnologyScopes]) -> Iterator[Defect]:
    for name, scope in loaded.model.scopes.items():
        path = ("scopes", name)
        profiles = tree.matching.technology_profiles
        yield from _unknown(loaded, (*path, "profile"), "technology profile", scope.profile, profiles)
        owner: dict[str, str] = {}
        for category, terms in scope.categories.items():
            inner = (*path, "categories", category)
            yield from _terms(loaded, inner, terms)
            for index, term in enumerate(terms):
                first = owner.setdefault(fold_key(term.term), category)
                if first != category:
                    yield loaded.defect((*inner, index), f"{term.term!r} is also in category {first!r}", "keep one")


def _indications(_tree: ConfigTree, loaded: Loaded[IndicationScopes]) -> Iterator[Defect]:
    for name, terms in loaded.model.scopes.items():
        yield from _terms(loaded, ("scopes", name), terms)


def _exclusions(_tree: ConfigTree, loaded: Loaded[ExclusionScopes]) -> Iterator[Defect]:
    for name, scope in loaded.model.scopes.items():
        yield from _terms(loaded, ("scopes", name, "terms"), scope.terms)


def _events(_tree: ConfigTree, loaded: Loaded[EventTypes]) -> Iterator[Defect]:
    for name, event in loaded.model.event_types.items():
        for field in ("title_patterns", "body_patterns", "telltale_patterns", "negative_patterns"):
            yield from _terms(loaded, ("event_types", name, field), getattr(event, field))


def _words(tree: ConfigTree, loaded: Loaded[EventWords]) -> Iterator[Defect]:
    counted = loaded.model
    for name in counted.texts:
        yield from _unknown(loaded, ("texts", name), "event type", name, tree.event_types)
    for word, per_type in counted.words.items():
        for name in per_type:
            yield from _unknown(loaded, ("words", word, name), "counted event type", name, counted.texts)


def _stories(_tree: ConfigTree, loaded: Loaded[StoryRules]) -> Iterator[Defect]:
    rules = loaded.model
    for index, step in enumerate(rules.party_steps):
        yield from _unknown(loaded, ("party_steps", index), "step", step, rules.steps)
    if "step" in rules.facets:
        yield loaded.defect(("facets", "step"), "a facet cannot be called step", "rename it, or write it under steps")
    for step, terms in rules.steps.items():
        yield from _terms(loaded, ("steps", step), terms)
    for facet, values in rules.facets.items():
        for value, terms in values.items():
            yield from _terms(loaded, ("facets", facet, value), terms)


def _logic(loaded: Loaded[Any], path: Path, expression: str, known: Collection[str]) -> Iterator[Defect]:
    try:
        used = logic.names(expression)
    except ConfigError as error:
        yield loaded.defect(path, str(error))
        return
    for name in used:
        yield from _unknown(loaded, path, "name", name, known)


def _profiles(tree: ConfigTree, loaded: Loaded[IngestionProfiles]) -> Iterator[Defect]:
    exclusions, scopes = {*tree.exclusion_scopes, *_event_names(tree)}, scope_names(tree)
    for name, profile in loaded.model.profiles.items():
        yield from _profile(loaded, ("profiles", name, "signal_requirements"), profile, exclusions, scopes)


def _profile(
    loaded: Loaded[Any], path: Path, profile: IngestionProfile, exclusions: set[str], scopes: set[str]
) -> Iterator[Defect]:
    needs = profile.signal_requirements
    for index, scope in enumerate(needs.exclusion_scopes):
        yield from _unknown(loaded, (*path, "exclusion_scopes", index), "exclusion scope", scope, exclusions)
    groups = Counter(group.group_id for group in needs.required_signal_groups)
    for index, group in enumerate(needs.required_signal_groups):
        inner = (*path, "required_signal_groups", index)
        for position, scope in enumerate(group.scopes):
            yield from _unknown(loaded, (*inner, "scopes", position), "scope", scope, scopes)
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


def _matching(tree: ConfigTree, loaded: Loaded[DomainMatchingRules]) -> Iterator[Defect]:
    for domain_type, profile in loaded.model.domain_types.items():
        known = tree.matching.technology_profiles
        yield from _unknown(loaded, ("domain_types", domain_type), "technology profile", profile, known)
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
                yield from _unknown(loaded, where, "category", category, categories)
        known_names = {*CLAUSE_NAMES, *events, *rules.signals}
        for field in ("match", "reject_if"):
            for index, clause in enumerate(getattr(rules, field)):
                yield from _logic(loaded, (*path, field, index, "when"), clause.when, known_names)


def _scoring(tree: ConfigTree, loaded: Loaded[ScoringRules]) -> Iterator[Defect]:
    rules = loaded.model
    signals = {name for profile in tree.matching.technology_profiles.values() for name in profile.signals}
    types = {source.source_type for source in tree.sources.values()}
    usable = types | {name for profile in tree.profiles.values() for name in profile.source_types} - {"*"}
    for field, known in (
        ("event_type_weights", set(tree.event_types)), ("contextual_penalties", set(tree.exclusion_scopes)),
        ("signal_quality_weights", signals), ("source_type_weights", usable),
    ):  # fmt: skip
        for name in getattr(rules, field):
            yield from _unknown(loaded, (field, name), "name", name, known)
    for field, needed in (
        ("event_type_weights", set(tree.event_types)), ("source_type_weights", types),
        ("domain_priority_weights", {"high", "medium", "low"}), ("match_confidence_weights", {"high", "medium", "low"}),
    ):  # fmt: skip
        for name in sorted(needed - set(getattr(rules, field))):
            yield loaded.defect((field,), f"{field} has no weight for {name!r}", "add one")
    for name, value in rules.contextual_penalties.items():
        if value > 0:
            yield loaded.defect(("contextual_penalties", name), f"the penalty {value} is positive", "make it negative")


def _catalog(tree: ConfigTree, loaded: Loaded[SourceCatalog]) -> Iterator[Defect]:
    polled = {(one.url, one.query): one.source_key for one in reversed(list(tree.sources.values()))}
    for index, source in enumerate(loaded.model.sources):
        path: Path = ("sources", index)
        if source.company_id is not None:
            yield from _unknown(loaded, (*path, "company_id"), "company", source.company_id, tree.companies)
        where = (*path, "ingestion_profile")
        yield from _unknown(loaded, where, "ingestion profile", source.ingestion_profile, tree.profiles)
        profile = tree.profiles.get(source.ingestion_profile)
        if profile and not {"*", source.source_type} & set(profile.source_types):
            message = f"profile {source.ingestion_profile!r} is not for source type {source.source_type!r}"
            yield loaded.defect(where, message, f"it is for {', '.join(profile.source_types)}")
        yield from _timezone(loaded, (*path, "timezone"), source.timezone)
        yield from _url(loaded, (*path, "url"), source, polled.get((source.url, source.query), source.source_key))
        if source.ingestion_mode == "pubmed" and not source.query:
            yield loaded.defect(path, "a pubmed source needs a query", "add query: ...")
    for index, bouquet in enumerate(loaded.model.bouquets):
        for position, key in enumerate(bouquet.source_keys):
            yield from _unknown(loaded, ("bouquets", index, "source_keys", position), "source", key, tree.sources)


def _url(loaded: Loaded[Any], path: Path, source: Source, polled: str) -> Iterator[Defect]:
    """`polled`: the first source with this url and query."""
    try:
        address = urlsplit(source.url)
    except ValueError:
        address = urlsplit("")
    if address.scheme not in ("https", "http") or not re.search(r"\.|^localhost", address.netloc):
        yield loaded.defect(path, f"{source.url!r} is not an http(s) address", "write the whole address")
    elif address.path == "/search":
        yield loaded.defect(path, f"{source.url!r} is a search, not an address", "write the address that it leads to")
    if polled != source.source_key:
        yield loaded.defect(path, f"the url is that of source {polled!r}", "write its own, or remove one")


def _timezone(loaded: Loaded[Any], path: Path, name: str) -> Iterator[Defect]:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        yield loaded.defect(path, f"{name!r} is not a time zone", "write an IANA name such as Europe/Paris")
    except KeyError:
        yield loaded.defect(path, f"{name!r} is not a time zone", "write an IANA name such as Europe/Paris")


def _extractors(tree: ConfigTree, loaded: Loaded[HtmlExtractors]) -> Iterator[Defect]:
    yield from _terms(loaded, ("link_only_titles",), loaded.model.link_only_titles)
    for key, extractor in loaded.model.extractors.items():
        yield from _unknown(loaded, ("extractors", key), "source", key, tree.sources)
        yield from _date_format(loaded, ("extractors", key, "date_format"), extractor.date_format)
        source = tree.sources.get(key)
        if source and source.ingestion_mode != "html":
            yield loaded.defect(("extractors", key), f"source {key!r} is not read as html", "remove the extractor")


def _date_format(loaded: Loaded[Any], path: Path, text: str) -> Iterator[Defect]:
    try:
        datetime.strptime(datetime(2026, 3, 5, tzinfo=UTC).strftime(text), text).replace(tzinfo=UTC)
    except ValueError as error:
        yield loaded.defect(path, f"{text!r} reads no date: {error}", "write one such as %d.%m.%Y")


def _client(tree: ConfigTree, loaded: Loaded[ClientConfig]) -> Iterator[Defect]:
    client = loaded.model
    profile: Path = ("client_profile", "client_id")
    if loaded.document.file != f"clients/{client.client_id}.yaml":
        yield loaded.defect(profile, f"client {client.client_id!r} stands in {loaded.document.file}", "rename the file")
    yield from _timezone(loaded, ("client_profile", "timezone"), client.client_profile.timezone)
    for index, domain in enumerate(client.watch_domains):
        yield from _domain(tree, loaded, ("watch_domains", index), domain)
    yield from _client_sources(tree, loaded)
    yield from _layout(tree, loaded)
    for name in client.scoring_config.event_type_weight_overrides:
        path: Path = ("scoring_config", "event_type_weight_overrides", name)
        yield from _unknown(loaded, path, "event type", name, tree.event_types)
    for where, address in _addresses(client.newsletter_delivery):
        if not _EMAIL.match(address):
            path = ("newsletter_delivery", *where)
            yield loaded.defect(path, f"{address!r} is not an e-mail address", "write name@example.org")


def _addresses(delivery: NewsletterDelivery) -> Iterator[tuple[Path, str]]:
    for field in ("recipients", "reviewers"):
        yield from (((field, index), address) for index, address in enumerate(getattr(delivery, field)))
    yield from (
        ((field,), getattr(delivery, field)) for field in ("from_address", "reply_to") if getattr(delivery, field)
    )


def _domain(tree: ConfigTree, loaded: Loaded[Any], path: Path, domain: WatchDomain) -> Iterator[Defect]:
    known: dict[str, Collection[str]] = {
        "technology_scope": tree.technology_scopes, "company_scope": tree.company_scopes,
        "molecule_scope": tree.molecule_scopes, "trademark_scope": tree.trademark_scopes,
        "indication_scope": tree.indication_scopes, "technology_profile": tree.matching.technology_profiles,
    }  # fmt: skip
    for field, names in known.items():
        if name := getattr(domain, field):
            yield from _unknown(loaded, (*path, field), field.replace("_", " "), name, names)
    if not tree.matching_profile(domain):
        message = f"domain {domain.id!r} has no technology_profile and its type {domain.type!r} has none either"
        yield loaded.defect(path, message, "add it to domain_types in domain_matching_rules.yaml")


def _client_sources(tree: ConfigTree, loaded: Loaded[ClientConfig]) -> Iterator[Defect]:
    config = loaded.model.source_config
    for index, bouquet in enumerate(config.source_bouquets_enabled):
        where: Path = ("source_config", "source_bouquets_enabled", index)
        yield from _unknown(loaded, where, "bouquet", bouquet, tree.bouquets)
    for index, key in enumerate(config.sources_extra_enabled):
        yield from _unknown(loaded, ("source_config", "sources_extra_enabled", index), "source", key, tree.sources)
    for key, profile in config.ingestion_profile_overrides.items():
        where = ("source_config", "ingestion_profile_overrides", key)
        yield from _unknown(loaded, where, "source", key, tree.sources)
        yield from _unknown(loaded, where, "ingestion profile", profile, tree.profiles)
    if not config.source_bouquets_enabled and not config.sources_extra_enabled:
        yield loaded.defect(("source_config",), "the client has no source", "enable a bouquet or a source")


def _layout(tree: ConfigTree, loaded: Loaded[ClientConfig]) -> Iterator[Defect]:
    domains = [domain.id for domain in loaded.model.watch_domains]
    for index, section in enumerate(loaded.model.newsletter_layout.sections):
        path: Path = ("newsletter_layout", "sections", index)
        for position, name in enumerate(section.filter_event_types):
            yield from _unknown(loaded, (*path, "filter_event_types", position), "event type", name, tree.event_types)
        for position, name in enumerate(section.source_domains):
            yield from _unknown(loaded, (*path, "source_domains", position), "watch domain", name, domains)
    sections = [section.id for section in loaded.model.newsletter_layout.sections]
    for names, where, what in ((domains, "watch_domains", "domain"), (sections, "newsletter_layout", "section")):
        for name in (n for n, count in Counter(names).items() if count > 1):
            yield loaded.defect((where,), f"{what} {name!r} is defined twice", "rename one")
