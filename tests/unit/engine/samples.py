"""A small invented market, and items of it: no test of the engine needs the product's own configuration."""

from collections.abc import Iterable
from datetime import date, timedelta

from services.engine.facts import Facts, read_facts
from services.engine.matching import plan_domains
from services.engine.selection import Rules
from shared.config.client import ClientConfig
from shared.config.loader import MappingSource, load_tree
from shared.config.tree import ConfigTree
from shared.contracts.items import DatedBy, Entity, NormalizedItem, Normalizer, Sentence
from shared.ids import content_hash, item_id

TODAY = date(2026, 3, 9)

FILES = {
    "canonical/scopes/company_scopes.yaml": """
entities:
  - {id: glimmerworks, name: Glimmerworks, type: pure_player}
  - {id: lanternhouse, name: Lanternhouse, type: pure_player, aliases: [Lantern House Labs]}
  - {id: bigbulb, name: Bigbulb, type: hybrid}
  - {id: passerby, name: Passerby}
scopes:
  makers: [glimmerworks, lanternhouse, bigbulb]
""",
    "canonical/scopes/molecule_scopes.yaml": """
entities:
  - {id: phosphorin, name: phosphorin}
  - {id: wicksol, name: wicksol}
scopes:
  substances: [phosphorin, wicksol]
""",
    "canonical/scopes/trademark_scopes.yaml": """
entities:
  - {id: longlite, name: LONGLITE, molecule_id: phosphorin, company_id: glimmerworks}
  - {id: emberon, name: Emberon, molecule_id: wicksol, company_id: lanternhouse}
scopes:
  marks: [longlite, emberon]
""",
    "canonical/scopes/technology_scopes.yaml": """
scopes:
  slowlight:
    profile: slow
    categories:
      core: [slow lantern, afterglow wick]
      support: [weekly glow]
      negative: [torch]
""",
    "canonical/scopes/indication_scopes.yaml": "scopes: {darkness: [dusk]}\n",
    "canonical/scopes/exclusion_scopes.yaml": """
scopes:
  hiring: {match_in: title, terms: [is hiring, seeks a]}
""",
    "canonical/ingestion_profiles.yaml": """
profiles:
  broad:
    source_types: [press_corporate, press_sector]
    signal_requirements: {mode: exclude_only, exclusion_scopes: [hiring]}
""",
    "canonical/matching/domain_matching_rules.yaml": """
technology_profiles:
  slow:
    signals:
      core: {categories: [core]}
      support: {categories: [support]}
      negative: {categories: [negative]}
    reject_if:
      - {id: torch, when: negative AND NOT core}
    match:
      - {id: mark_ruling, when: trademark AND event_regulatory, confidence: high}
      - {id: core_deal, when: pure_player AND event_partnership, confidence: high}
      - {id: named_technology, when: core AND entity, confidence: high}
      - {id: core_news, when: pure_player AND NOT event_financial_results, confidence: low}
      - {id: figures_of_core, when: pure_player AND event_financial_results AND core, confidence: low}
domain_types: {technology: slow, regulatory: slow, indication: slow}
""",
    "canonical/matching/story_rules.yaml": """
party_steps: [deal]
steps:
  ruling: [approves, approval, nod]
  filing: [files, filed]
  sales: [sales]
  deal: [licence]
  results: [results]
facets:
  phase: {two: [phase 2], three: [phase 3]}
""",
    "canonical/scoring/scoring_rules.yaml": """
event_type_weights:
  {partnership: 8, regulatory: 7, clinical_update: 6, product_performance: 4, financial_results: 0, recruitment: 0}
domain_priority_weights: {high: 3, medium: 2, low: 1}
match_confidence_weights: {high: 3, medium: 1.5, low: 0}
source_type_weights: {press_corporate: 2, press_sector: 1}
recency_weight: 2
recency_decay_half_life_days: 7
signal_depth_bonus: 0.3
signal_depth_max: 5
signal_quality_weights: {core: 2, support: 1}
pure_player_bonus: 2
hybrid_company_bonus: 0.5
trademark_bonus: 4
molecule_bonus: 2
technology_bonus: 1
regulatory_trademark_bonus: 3
contextual_penalties: {hiring: -6}
min_score: 10
fill_min_score: 5
""",
    "canonical/events/event_types.yaml": """
event_types:
  regulatory: {label: Regulatory, description: d, priority: 9, title_patterns: [approves]}
  partnership: {label: Deal, description: d, priority: 8, title_patterns: [licence]}
  clinical_update: {label: Trial, description: d, priority: 7}
  product_performance: {label: Sales, description: d, priority: 6, body_patterns: [capital raise]}
  financial_results: {label: Finance, description: d, priority: 5, newsworthy: false}
  recruitment: {label: Hiring, description: d, priority: 4, newsworthy: false}
""",
    "canonical/sources/source_catalog.yaml": """
sources:
  - {source_key: glimmer_site, name: Glimmerworks newsroom, company_id: glimmerworks, url: "https://glimmer.example.org/news",
     ingestion_mode: html, source_type: press_corporate, ingestion_profile: broad}
  - {source_key: night_post, name: The Night Post, url: "https://night.example.org/feed",
     ingestion_mode: rss, source_type: press_sector, ingestion_profile: broad}
  - {source_key: foreign_wire, name: Foreign Wire, url: "https://foreign.example.org/feed",
     ingestion_mode: rss, source_type: press_sector, ingestion_profile: broad}
bouquets:
  - {bouquet_id: own, source_keys: [glimmer_site, night_post]}
""",
    "canonical/sources/html_extractors.yaml": "extractors: {}\n",
    "canonical/models/model_prices.yaml": """
prices:
  test-model: {input_per_million: 3, output_per_million: 15}
""",
    "clients/nightly.yaml": """
client_profile: {client_id: nightly, name: Nightly Glow, timezone: Europe/Paris}
pipeline: {default_period_days: 7}
watch_domains:
  - {id: tech, type: technology, priority: high, technology_scope: slowlight, company_scope: makers,
     molecule_scope: substances, trademark_scope: marks}
source_config: {source_bouquets_enabled: [own]}
newsletter_layout:
  sections:
    - {id: rulings, title: Rulings, filter_event_types: [regulatory], max_items: 3}
    - {id: deals, title: Deals, filter_event_types: [partnership], max_items: 3}
    - {id: progress, title: Progress, filter_event_types: [clinical_update, product_performance], max_items: 3,
       sort_by: date_desc}
selection: {max_items_total: 6, thin_below: 2}
newsletter_delivery: {mode: review, from_address: nightly@example.org}
""",
}


