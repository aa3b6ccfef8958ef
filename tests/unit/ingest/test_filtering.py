"""The profile's verdict: exclusions of every kind fire wherever the process runs; what is missing lets nothing in."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.ingest.filtering import Filter, filters_for
from shared.config.loader import DirectorySource, MappingSource, load_tree
from shared.config.terms import ExclusionScope
from shared.errors import ConfigError
from tests.unit.ingest.builders import source, tree

CONFIG = Path(__file__).parents[3] / "config"


def drops(one: Filter, title: str, text: str = "") -> bool:
    return not (one.by_title(title, "").keep and one.by_text(title, text).keep)


def test_literals_and_regular_expressions_of_one_list_both_fire() -> None:
    mixed = ExclusionScope.model_validate({"terms": ["is hiring", r"regex:seeks (?:an? )?\w{1,20} director"]})
    config = replace(tree([source("news", "https://news.example.org/feed")]), exclusion_scopes={"hiring": mixed})
    only = Filter(config, "no_hiring", config.profiles["no_hiring"], "s")
    assert drops(only, "Acme is hiring")
    assert drops(only, "Acme seeks a quality director")
    assert not drops(only, "Acme seeks approval")
    assert not drops(only, "Acme wrote seeks (?:an? )? in a title")


def test_the_exclusions_are_those_of_the_configuration_in_whatever_folder_the_process_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_of_all = DirectorySource(CONFIG)
    monkeypatch.chdir(tmp_path)
    config = load_tree(source_of_all)
    client = config.clients["lai_weekly"]
    for one in filters_for(config, client, config.sources_for(client)).values():
        assert drops(one, "Acme is hiring a process engineer", "A depot injection for people.")


def test_a_profile_whose_exclusions_are_not_there_is_refused_and_lets_nothing_in() -> None:
    files = DirectorySource(CONFIG).files()
    del files["canonical/scopes/exclusion_scopes.yaml"]
    with pytest.raises(ConfigError, match="exclusion scope"):
        load_tree(MappingSource(files))


def test_a_filter_without_any_vocabulary_lets_nothing_in() -> None:
    config = replace(tree([source("news", "https://news.example.org/feed")]), technology_scopes={}, exclusion_scopes={})
    with pytest.raises(KeyError):
        drops(Filter(config, "no_hiring", config.profiles["no_hiring"], "s"), "Acme's depot", "A depot.")
    assert drops(Filter(config, "only_depot", config.profiles["only_depot"], "s"), "Acme's depot", "A depot.")
