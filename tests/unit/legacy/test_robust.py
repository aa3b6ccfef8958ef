"""Whatever stands in place of any value, the check and the import answer with findings, never with a crash."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.legacy.check import findings
from cli.legacy.convert import convert, report, yaml_files
from cli.legacy.files import read_tree
from shared.config.loader import check_tree
from shared.config.sources import MappingSource
from tests.unit.legacy.test_findings import FREE_TEXT, MATCHING, MODIFIERS
from tests.unit.legacy.trees import FILES, write_tree

PLAIN = {**FILES, MATCHING: FILES[MATCHING].replace("regulatory:", MODIFIERS).replace("regulatory:", FREE_TEXT)}
VALUES = {path: yaml.safe_load(text) for path, text in PLAIN.items() if path.endswith(".yaml")}
ODD: list[Any] = [None, "", "x", ".*", "(", 0, -1.5, True, [], {}, ["x", None], {"x": []}, [[1]], {"a": {"b": ["c"]}}]


def ways(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value."""
    if way:
        yield way
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from ways(inner, (*way, key))


PLACES = [(path, way) for path, value in VALUES.items() for way in ways(value)]


def replaced(path: str, way: tuple[Any, ...], odd: Any) -> str:
    value = copy.deepcopy(VALUES[path])
    parent = value
    for part in way[:-1]:
        parent = parent[part]
    parent[way[-1]] = odd
    return yaml.safe_dump(value, sort_keys=False)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(place=st.sampled_from(PLACES), odd=st.sampled_from(ODD))
def test_an_odd_value_anywhere_is_survived(tmp_path: Path, place: tuple[str, tuple[Any, ...]], odd: Any) -> None:
    path, way = place
    tree = read_tree(write_tree(tmp_path, {path: replaced(path, way, odd)}))
    for finding in findings(tree):
        assert finding.file
        assert finding.line >= 0
    out = convert(tree)
    _, defects = check_tree(MappingSource(yaml_files(out)))
    assert report(out, defects).startswith("# Import")
