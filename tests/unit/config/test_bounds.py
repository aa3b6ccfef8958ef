"""A whole tree has bounds, as each of its files has: what is too big is refused before it is read."""

from pathlib import Path
from typing import Any

import pytest

from shared.config.loader import DirectorySource, MappingSource, load_tree
from shared.config.sources import MAX_FILES, MAX_TREE_BYTES
from shared.config.store import S3ConfigStore
from shared.errors import ConfigError

EACH = 1_900_000
"""Bytes of a file that is allowed by itself."""
COUNT = MAX_TREE_BYTES // EACH + 1


def folder(tmp_path: Path, count: int, size: int) -> DirectorySource:
    for name in ("canonical", "clients"):
        (tmp_path / name).mkdir()
    for number in range(count):
        with (tmp_path / "clients" / f"c{number}.yaml").open("wb") as file:
            file.truncate(size)
    return DirectorySource(tmp_path)


def mapping(count: int, size: int) -> dict[str, bytes]:
    return {f"clients/c{number}.yaml": b" " * size for number in range(count)}


def test_a_folder_with_too_many_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"more than 2,000 YAML files \(merge them"):
        load_tree(folder(tmp_path, MAX_FILES + 1, 0))


def test_a_folder_that_is_too_big_as_a_whole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"clients/c\d+\.yaml:0: up to here the tree has .* more than 20,000,000"):
        load_tree(folder(tmp_path, COUNT, EACH))


def test_a_file_that_is_too_big_by_itself_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"c0\.yaml:0: the file has 50,000,000 bytes.*split it"):
        load_tree(folder(tmp_path, 1, 50_000_000))


@pytest.mark.parametrize(("count", "size"), [(MAX_FILES + 1, 1), (COUNT, EACH)])
def test_a_push_of_too_much_is_refused_before_anything_is_written(count: int, size: int) -> None:
    with pytest.raises(ConfigError, match="more than"):
        S3ConfigStore(NoBucket(), "config").push(mapping(count, size))


@pytest.mark.parametrize(("count", "size"), [(MAX_FILES + 1, 1), (COUNT, EACH)])
def test_a_release_that_is_too_big_is_refused_by_its_listing(count: int, size: int) -> None:
    with pytest.raises(ConfigError, match="more than"):
        S3ConfigStore(Listing(count, size), "config").files("0123456789abcdef")


def test_what_is_within_the_bounds_is_read() -> None:
    assert len(MappingSource(mapping(MAX_FILES, 1)).files()) == MAX_FILES
    assert len(MappingSource(mapping(COUNT - 1, EACH)).files()) == COUNT - 1


class NoBucket:
    """A bucket that must not be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


class Listing(NoBucket):
    """A bucket that lists files of a size, and whose files must not be read."""

    def __init__(self, count: int, size: int) -> None:
        self._rows = [{"Key": f"releases/0123456789abcdef/clients/c{n}.yaml", "Size": size} for n in range(count)]

    def get_paginator(self, _name: str) -> "Listing":
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Contents": self._rows}]