def make_tree(**changes: str) -> ConfigTree:
    """The invented tree; `changes` replace whole files, by the last part of their name without ending."""
    files = {path: changes.get(path.split("/")[-1].removesuffix(".yaml"), text) for path, text in FILES.items()}
    return load_tree(MappingSource({path: text.encode() for path, text in files.items()}))


TREE = make_tree()
CLIENT = TREE.client("nightly")


def with_client(**parts: dict[str, object]) -> ClientConfig:
    """The invented client with fields of its parts changed, such as selection={"thin_below": 0}."""
    raw = CLIENT.model_dump(mode="json")
    for part, values in parts.items():
        raw[part] = {**raw[part], **values}
    return ClientConfig.model_validate(raw)


def make_item(
    title: str = "Regulator approves LONGLITE for winter use",
    *,
    url: str = "",
    event_type: str = "regulatory",
    published: str = "2026-03-05",
    source_key: str = "night_post",
    source_name: str = "The Night Post",
    source_type: str = "press_sector",
    company_id: str | None = None,
    sentences: Iterable[str] = (),
    entities: Iterable[Entity] = (),
    normalized_at: str = "2026-03-06T06:00:00+00:00",
    sources: tuple[str, ...] = (),
    language: str = "en",
) -> NormalizedItem:
    """A normalized item; its sentences are their own evidence."""
    address = url or f"https://night.example.org/{content_hash(title, published, source_key)}"
    identity = item_id(address) if address.startswith("http") else content_hash(address)
    return NormalizedItem(
        item_id=identity,
        content_hash=content_hash(title, *sentences),
        url=address,
        title=title,
        published=published,
        dated_by=DatedBy(origin="meta", confidence="high"),
        source_key=source_key,
        source_name=source_name,
        source_type=source_type,
        sources=sources or (source_key,),
        language=language,
        company_id=company_id,
        raw_key=f"raw/{identity}/x.json",
        event_type=event_type,
        event_confidence=0.9,
        entities=tuple(entities),
        summary=tuple(Sentence(text=one, evidence=one) for one in sentences),
        normalizer=Normalizer(kind="rules", model_id="rules", region="", signature="sig"),
        normalized_at=normalized_at,
    )


def corporate(title: str, **rest: object) -> NormalizedItem:
    """An item of the pure player's own site."""
    return make_item(
        title,
        source_key="glimmer_site",
        source_name="Glimmerworks newsroom",
        source_type="press_corporate",
        company_id="glimmerworks",
        **rest,  # type: ignore[arg-type]
    )


def facts(item: NormalizedItem, *, late: bool = False, tree: ConfigTree = TREE) -> Facts:
    return read_facts(item, tree, late=late)


def make_rules(client: ClientConfig = CLIENT, tree: ConfigTree = TREE, today: date = TODAY) -> Rules:
    return Rules(client, plan_domains(tree, client), tree.scoring, tree.event_types, today)


def days_before(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()
