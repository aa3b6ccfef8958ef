"""`config check` over trees that are wrong in one place: each is told with file, line and a suggestion."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.config_commands import app
from cli.config_tree import DEFAULT, load
from shared.config.loader import ConfigDefects

EXCLUSIONS = "canonical/scopes/exclusion_scopes.yaml"
COMPANIES = "canonical/scopes/company_scopes.yaml"
TECHNOLOGY = "canonical/scopes/technology_scopes.yaml"
PROFILES = "canonical/ingestion_profiles.yaml"
MATCHING = "canonical/matching/domain_matching_rules.yaml"
EXTRACTORS = "canonical/sources/html_extractors.yaml"
SCORING = "canonical/scoring/scoring_rules.yaml"
DEMO = "clients/demo.yaml"
Tree = Callable[[str, str, str], Path]


@pytest.fixture
def changed(tmp_path: Path) -> Tree:
    """A copy of the product's tree in which the first `old` of a file is `new`."""

    def change(file: str, old: str, new: str) -> Path:
        tree = tmp_path / "config"
        shutil.copytree(DEFAULT, tree)
        content = (tree / file).read_text()
        assert old in content
        (tree / file).write_text(content.replace(old, new, 1))
        return tree

    return change


def notes(tree: Path) -> list[str]:
    result = CliRunner().invoke(app, ["check", str(tree)])
    assert result.exit_code == 0, result.output
    return [line for line in result.output.splitlines() if line.startswith("note: ")]


def line_of(tree: Path, file: str, text: str) -> int:
    """The last line that holds `text`."""
    return max(number for number, line in enumerate((tree / file).read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "told", "suggestion"),
    [
        (EXCLUSIONS, "- human resources", "- job opening", "- job opening", "'job opening' is also in", "keep it in"),
        (
            COMPANIES,
            "  - id: adocia",
            "  - id: two-in-one\n    name: Camurus MedinCell\n  - id: adocia",
            "id: two-in-one",
            "'Camurus MedinCell' is made of the names of 'camurus' and 'medincell'",
            "remove it",
        ),
        (EXCLUSIONS, "- human resources", "- PAS", "- PAS", "'PAS' is found as 'pas' too", "say case: exact"),
        (COMPANIES, "name: Adocia", "name: ADO", "name: ADO", "'ADO' is found as 'ado' too", "say case: exact"),
        (
            MATCHING,
            "      depot:\n",
            "      forgotten:\n        categories: [depot_forms]\n      depot:\n",
            "forgotten:",
            "reads the signal 'forgotten'",
            "name it, or remove it",
        ),
        (
            PROFILES,
            "        - group_id: oral_form\n",
            "        - group_id: idle\n          scopes: [lai_conditions]\n          weight: 0\n"
            "        - group_id: oral_form\n",
            "group_id: idle",
            "names the group 'idle'",
            "name it there",
        ),
        (
            TECHNOLOGY,
            "      generic_terms:\n",
            "      left_alone:\n        - slow jelly\n      generic_terms:\n",
            "left_alone:",
            "reads the category 'left_alone'",
            "name it in a signal",
        ),
        (SCORING, "fill_min_score: 8", "fill_min_score: 80", "fill_min_score: 80", "above min_score 12", "less than"),
        (
            DEMO,
            "selection:",
            "scoring_config:\n  min_score: 3\n  fill_min_score: 4\nselection:",
            "fill_min_score: 4",
            "fill_min_score 4 is above min_score 3",
            "write less than 3",
        ),
        (
            DEMO,
            "  sections:\n",
            "  sections:\n    - id: everything\n      title: All\n",
            "id: everything",
            "section 'everything' takes any item: only what it has no room for comes to 'regulatory_updates', ",
            "put it last",
        ),
    ],
)  # fmt: skip
def test_what_its_author_hardly_means_is_a_note(
    changed: Tree, file: str, old: str, new: str, line: str, told: str, suggestion: str
) -> None:
    tree = changed(file, old, new)
    added = [note for note in notes(tree) if told in note]
    assert len(added) == 1, notes(tree)
    assert added[0].startswith(f"note: {file}:{line_of(tree, file, line)}: ")
    assert suggestion in added[0]


def test_the_products_tree_gets_no_note_of_a_likely_mistake() -> None:
    kinds = ("no domain and no profile", "no source names", "no signal and no signal group reads the category")
    assert [note for note in notes(DEFAULT) if not any(kind in note for kind in kinds)] == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (EXCLUSIONS, "- human resources", "- { term: PAS, case: exact }"),
        (EXCLUSIONS, "- human resources", "- { term: PAS, case: ignore }"),
        (EXCLUSIONS, "- human resources", "- { term: PAS, requires_any: [injection] }"),
        (COMPANIES, "name: Adocia", "name: ADO\n    case: exact"),
        ("canonical/scopes/exclusion_scopes_sirna.yaml", "- CRISPR", "- implantable device"),
        (COMPANIES, "name: Adocia", "name: Adocia Bioscience"),
        (DEMO, "selection:", "scoring_config:\n  min_score: 4\n  fill_min_score: 4\nselection:"),
        (DEMO, "selection:", "    - id: rest\n      title: Rest\n\nselection:"),
    ],
    ids=["exact", "case said", "context", "name exact", "other profile", "one name", "no fill", "rest last"],
)
def test_what_is_meant_so_is_no_note(changed: Tree, file: str, old: str, new: str) -> None:
    before = {re.sub(r":\d+:", ":", note) for note in notes(DEFAULT)}
    assert {re.sub(r":\d+:", ":", note) for note in notes(changed(file, old, new))} == before


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "told", "suggestion"),
    [
        (EXTRACTORS, "h2 a", "h2 >> [a", "h2 >> [a", "is no CSS selector", "div.news a"),
        (EXTRACTORS, "h2 a", "h2::before", "h2::before", "is no CSS selector", "div.news a"),
        (EXCLUSIONS, "scopes:\n", "scopes:\n  nothing: {terms: []}\n", "nothing:", "holds no term", "add its terms"),
        (COMPANIES, "name: Adocia", 'name: "Ado\\u0007cia"', "u0007", "holds U+0007", "remove it"),
        (COMPANIES, "name: Adocia", 'name: "Ado\\u200bcia"', "u200b", "holds U+200B", "remove it"),
        (COMPANIES, "name: Adocia", "name: Ado\u202ecia", "\u202e", "holds U+202E", "remove it"),
        (COMPANIES, "name: Adocia", "name: Ado\x07cia", "Ado\x07cia", "control characters", "remove control"),
        (DEMO, "language: en", "language: de", "language: de", "language", "write en or fr"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_a_defect(
    changed: Tree, file: str, old: str, new: str, line: str, told: str, suggestion: str
) -> None:
    tree = changed(file, old, new)
    with pytest.raises(ConfigDefects) as caught:
        load(tree)
    found = [defect for defect in caught.value.defects if told in defect.message]
    assert [(one.file, one.line) for one in found] == [(file, line_of(tree, file, line))], caught.value
    assert suggestion in found[0].suggestion


@pytest.mark.parametrize("name", ["other.YAML", "other.Yml", "other.yml", "other.yaml.txt"])
def test_a_file_that_is_nearly_a_yaml_file_is_told(changed: Tree, name: str) -> None:
    tree = changed(DEMO, "selection:", "selection:")
    (tree / "clients" / name).write_text((tree / DEMO).read_text())
    with pytest.raises(ConfigDefects, match=re.escape(f"clients/{name}:0: nothing reads this file (rename it to")):
        load(tree)
