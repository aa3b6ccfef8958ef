"""A small legacy tree without a defect of its own, for tests to break in one place."""

from collections.abc import Mapping
from pathlib import Path

FILES: dict[str, str] = {
    "canonical/scopes/company_scopes.yaml": """\
acme_companies_core:
  - Acme
acme_companies_global:
  - Acme
  - Bolt
""",
    "canonical/scopes/molecule_scopes.yaml": "acme_molecules_global:\n  - drugazole\n",
    "canonical/scopes/trademark_scopes.yaml": "acme_trademarks_global:\n  - Drugex\n",
    "canonical/scopes/technology_scopes.yaml": """\
acme_keywords:
  _metadata:
    profile: technology_complex
    description: A technology
  core_phrases:
    - slow pump
  generic_terms:
    - pump
""",
    "canonical/scopes/indication_scopes.yaml": "pain_keywords:\n  - chronic pain\n",
    "canonical/scopes/exclusion_scopes.yaml": "hr_content:\n  - job opening\n",
    "canonical/matching/domain_matching_rules.yaml": """\
technology_profiles:
  technology_complex:
    description: Several signals
    signal_requirements:
      core_signals:
        categories: [core_phrases]
        min_matches: 1
regulatory:
  match_mode: any_required
  dimensions:
    company:
      requirement: optional
""",
    "canonical/scoring/scoring_rules.yaml": """\
event_type_weights:
  regulatory: 5
  other: 1
domain_priority_weights:
  high: 3
  medium: 2
  low: 1
other_factors:
  pure_player_bonus: 1
contextual_penalties:
  hr_content: -5
selection_thresholds:
  min_score: 8
""",
    "canonical/events/event_type_definitions.yaml": """\
regulatory:
  description: Approvals
other:
  description: Rest
""",
    "canonical/events/event_type_patterns.yaml": """\
event_types:
  regulatory:
    label: Regulatory
    description: Approvals
    title_keywords:
      - regulatory approval
""",
    "canonical/ingestion_profiles.yaml": """\
profiles:
  broad:
    description: Everything but noise
    signal_requirements:
      mode: exclude_only
      exclusion_scopes:
        - exclusion_scopes.hr_content
    applicable_contexts:
      source_types: [press_corporate]
""",
    "canonical/sources/source_catalog.yaml": """\
sources:
  - source_key: press_corporate__acme
    company_id: acme
    homepage_url: https://www.acme.com/
    rss_url: ""
    html_url: https://www.acme.com/news
    ingestion_mode: html
    enabled: true
    source_type: press_corporate
    ingestion_profile: broad
bouquets:
  - bouquet_id: acme_press
    source_keys:
      - press_corporate__acme
""",
    "canonical/sources/html_extractors.yaml": """\
extractors:
  press_corporate__acme:
    selectors:
      item: li
    max_items: 20
""",
    "clients/acme.yaml": """\
client_profile:
  name: Acme Weekly
  client_id: acme
watch_domains:
  - id: tech
    type: technology
    technology_scope: acme_keywords
    company_scope: acme_companies_global
  - id: law
    type: regulatory
    company_scope: acme_companies_global
source_config:
  source_bouquets_enabled:
    - acme_press
newsletter_layout:
  sections:
    - id: law
      title: Regulatory
      filter_event_types:
        - regulatory
newsletter_delivery:
  include_tldr: true
""",
    "imports/company_seed.csv": """\
company_id,company_name,homepage_url
acme,Acme,https://www.acme.com/
bolt,Bolt,https://bolt.com/
""",
}


def write_tree(folder: Path, changes: Mapping[str, tuple[str, str] | str | None] | None = None) -> Path:
    """Write FILES below `folder` with `changes`: (old, new) replaced once, a whole text, or None for no such file."""
    files = dict(FILES)
    for path, change in (changes or {}).items():
        if change is None:
            del files[path]
        elif isinstance(change, str):
            files[path] = change
        else:
            assert change[0] in files[path]
            files[path] = files[path].replace(*change, 1)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def write_flattened(folder: Path) -> Path:
    """The same tree with every canonical file right below canonical/."""
    for path, text in FILES.items():
        name = f"canonical/{Path(path).name}" if path.startswith("canonical/") else path
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder
