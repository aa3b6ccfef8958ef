"""What the check says about legacy trees: each kind of defect once, and the predecessor's tree as a golden file."""

import os
from pathlib import Path

import pytest

from cli.legacy.check import check_legacy
from cli.legacy.files import is_legacy
from tests.unit.legacy.trees import FILES, write_flattened, write_tree

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "owner_config_findings.txt"
COMPANIES = "canonical/scopes/company_scopes.yaml"
TECHNOLOGY = "canonical/scopes/technology_scopes.yaml"
EXCLUSIONS = "canonical/scopes/exclusion_scopes.yaml"
MATCHING = "canonical/matching/domain_matching_rules.yaml"
SCORING = "canonical/scoring/scoring_rules.yaml"
PATTERNS = "canonical/events/event_type_patterns.yaml"
DEFINITIONS = "canonical/events/event_type_definitions.yaml"
PROFILES = "canonical/ingestion_profiles.yaml"
CATALOG = "canonical/sources/source_catalog.yaml"
EXTRACTORS = "canonical/sources/html_extractors.yaml"
CLIENT = "clients/acme.yaml"
SEED = "imports/company_seed.csv"

MODIFIERS = """\
    entity_requirements:
      company_scope_modifiers:
        pure_player_scopes: [acme_companies_core]
        hybrid_scopes: [acme_companies_hybrid]
regulatory:"""
FREE_TEXT = """\
    combination_logic: |
      MATCH if:
        (core_signal AND core_signal) OR (core_signal AND moon_full)
      REJECT if:
        noise detected
regulatory:"""


def said(folder: Path) -> list[str]:
    return [str(finding) for finding in check_legacy(folder)]


def test_a_tree_without_defects_has_no_finding(tmp_path: Path) -> None:
    assert said(write_tree(tmp_path)) == []


def test_the_flattened_tree_is_read_alike(tmp_path: Path) -> None:
    folder = write_flattened(tmp_path)
    assert is_legacy(folder)
    assert said(folder) == []


