"""The configuration as the services use it: merged, resolved, with the one matcher."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from shared.config.client import ClientConfig, WatchDomain
from shared.config.rules import (
    DomainMatchingRules,
    EventType,
    EventWords,
    HtmlExtractors,
    IngestionProfile,
    ModelPrice,
    ScoringRules,
    Source,
    StoryRules,
)
from shared.config.terms import Company, ExclusionScope, Molecule, NamedEntity, TechnologyScope, Term, Trademark
from shared.errors import ConfigError, NotFoundError
from shared.ids import content_hash
from shared.text.fold import fold_key
from shared.text.hits import HitKind
from shared.text.matcher import Entry, Matcher

T = TypeVar("T")

EVENT_WORDING = {"label", "translations"}
"""How an event type is printed: no result of a normalizer depends on it."""
ROUTING_PREFIXES = ("us.", "us-gov.", "eu.", "apac.", "jp.", "au.", "global.")
"""What an inference profile puts before a model's id (Amazon Bedrock, cross-Region inference)."""


@dataclass(frozen=True)
class ConfigTree:
    """A whole, valid tree. `release` is the hash of its files; scopes map names to entity ids or terms."""

    release: str
    clients: Mapping[str, ClientConfig]
    companies: Mapping[str, Company]
    molecules: Mapping[str, Molecule]
    trademarks: Mapping[str, Trademark]
    company_scopes: Mapping[str, tuple[str, ...]]
    molecule_scopes: Mapping[str, tuple[str, ...]]
    trademark_scopes: Mapping[str, tuple[str, ...]]
    technology_scopes: Mapping[str, TechnologyScope]
    indication_scopes: Mapping[str, tuple[Term, ...]]
    exclusion_scopes: Mapping[str, ExclusionScope]
    profiles: Mapping[str, IngestionProfile]
    matching: DomainMatchingRules
    scoring: ScoringRules
    stories: StoryRules
    event_types: Mapping[str, EventType]
    sources: Mapping[str, Source]
    bouquets: Mapping[str, tuple[str, ...]]
    extractors: HtmlExtractors
    prices: Mapping[str, ModelPrice]
    event_words: EventWords = field(default_factory=EventWords)
    name_endings: tuple[str, ...] = ()

    def client(self, client_id: str) -> ClientConfig:
        """Raises NotFoundError, naming the known clients."""
        return _known(self.clients, client_id, "client")

    def company(self, company_id: str) -> Company:
        """Raises NotFoundError."""
        return _known(self.companies, company_id, "company")

    def molecule(self, molecule_id: str) -> Molecule:
        """Raises NotFoundError."""
        return _known(self.molecules, molecule_id, "molecule")

    def trademark(self, trademark_id: str) -> Trademark:
        """Raises NotFoundError."""
        return _known(self.trademarks, trademark_id, "trademark")

    def sources_for(self, client: ClientConfig) -> tuple[Source, ...]:
        """The client's enabled sources, each once, bouquets first, in the order of its file."""
        config = client.source_config
        listed = [key for bouquet in config.source_bouquets_enabled for key in self.bouquets[bouquet]]
        keys = dict.fromkeys([*listed, *config.sources_extra_enabled])
        return tuple(self.sources[key] for key in keys if self.sources[key].enabled)

    def profile_for(self, client: ClientConfig, source: Source) -> tuple[str, IngestionProfile]:
        """Id and content of the profile that filters `source` for `client` (the client's override wins)."""
        overrides = client.source_config.ingestion_profile_overrides
        profile_id = overrides.get(source.source_key, source.ingestion_profile)
        return profile_id, self.profiles[profile_id]

    def matching_profile(self, domain: WatchDomain) -> str:
        """Id of the profile that combines a domain's signals: its own; else, for one of type technology, that of its
        technology scope; else that of its type. Empty when there is none."""
        scope = self.technology_scopes.get(domain.technology_scope or "")
        of_scope = scope.profile if scope and domain.type == "technology" else ""
        return domain.technology_profile or of_scope or self.matching.domain_types.get(domain.type, "")

    def price(self, model_id: str) -> ModelPrice:
        """Price of a model or of an inference profile for it. Raises ConfigError when no file prices it."""
        prefix = next((p for p in ROUTING_PREFIXES if model_id.startswith(p)), "")
        bare = model_id.removeprefix(prefix)
        if bare not in self.prices:
            raise ConfigError(f"no price for model {bare!r}; add it to canonical/models/model_prices.yaml")
        return self.prices[bare]

    def entity_by_alias(self, kind: HitKind, text: str) -> NamedEntity | None:
        """The company, molecule or trademark that `text` names (folded), or None. Context rules are not applied."""
        return self._aliases.get((kind, fold_key(text)))

    @cached_property
    def matcher(self) -> Matcher:
        """The one matcher for all scopes, compiled on first use."""
        return Matcher.compile(self.entries())

    @cached_property
    def subject_matcher(self) -> Matcher:
        """As `matcher`, but without events and titles of links: what an item is about, at two thirds of the cost."""
        return Matcher.compile(entry for entry in self.entries() if entry.kind not in ("event", "link_only"))

    @cached_property
    def story_matcher(self) -> Matcher:
        """Finds steps, facets and plain words in headlines: hits of kind "technology" with scopes `step.NAME`,
        `FACET.VALUE` or `plain.word`. A matcher of its own, so that these terms cost nothing where whole articles are
        read."""
        vocabularies = {"plain": {"word": self.stories.plain}, "step": self.stories.steps, **self.stories.facets}
        return Matcher.compile(
            entry
            for facet, values in vocabularies.items()
            for value, terms in values.items()
            for entry in _term_entries("technology", f"{facet}.{value}", terms)
        )

    @cached_property
    def taxonomy_signature(self) -> str:
        """Changes when an event type does, its printed name apart: what a normalized result depends on besides its
        model and prompt."""
        types = {
            name: kind.model_dump(mode="json", exclude=EVENT_WORDING) for name, kind in sorted(self.event_types.items())
        }
        return content_hash(json.dumps(types, sort_keys=True))

    @cached_property
    def _aliases(self) -> dict[tuple[str, str], NamedEntity]:
        pairs = ((kind, entity) for kind, entities, _ in self._entities() for entity in entities.values())
        return {
            (kind, fold_key(term.term)): entity
            for kind, entity in pairs
            for term in entity_terms(entity)
            if not term.is_regex
        }

    def _entities(self) -> tuple[tuple[HitKind, Mapping[str, NamedEntity], Mapping[str, tuple[str, ...]]], ...]:
        return (
            ("company", self.companies, self.company_scopes),
            ("molecule", self.molecules, self.molecule_scopes),
            ("trademark", self.trademarks, self.trademark_scopes),
        )

    def entries(self) -> Iterator[Entry]:
        """Every term of every scope, with what a hit of it reports."""
        for kind, entities, scopes in self._entities():
            yield from _entity_entries(kind, entities, scopes)
        for name, technology in self.technology_scopes.items():
            for category, terms in technology.categories.items():
                yield from _term_entries("technology", f"{name}.{category}", terms)
        for name, terms in self.indication_scopes.items():
            yield from _term_entries("indication", name, terms)
        for name, exclusion in self.exclusion_scopes.items():
            yield from _term_entries("exclusion", name, exclusion.terms)
        for name, event in self.event_types.items():
            yield from _term_entries("event", f"{name}.title", event.title_patterns)
            yield from _term_entries("event", f"{name}.body", event.body_patterns)
            yield from _term_entries("event", f"{name}.telltale", event.telltale_patterns)
            yield from _term_entries("event", f"{name}.negative", event.negative_patterns)
        yield from _term_entries("link_only", "link_only", self.extractors.link_only_titles)


