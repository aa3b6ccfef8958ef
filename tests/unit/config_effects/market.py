"""The engine's invented market, with more in its files, so that every setting has something to decide."""

import copy
from collections.abc import Sequence
from typing import Any

import yaml

from shared.config.loader import MappingSource, load_tree
from shared.config.tree import ConfigTree
from tests.unit.engine.samples import FILES

Files = dict[str, Any]
SITE, FEED = "https://glimmer.example.org/news", "https://night.example.org/feed"

ADDITIONS = """
canonical/scopes/company_scopes.yaml:
  entities:
    - {id: glimmerworks, name: Glimmerworks, type: pure_player}
    - {id: lanternhouse, name: Lanternhouse, type: pure_player, aliases: [Lantern House Labs]}
    - {id: bigbulb, name: Bigbulb, type: hybrid}
    - {id: sparkle, name: Sparkle, case: exact, requires_any: [lamp]}
    - {id: passerby, name: Passerby}
  scopes:
    makers: [glimmerworks, lanternhouse, bigbulb, sparkle]
    core: [glimmerworks]
canonical/scopes/molecule_scopes.yaml:
  entities:
    - {id: phosphorin, name: phosphorin, aliases: [PH-77]}
    - {id: wicksol, name: Wicksol, case: exact, requires_any: [candle]}
  scopes:
    substances: [phosphorin, wicksol]
canonical/scopes/trademark_scopes.yaml:
  entities:
    - {id: longlite, name: LONGLITE, molecule_id: phosphorin, company_id: glimmerworks, aliases: [Longlite Plus]}
    - {id: emberon, name: Emberon, case: exact, requires_any: [candle], molecule_id: wicksol, company_id: lanternhouse}
  scopes:
    marks: [longlite, emberon]
canonical/scopes/technology_scopes.yaml:
  scopes:
    slowlight:
      profile: slow
      categories:
        core: [slow lantern, {term: SLW, case: exact, requires_any: [lamp], excludes_any: [wind]}, afterglow wick]
        support: [weekly glow]
        negative: [torch]
canonical/scopes/indication_scopes.yaml:
  scopes: {darkness: [dusk]}
canonical/scopes/exclusion_scopes.yaml:
  scopes:
    hiring: {match_in: title, terms: [is hiring, seeks a]}
    hidden: {match_in: text, terms: [sponsored glow]}
canonical/ingestion_profiles.yaml:
  profiles:
    broad:
      source_types: [press_corporate, press_sector]
      minimum_text_length: 20
      signal_requirements: {mode: exclude_only, exclusion_scopes: [hiring]}
    narrow:
      source_types: [press_sector, pubmed]
      signal_requirements:
        mode: require_signals
        exclusion_scopes: [hidden]
        required_signal_groups:
          - {group_id: light, scopes: [slowlight.core], weight: 2, min_matches: 1, match_in: lead}
          - {group_id: maker, scopes: [makers], weight: 1}
        combination_logic: light OR maker
        rescue_logic: light AND maker
        minimum_total_weight: 1.5
canonical/matching/domain_matching_rules.yaml:
  technology_profiles:
    slow:
      signals:
        core: {categories: [core], min_matches: 1}
        support: {categories: [support]}
        negative: {categories: [negative]}
      reject_if:
        - {id: torch, when: negative AND NOT core}
      match:
        - {id: mark_ruling, when: trademark AND event_regulatory, confidence: high}
        - {id: core_deal, when: pure_player AND event_partnership, confidence: high}
        - {id: named_technology, when: core AND entity, confidence: high}
        - {id: dark, when: indication AND entity, confidence: medium}
        - {id: core_news, when: pure_player AND NOT event_financial_results, confidence: low}
        - {id: hybrid_news, when: hybrid AND support, confidence: medium}
    deals:
      match:
        - {id: any_deal, when: event_partnership, confidence: medium}
  domain_types: {technology: slow, regulatory: deals, indication: slow}
canonical/matching/story_rules.yaml:
  news_days: 3
  repost_days: 30
  repost_similarity: 95
  alike_similarity: 80
  related_similarity: 48
  party_steps: [deal]
  steps: {deal: [licence, pact], ruling: [approves, clears]}
  facets: {season: {winter: [winter], summer: [summer]}}
canonical/events/event_words.yaml:
  texts: {regulatory: 3, partnership: 3, clinical_update: 3, product_performance: 3, financial_results: 3,
          recruitment: 3}
  words: {a: {regulatory: 1, partnership: 1}}
canonical/sources/source_catalog.yaml:
  sources:
    - {source_key: glimmer_site, name: Glimmerworks newsroom, company_id: glimmerworks,
       url: "https://glimmer.example.org/news", ingestion_mode: html, source_type: press_corporate,
       timezone: Europe/Paris, ingestion_profile: broad}
    - {source_key: night_post, name: The Night Post, url: "https://night.example.org/feed", ingestion_mode: rss,
       source_type: press_sector, timezone: Asia/Tokyo, ingestion_profile: narrow}
    - {source_key: papers, name: Papers, url: "https://pubmed.ncbi.nlm.nih.gov/", ingestion_mode: pubmed,
       source_type: press_sector, query: slow lantern, ingestion_profile: narrow}
    - {source_key: foreign_wire, name: Foreign Wire, url: "https://foreign.example.org/feed",
       ingestion_mode: rss, source_type: press_sector, ingestion_profile: broad}
  bouquets:
    - {bouquet_id: own, source_keys: [glimmer_site, night_post, papers]}
canonical/sources/html_extractors.yaml:
  extractors:
    glimmer_site:
      selectors: {container: "#main", item: div.it, title: .t, url: a.u, date: .d, description: .s, next_page: a.next}
      date_format: "%d.%m.%Y"
      max_pages: 2
  link_only_titles: [Download lamp]
"""
CLIENT_ADDITIONS = """
watch_domains:
  - {id: tech, type: technology, priority: high, technology_scope: slowlight, company_scope: makers,
     molecule_scope: substances, trademark_scope: marks, indication_scope: darkness}
  - {id: rules, type: regulatory, priority: low}
schedule: {collect: "rate(6 hours)", edition: "cron(0 8 ? * MON *)"}
newsletter_delivery:
  {mode: auto, from_address: nightly@example.org, recipients: [ann@example.org], reply_to: desk@example.org}
budget: {monthly_usd: 0, on_exceeded: rules}
"""


