"""`config import`: what comes out passes the check, nothing is guessed, everything is accounted for."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.config_commands import app
from cli.legacy.convert import convert, report, yaml_files
from cli.legacy.files import read_tree
from shared.config.loader import DirectorySource, check_tree, load_tree
from shared.config.sources import MappingSource
from shared.errors import ConfigError, InputError
from tests.unit.legacy.test_findings import COMPANIES, EXCLUSIONS, MATCHING, SCORING, SEED, TECHNOLOGY
from tests.unit.legacy.trees import FILES, write_flattened, write_tree

RULE = """\
    combination_logic: |
      MATCH if:
        (core_signal AND entity) OR (core_signal AND moon_full)  # since spring
      REJECT if:
        moon_new
regulatory:"""
RUNNABLE: dict[str, Any] = {MATCHING: ("regulatory:", RULE)}


def imported(folder: Path) -> tuple[dict[str, Any], str]:
    """The converted files as plain values, and the account of the import."""
    out = convert(read_tree(folder))
    files = yaml_files(out)
    _, defects = check_tree(MappingSource(files))
    return {path: yaml.safe_load(text) for path, text in files.items()}, report(out, defects)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_predecessors_tree_passes_the_check_after_import(owner_config: Path, tmp_path: Path) -> None:
    done = run("import", owner_config, "--output", tmp_path / "new")
    assert done.exit_code == 0, done.output
    tree = load_tree(DirectorySource(tmp_path / "new"))
    assert set(tree.clients) == {"lai_weekly", "lai_weekly_v2", "lai_weekly_v3", "tech_weekly_template"}
    assert len(tree.companies) > 150
    assert tree.companies["medincell"].type == "pure_player"
    assert tree.companies["pfizer"].type == "hybrid"
    assert "nothing reads matching_config" in (tmp_path / "new" / "IMPORT.md").read_text()
    assert run("check", tmp_path / "new").exit_code == 0


def test_every_term_of_the_predecessor_is_carried_over_or_accounted_for(owner_config: Path) -> None:
    tree = read_tree(owner_config)
    out = convert(tree)
    written = yaml_files(out)
    accounted = report(out, [])
    for kind in ("company", "molecule", "trademark"):
        names = {entity["name"] for entity in out.files[f"canonical/scopes/{kind}_scopes.yaml"]["entities"]}
        for file in tree.of(f"{kind}_scopes"):
            missing = [name for scope in file.value.values() for name in scope if name not in names]
            assert [name for name in missing if repr(name) not in accounted] == []
    assert all(text.startswith(b"# yaml-language-server: $schema=") for text in written.values())


def test_a_small_tree_is_carried_over_in_full(tmp_path: Path) -> None:
    for folder in (write_tree(tmp_path / "deep", RUNNABLE), write_flattened(tmp_path / "flat")):
        (folder / "canonical" / "domain_matching_rules.yaml").unlink(missing_ok=True)
        (folder / MATCHING).parent.mkdir(parents=True, exist_ok=True)
        (folder / MATCHING).write_text(FILES[MATCHING].replace("regulatory:", RULE))
        files, account = imported(folder)
        assert "Nothing: `vectora config check` passes." in account
        assert files[COMPANIES]["scopes"] == {
            "acme_companies_core": ["acme"],
            "acme_companies_global": ["acme", "bolt"],
        }
        assert files["canonical/sources/source_catalog.yaml"]["sources"][0]["max_items"] == 20
        assert files["clients/acme.yaml"]["newsletter_delivery"]["include_tldr"] is True


def test_a_rule_in_words_is_translated_as_far_as_its_names_are_defined(tmp_path: Path) -> None:
    files, account = imported(write_tree(tmp_path, RUNNABLE))
    profile = files[MATCHING]["technology_profiles"]["technology_complex"]
    assert profile["match"] == [{"id": "rule_1", "when": "core_signals AND entity"}]
    assert profile["reject_if"] == []
    assert "'core_signal AND moon_full' is left out: it uses what nothing defines" in account


def test_only_what_is_unmistakably_a_regular_expression_becomes_one(tmp_path: Path) -> None:
    terms = "  - job opening\n  - seeks.*engineer\n  - U.S. filing\n  - what?\n  - C++\n  - (draft)\n  - .*\n"
    files, account = imported(write_tree(tmp_path, {**RUNNABLE, EXCLUSIONS: f"hr_content:\n{terms}"}))
    kept = files[EXCLUSIONS]["scopes"]["hr_content"]["terms"]
    assert kept == ["job opening", "regex:seeks.{0,60}engineer", "U.S. filing", "what?", "C++", "(draft)"]
    assert "'seeks.*engineer' is a regular expression: written as 'regex:seeks.{0,60}engineer'" in account
    assert "the regular expression '.*' is not allowed" in account


def test_glued_names_are_left_for_a_human_and_spellings_are_merged(tmp_path: Path) -> None:
    names = "acme_companies_global:\n  - Acme\n  - ACME®\n  - Bolt Ltd; Nut AB\n"
    files, account = imported(write_tree(tmp_path, {**RUNNABLE, COMPANIES: names}))
    assert [entity["name"] for entity in files[COMPANIES]["entities"]] == ["Acme"]
    assert "'ACME®' is the same as 'Acme': one entity" in account
    assert "'Bolt Ltd; Nut AB' is no name to make an entity of" in account


def test_an_address_of_another_company_is_not_carried_over(tmp_path: Path) -> None:
    files, account = imported(write_tree(tmp_path, {**RUNNABLE, SEED: ("https://bolt.com/", "https://www.acme.com/")}))
    homepages = {entity["id"]: entity.get("homepage_url") for entity in files[COMPANIES]["entities"]}
    assert homepages == {"acme": "https://www.acme.com/", "bolt": None}
    assert "the address of 'Bolt' is left out" in account


def test_the_first_of_two_definitions_is_named_with_what_it_said(tmp_path: Path) -> None:
    twice = ("selection_thresholds:", "contextual_penalties:\n  hr_content: -6\nselection_thresholds:")
    files, account = imported(write_tree(tmp_path, {**RUNNABLE, SCORING: twice}))
    assert files[SCORING]["contextual_penalties"] == {"hr_content": -6}
    assert "the first 'contextual_penalties' never counted: {'hr_content': -5} is left out" in account


def test_a_term_in_two_classes_stays_in_the_first_and_this_is_said(tmp_path: Path) -> None:
    files, account = imported(write_tree(tmp_path, {**RUNNABLE, TECHNOLOGY: ("    - pump", "    - Slow-Pump")}))
    assert files[TECHNOLOGY]["scopes"]["acme_keywords"]["categories"] == {
        "core_phrases": ["slow pump"],
        "generic_terms": [],
    }
    assert "'Slow-Pump' left out here: acme_keywords.core_phrases has it already" in account


def test_what_is_still_wrong_is_an_error_and_listed(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "old", {**RUNNABLE, "clients/acme.yaml": ("acme_keywords", "acme_words")})
    done = run("import", folder, "--output", tmp_path / "new")
    assert isinstance(done.exception, ConfigError)
    assert "technology scope 'acme_words' is not defined" in (tmp_path / "new" / "IMPORT.md").read_text()


@pytest.mark.parametrize("what", ["not legacy", "output taken"])
def test_bad_usage_writes_nothing(tmp_path: Path, what: str) -> None:
    folder = write_tree(tmp_path / "old", RUNNABLE)
    output = tmp_path / "new"
    if what == "not legacy":
        folder = Path(__file__).resolve().parents[3] / "config"
    else:
        output.mkdir()
        (output / "mine.txt").write_text("mine")
    done = run("import", folder, "--output", output)
    assert isinstance(done.exception, InputError)
    assert not output.exists() or [path.name for path in output.iterdir()] == ["mine.txt"]
