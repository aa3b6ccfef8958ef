"""Canonical rules: ingestion profiles, domain matching, scoring, event types, sources, prices."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.config.terms import DOCUMENTATION, Note, TermSpec
from shared.contracts.base import Contract, Language

# A boolean expression over names with AND, OR, NOT and parentheses, such as "signal AND (entity OR trademark)".
Logic = Annotated[str, StringConstraints(min_length=1)]


class SignalGroup(Contract):
    """Scopes of which `min_matches` distinct terms must be found; a scope is written `scope` or `scope.category`, and
    `event.<type>` stands for a text that is, by its patterns, such an event.

    `match_in` as in exclusion scopes. A group found adds `weight` to the text's total.
    """

    group_id: str
    description: Note = ""
    scopes: tuple[str, ...]
    min_matches: int = Field(default=1, ge=1)
    weight: float = Field(default=1.0, ge=0)
    match_in: Literal["title", "lead", "text"] = "text"


class SignalRequirements(Contract):
    """What a text must (not) show to be ingested; a profile that cannot decide drops (fails closed).

    `exclude_only`: everything but what `exclusion_scopes` name (exclusion scopes, or `event.<type>`).
    `require_signals`: `combination_logic` over group ids must hold, the found groups' weights reach
    `minimum_total_weight`, and no exclusion applies.
    `rescue_logic`, over the same group ids, keeps a text in spite of an exclusion.
    """

    mode: Literal["exclude_only", "require_signals", "ingest_all"]
    exclusion_scopes: tuple[str, ...] = ()
    required_signal_groups: tuple[SignalGroup, ...] = ()
    combination_logic: Logic | None = None
    rescue_logic: Logic | None = None
    minimum_total_weight: float = Field(default=0.0, ge=0)


class IngestionProfile(Contract):
    """One profile of canonical/ingestion_profiles.yaml. `source_types` it may be used for; `rationale` documents."""

    description: Note = ""
    rationale: Note = ""
    source_types: tuple[str, ...]
    minimum_text_length: int = Field(default=0, ge=0)
    signal_requirements: SignalRequirements


class IngestionProfiles(Contract):
    """canonical/ingestion_profiles*.yaml"""

    profiles: dict[str, IngestionProfile]


class MatchSignal(Contract):
    """A named signal: hits of these categories of the domain's technology scope, at least `min_matches` distinct."""

    categories: tuple[str, ...]
    min_matches: int = Field(default=1, ge=1)


class MatchClause(Contract):
    """One way to match: the first clause whose `when` holds decides, with its confidence."""

    id: str
    when: Logic
    confidence: Literal["high", "medium", "low"] = "medium"
    description: Note = ""


class TechnologyProfile(Contract):
    """How a domain's signals combine. Names usable in `when` and `reject_if`:

    the keys of `signals`; `company`, `molecule`, `trademark`, `technology`, `indication`, `entity` (any of the first
    three) found in the domain's scopes; `pure_player`, `hybrid` (a subject company of that type); `corporate_source`;
    and `event_<type>` for each event type.
    """

    description: Note = ""
    signals: dict[str, MatchSignal] = Field(default_factory=dict)
    match: tuple[MatchClause, ...] = Field(min_length=1)
    reject_if: tuple[MatchClause, ...] = ()


class DomainMatchingRules(Contract):
    """canonical/matching/domain_matching_rules*.yaml: `technology_profiles`, and `domain_types` naming the profile used
    by a watch domain of that type that names none."""

    technology_profiles: dict[str, TechnologyProfile]
    domain_types: dict[str, str]


class ScoringRules(Contract):
    """canonical/scoring/scoring_rules*.yaml. Scores are sums of contributions, multiplied by recency where said.

    `recency_decay_half_life_days`: the recency contribution `recency_weight` halves every so many days.
    `signal_depth_bonus`: for each relevant entity beyond the first, at most `signal_depth_max` of them.
    """

    event_type_weights: dict[str, float]
    domain_priority_weights: dict[Literal["high", "medium", "low"], float]
    match_confidence_weights: dict[Literal["high", "medium", "low"], float]
    source_type_weights: dict[str, float]
    recency_weight: float = Field(ge=0)
    recency_decay_half_life_days: float = Field(gt=0)
    signal_depth_bonus: float = Field(ge=0)
    signal_depth_max: int = Field(ge=0)
    signal_quality_weights: dict[str, float]
    pure_player_bonus: float
    hybrid_company_bonus: float
    trademark_bonus: float
    molecule_bonus: float
    technology_bonus: float
    regulatory_trademark_bonus: float
    contextual_penalties: dict[str, float] = Field(
        default_factory=dict, description="exclusion scope -> penalty (<= 0) when the scope matches the item's title"
    )
    min_score: float
    fill_min_score: float