def base() -> Files:
    """Path → content of every file."""
    files = {path: yaml.safe_load(text) for path, text in FILES.items()}
    files |= yaml.safe_load(ADDITIONS)
    files["clients/nightly.yaml"] |= yaml.safe_load(CLIENT_ADDITIONS)
    return files


def load(files: Files) -> ConfigTree:
    return load_tree(MappingSource({path: yaml.safe_dump(content).encode() for path, content in files.items()}))


def changed(files: Files, path: str, where: Sequence[str | int], value: Any) -> Files:
    """The files with one value set."""
    copied = copy.deepcopy(files)
    target = copied.setdefault(path, {})
    for step in where[:-1]:
        target = target.setdefault(step, {}) if isinstance(target, dict) else target[step]
    target[where[-1]] = value
    return copied


def renamed(files: Files, old: str, new: str) -> Files:
    """The files with a name replaced everywhere it is a whole value or key."""
    text = yaml.safe_dump_all([files[path] for path in sorted(files)])
    words = {f" {old}\n": f" {new}\n", f"{old}:": f"{new}:"}
    for before, after in words.items():
        text = text.replace(before, after)
    paths = (path.replace(f"clients/{old}.", f"clients/{new}.") for path in sorted(files))
    return dict(zip(paths, yaml.safe_load_all(text), strict=True))
