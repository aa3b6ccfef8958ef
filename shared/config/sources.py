"""Where a configuration tree comes from: a folder, or the bytes of a release."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from shared.errors import ConfigError

TOP_FOLDERS = ("canonical", "clients")
MAX_FILES = 2_000
MAX_TREE_BYTES = 20_000_000
"""Of a whole tree, some thirty times the product's own: all of it is in memory at once while it is checked."""
_YAML = re.compile(r"\.ya?ml(?:\.txt)?\Z", re.IGNORECASE)
"""Files that are meant to be read; those that are not called .yaml are told, not passed over."""


class ConfigSource(Protocol):
    """Anything that yields the tree's files by their path (canonical/..., clients/...)."""

    def files(self) -> dict[str, bytes]: ...


class MappingSource:
    """Files already in memory: a release read from the bucket, or a test's."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def files(self) -> dict[str, bytes]:
        """Raises ConfigError when there are too many or too big ones."""
        paths = [path for path in sorted(self._files) if _YAML.search(path)]
        bound((path, len(self._files[path])) for path in paths)
        return {path: self._files[path] for path in paths}


class DirectorySource:
    """A folder that holds canonical/ and clients/."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def files(self) -> dict[str, bytes]:
        """Raises ConfigError when the folder is not a configuration tree, or one too big to be read."""
        missing = [name for name in TOP_FOLDERS if not (self._folder / name).is_dir()]
        if missing:
            raise ConfigError(f"{self._folder} has no folder {' and no folder '.join(missing)}; name a config tree")
        paths = {
            path.relative_to(self._folder).as_posix(): path
            for name in TOP_FOLDERS
            for path in (self._folder / name).rglob("*")
            if _YAML.search(path.name) and path.is_file()
        }
        bound(_sizes(paths))
        return {name: paths[name].read_bytes() for name in sorted(paths)}


def bound(sizes: Iterable[tuple[str, int]]) -> None:
    """Raises ConfigError when a tree of files of these names and sizes is too big to be read at once."""
    total = 0
    for number, (name, size) in enumerate(sizes, 1):
        total += size
        if number > MAX_FILES:
            raise ConfigError(f"the tree has more than {MAX_FILES:,} YAML files (merge them, or name the right folder)")
        if total > MAX_TREE_BYTES:
            raise ConfigError(
                f"{name}:0: up to here the tree has {total:,} bytes, more than {MAX_TREE_BYTES:,} "
                "(remove what no client needs)"
            )


def _sizes(paths: Mapping[str, Path]) -> Iterator[tuple[str, int]]:
    """Raises ConfigError at a file that is too big by itself."""
    from shared.config.strict_yaml import (
        MAX_BYTES,
    )  # here: releases in a bucket need no YAML reader before they are read

    for name, path in paths.items():
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(
                f"{path}:0: the file has {size:,} bytes, more than {MAX_BYTES:,} (split it into several files)"
            )
        yield name, size


def release_sha(files: Mapping[str, bytes]) -> str:
    """Identity of a tree by content: 16 hex digits over its sorted paths and bytes."""
    digest = hashlib.sha256()
    for path in sorted(files):
        content = hashlib.sha256(files[path]).hexdigest()
        digest.update(f"{path}\x1f{content}\x1e".encode())
    return digest.hexdigest()[:16]
