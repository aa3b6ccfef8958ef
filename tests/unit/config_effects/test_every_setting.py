"""A setting that is read by nothing is a lie to the one who edits it: each is changed here, and must be felt."""

from typing import Any

import pytest

from shared.errors import ConfigError
from tests.unit.config_effects.changes import LISTS, REFUSED, RENAMES, SETS, apply
from tests.unit.config_effects.fields import documentation, lists, models, settings
from tests.unit.config_effects.market import base, load
from tests.unit.config_effects.observe import observe


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    return observe(load(base()))


@pytest.mark.parametrize("setting", sorted({*SETS, *LISTS, *RENAMES}))
def test_a_changed_setting_is_felt(setting: str, before: dict[str, Any]) -> None:
    files = apply(setting, base())
    if setting in REFUSED:
        with pytest.raises(ConfigError):
            load(files)
        return
    tree = load(files)
    client = next(iter(tree.clients))
    assert observe(tree, client) != before


def test_every_setting_of_the_schema_has_a_change() -> None:
    assert settings() - {*SETS, *RENAMES} == set()


def test_every_list_of_the_schema_has_a_change() -> None:
    assert lists() == set(LISTS)


def test_no_change_is_for_a_setting_that_is_gone() -> None:
    assert {*SETS, *RENAMES} - settings() == set()


def test_the_walk_reaches_all_files() -> None:
    assert len(models()) > 40
    assert {"EventType.description", "Source.url", "Term.case", "SectionConfig.sort_by"} <= settings()
    assert {"Source.notes", "Company.homepage_url", "IngestionProfile.rationale"} <= documentation()


def test_nothing_is_observed_where_nothing_changes(before: dict[str, Any]) -> None:
    assert observe(load(base())) == before


@pytest.mark.parametrize("note", ["Source.notes", "Source.tags", "Company.source"])
def test_documentation_decides_nothing(note: str, before: dict[str, Any]) -> None:
    files = base()
    files["canonical/sources/source_catalog.yaml"]["sources"][0] |= {"notes": "other", "tags": ["other"]}
    files["canonical/scopes/company_scopes.yaml"]["entities"][0] |= {"source": "elsewhere"}
    assert note in documentation()
    assert observe(load(files)) == before