class StoryRules(Contract):
    """canonical/matching/story_rules.yaml: when two headlines report the same event.

    `steps` are what can happen to a product or between companies, `facets` are other things by which events differ
    (facet -> value -> terms): two headlines that both show some and share none are two events. Similarities are
    rapidfuzz's, from 0 to 100.
    """

    news_days: int = Field(default=3, ge=0, description="days that other sources take to report an event")
    repost_days: int = Field(default=30, ge=0, description="days in which the same title is the same item again")
    repost_similarity: float = Field(default=95, ge=0, le=100, description="from here on, titles are the same")
    alike_similarity: float = Field(default=80, ge=0, le=100, description="one sentence, slightly reworded")
    related_similarity: float = Field(
        default=48, ge=0, le=100, description="other words; counts only with the same company and step"
    )
    party_steps: tuple[str, ...] = Field(
        default=(), description="steps that other parties tell apart: a deal with X is not the deal with Y"
    )
    plain: tuple[TermSpec, ...] = Field(default=(), description="words that tell nothing of an event")
    steps: dict[str, tuple[TermSpec, ...]] = Field(default_factory=dict, description="step -> its terms in headlines")
    facets: dict[str, dict[str, tuple[TermSpec, ...]]] = Field(
        default_factory=dict, description="facet -> value -> its terms in headlines"
    )


class EventType(Contract):
    """One type of the one taxonomy. `newsworthy: false` types never reach an edition (owner's rule 3), unless a match
    clause names their event. Patterns serve the rule-based normalizer and the prompt alike: `title_patterns` weigh
    three, `body_patterns` one, `negative_patterns` in the title take three away, `telltale_patterns` tell the type
    wherever they stand. `label` is what is printed; in another language than English, its translation where there is
    one."""

    label: str
    translations: dict[Literal["fr"], str] = Field(default_factory=dict)
    description: str
    newsworthy: bool = True
    priority: int = Field(description="the higher wins a tie", ge=0)
    title_patterns: tuple[TermSpec, ...] = ()
    body_patterns: tuple[TermSpec, ...] = ()
    telltale_patterns: tuple[TermSpec, ...] = ()
    negative_patterns: tuple[TermSpec, ...] = ()

    def label_in(self, language: Language) -> str:
        """The printed name in a newsletter's language."""
        return self.label if language == "en" else self.translations.get(language, self.label)


class EventTypes(Contract):
    """canonical/events/event_types*.yaml"""

    event_types: dict[str, EventType]


class EventWords(Contract):
    """canonical/events/event_words.yaml, written by `vectora eval --learn`: in how many labelled texts of each event
    type a word stands. `texts` are the texts of each type; `words` the texts of each type that have a word, by its
    stem."""

    texts: dict[str, int] = Field(default_factory=dict)
    words: dict[str, dict[str, int]] = Field(default_factory=dict)


class Source(Contract):
    """One source. `ingestion_mode` picks the reader; `url` is what it polls."""

    source_key: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    company_id: str | None = None
    homepage_url: Note = ""
    url: str
    ingestion_mode: Literal["rss", "html", "pubmed"]
    enabled: bool = True
    source_type: str
    default_language: str = "en"
    timezone: str = "UTC"
    ingestion_profile: str
    content_enrichment: bool = True
    max_items: int = Field(default=60, ge=1, le=5000)
    query: str = ""
    tags: Annotated[tuple[str, ...], DOCUMENTATION] = ()
    notes: Note = ""


class Bouquet(Contract):
    """A named group of sources."""

    bouquet_id: str
    description: Note = ""
    source_keys: tuple[str, ...]


class SourceCatalog(Contract):
    """canonical/sources/source_catalog*.yaml"""

    sources: tuple[Source, ...]
    bouquets: tuple[Bouquet, ...] = ()


class Selectors(Contract):
    """CSS selectors of a listing; empty ones fall back to the generic parser's own."""

    container: str = ""
    item: str = ""
    title: str = ""
    url: str = ""
    date: str = ""
    description: str = ""
    next_page: str = ""


class HtmlExtractor(Contract):
    """Declarative extractor of one source's listing. `max_pages`: the reader's own limit where it is not said."""

    description: Note = ""
    selectors: Selectors
    date_format: str = ""
    max_pages: int | None = Field(default=None, ge=1, le=50)


class HtmlExtractors(Contract):
    """canonical/sources/html_extractors*.yaml: extractors by source_key, and titles that are links, not articles."""

    extractors: dict[str, HtmlExtractor] = Field(default_factory=dict)
    link_only_titles: tuple[TermSpec, ...] = ()


class ModelPrice(Contract):
    """US dollars per million tokens; `source` documents the list that it was read from and when."""

    input_per_million: float = Field(ge=0)
    output_per_million: float = Field(ge=0)
    source: Note = ""


class ModelPrices(Contract):
    """canonical/models/model_prices.yaml: prices by model id, matched after the routing prefix (us., eu., global.)."""

    prices: dict[str, ModelPrice]