def entity_terms(entity: NamedEntity) -> tuple[Term, ...]:
    """All terms that name an entity; its own context rule holds for aliases that bring none."""
    name = Term(term=entity.name, case=entity.case, requires_any=entity.requires_any)
    aliases = (
        alias if alias.requires_any else alias.model_copy(update={"requires_any": entity.requires_any})
        for alias in entity.aliases
    )
    return (name, *aliases)


def _entity_entries(
    kind: HitKind, entities: Mapping[str, NamedEntity], scopes: Mapping[str, tuple[str, ...]]
) -> Iterator[Entry]:
    listed: dict[str, set[str]] = {}
    for scope, ids in scopes.items():
        for entity_id in ids:
            listed.setdefault(entity_id, set()).add(scope)
    for entity in entities.values():
        for term in entity_terms(entity):
            yield Entry(kind, entity.id, entity.name, frozenset(listed.get(entity.id, ())), term)


def _term_entries(kind: HitKind, scope: str, terms: tuple[Term, ...]) -> Iterator[Entry]:
    for term in terms:
        yield Entry(kind, term.term, term.term, frozenset({scope}), term)


def _known(items: Mapping[str, T], key: str, what: str) -> T:
    if key not in items:
        raise NotFoundError(f"no {what} {key!r} in the configuration; known: {', '.join(sorted(items)[:20]) or 'none'}")
    return items[key]