def test_the_present_schema_is_not_taken_for_a_legacy_tree() -> None:
    assert not is_legacy(Path(__file__).resolve().parents[3] / "config")


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (SCORING, "  hr_content: -5\n", "  hr_content: -5\ncontextual_penalties:\n  hr_content: -6\n",
         ":12: error: key 'contextual_penalties' is defined twice (first on line 10)"),
        (SCORING, "  regulatory: 5\n", "", "event type 'regulatory' has no weight"),
        (DEFINITIONS, "regulatory:", "regulation:", "event type 'regulatory' has patterns but no definition"),
        (PATTERNS, "  regulatory:", "  regulation:", "event type 'regulatory' is weighed, but no pattern leads to it"),
        (CLIENT, "        - regulatory", "        - regulatry", "'regulatry' is used here, but no pattern leads to it"),
        (PATTERNS, "- regulatory approval", "- NDA", "the acronym 'NDA' has no case rule"),
        (TECHNOLOGY, "    - pump", "    - Slow-Pump®", "'Slow-Pump®' is in 'acme_keywords.generic_terms' and in "
         "'acme_keywords.core_phrases' (line 6)"),
        (TECHNOLOGY, "    - slow pump", "    - slow pump\n    - SLOW pump", "'SLOW pump' repeats 'slow pump' (line 6)"),
        (TECHNOLOGY, "    - slow pump", "    - SLP", "the acronym 'SLP' has no case rule"),
        (COMPANIES, "core:\n  - Acme", "core:\n  - Acme\n  - Cord", "'Cord' is in 'acme_companies_core' but not in"),
        (COMPANIES, "  - Bolt", "  - Bolt Co LtdCo Ltd", "'Bolt Co LtdCo Ltd' is not one name"),
        (COMPANIES, "  - Bolt", "  - Bolt Ltd; Nut AB", "'Bolt Ltd; Nut AB' is not one name"),
        (COMPANIES, "  - Bolt", "  - Bolt (Nut)", "carries a part in parentheses"),
        (COMPANIES, "  - Bolt", "  - Bolt\n  - 89", "89 is not text"),
        (COMPANIES, "  - Bolt", "  - Bolt\n  - Screw", f"'Screw' is not in {SEED}"),
        (SEED, "bolt,Bolt", "nut,Nut", "'Nut' is not in 'acme_companies_global'"),
        (EXCLUSIONS, "job opening", "seeks.*engineer", "the regular expression 'seeks.*engineer' stands in a list"),
        (EXCLUSIONS, "  - job opening", "  - job opening\nnoise: []", "scope 'noise' is empty"),
        (EXCLUSIONS, "  - job opening", "  - job opening\nnoise:\n  - job opening",
         "'job opening' is in 'noise' and in 'hr_content' (line 2)"),
        (EXCLUSIONS, "hr_content:", "hr:", "exclusion scope 'hr_content' is not defined"),
        (EXCLUSIONS, "  - job opening", "  - job opening\nnoise:\n  - x", "uses the exclusion scope 'noise'"),
        (SCORING, "  hr_content: -5", "  hr_contents: -5", "names 'hr_contents', which is no exclusion scope: nothing "
         "triggers it (did you mean 'hr_content'?)"),
        (SCORING, "  pure_player_bonus: 1", "  key_molecule_bonus: 1", "nothing reads other_factors.key_molecule_b"),
        (SCORING, "other_factors:", "moon_factors:", "nothing reads moon_factors.pure_player_bonus: it is not a known"),
        (CLIENT, "source_config:", "matching_config:\n  x: 1\nsource_config:", "nothing reads matching_config: "),
        (CLIENT, "source_config:", "moods: high\nsource_config:", "nothing reads moods: it is not a known setting"),
        (CLIENT, "- acme_press", "- acme_pres", "'acme_pres' of source_bouquets_enabled is not defined (did you mean"),
        (CLIENT, "technology_scope: acme_keywords", "technology_scope: acme_words", "'acme_words' is not defined"),
        (CLIENT, "      filter_event_types:\n        - regulatory\n",
         "    - id: rest\n      title: Rest\n      filter_event_types:\n        - regulatory\n",
         "section 'law' takes any event of any domain before the 1 after it"),
        (CLIENT, "client_id: acme", "client_id: acme2", "rename the file clients/acme2.yaml"),
        (CLIENT, "  include_tldr: true", "  notification_email: a@example.org", "notification_email is an example"),
        (CATALOG, "html_url: https://www.acme.com/news", 'html_url: ""', "has an empty html_url"),
        (CATALOG, "https://www.acme.com/news", "https://placeholder/acme.rss", "is a placeholder, not an address"),
        (CATALOG, "https://www.acme.com/news", "https://www.google.com/search?q=Acme", "is a search, not an address"),
        (CATALOG, "https://www.acme.com/news", "https://news.example.com/x", "is an example, not an address"),
        (CATALOG, "https://www.acme.com/news", "https://www.bolt.com/news", "on bolt.com, which does not name it"),
        (CATALOG, "ingestion_profile: broad", "ingestion_profile: broat", "(did you mean 'broad'?)"),
        (CATALOG, "    ingestion_mode: html\n", "", "1 of 1 sources have no ingestion_mode"),
        (CATALOG, "      - press_corporate__acme", "      - press_corporate__acne", "'press_corporate__acne' is not"),
        (CATALOG, "      - press_corporate__acme", "      []", "is in no bouquet, and no client names it"),
        (CATALOG, "company_id: acme", "company_id: acne", "company_id 'acne' is not in the list of companies"),
        (SEED, "https://bolt.com/", "https://www.acme.com/bolt", "'Bolt' is on acme.com: it is the domain of 'Acme'"),
        (SEED, "https://bolt.com/", "https://bolt-technologies.com/", "which says 'technologies' where the name does"),
        (SEED, "https://bolt.com/", "", "'Bolt' has no address"),
        (EXTRACTORS, "    max_items: 20", "    ssl_verify: false", "is read without verifying its certificate"),
        (EXTRACTORS, "  press_corporate__acme:", "  press_corporate__x:", "source 'press_corporate__x' is not defined"),
        (PROFILES, "mode: exclude_only", "mode: exclude_most", "mode 'exclude_most' is not known"),
        (MATCHING, "[core_phrases]", "[core_phases]", "category 'core_phases' is not defined"),
        (MATCHING, "min_matches: 1", "min_matches: 0", "needs 0 matches: it is always there"),
        (MATCHING, "regulatory:", FREE_TEXT, "names 'core_signal' twice, which asks no more than once"),
        (MATCHING, "regulatory:", FREE_TEXT, "the rule uses 'moon_full', which nothing defines"),
        (MATCHING, "regulatory:", FREE_TEXT, "the rule uses 'noise', which nothing defines"),
    ],
)  # fmt: skip
def test_every_kind_of_defect_is_found(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    found = said(write_tree(tmp_path, {file: (old, new)}))
    assert any(expected in line for line in found), found


def test_a_company_in_the_lists_of_pure_players_and_of_hybrids(tmp_path: Path) -> None:
    companies = FILES[COMPANIES] + "acme_companies_hybrid:\n  - ACME\n"
    folder = write_tree(tmp_path, {COMPANIES: companies, MATCHING: ("regulatory:", MODIFIERS)})
    assert f"{COMPANIES}:7: error: 'ACME' is both pure player and hybrid (decide which)" in said(folder)


def test_a_source_of_two_files_and_a_client_of_two_files(tmp_path: Path) -> None:
    again: dict[str, str] = {
        "canonical/sources/source_catalog_2.yaml": FILES[CATALOG],
        "clients/copy.yaml": FILES[CLIENT],
    }
    found = said(write_tree(tmp_path, again))
    first = "canonical/sources/source_catalog.yaml:2"
    assert any(f"source 'press_corporate__acme' is already defined in {first}" in line for line in found)
    assert any("client 'acme' is already defined in clients/acme.yaml" in line for line in found)


def test_a_prompt_that_names_other_event_types(tmp_path: Path) -> None:
    prompt = {"canonical/prompts/normalize.yaml": "text: Answer with other only.\n"}
    assert any(
        "the prompt does not name the event type 'regulatory'" in line for line in said(write_tree(tmp_path, prompt))
    )


def test_of_a_key_defined_twice_the_last_counts_as_it_did(tmp_path: Path) -> None:
    twice = ("selection_thresholds:", "contextual_penalties:\n  hr_contents: -6\nselection_thresholds:")
    found = said(write_tree(tmp_path, {SCORING: twice}))
    assert any(line.startswith(f"{SCORING}:13: error: contextual_penalties names 'hr_contents'") for line in found)


def test_a_broken_file_is_a_finding_and_the_others_are_still_checked(tmp_path: Path) -> None:
    broken: dict[str, tuple[str, str] | str] = {COMPANIES: "a: [1\n", EXCLUSIONS: ("job opening", "seeks.*engineer")}
    found = said(write_tree(tmp_path, broken))
    assert any(line.startswith(f"{COMPANIES}:2: error: not valid YAML") for line in found)
    assert any("seeks.*engineer" in line for line in found)


def test_the_findings_over_the_predecessors_tree_are_the_golden_ones(owner_config: Path) -> None:
    """Set VECTORA_UPDATE_GOLDEN=1 to write the file anew, and read its difference."""
    text = "".join(f"{line}\n" for line in said(owner_config))
    if os.environ.get("VECTORA_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
