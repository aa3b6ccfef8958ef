"""Where a configuration tree comes from: a folder, or the bytes of a release."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from shared.errors import ConfigError

TOP_FOLDERS = ("canonical", "clients")
_SUFFIXES = (".yaml", ".yml")


class ConfigSource(Protocol):
    """Anything that yields the tree's files by their path (canonical/..., clients/...)."""

    def files(self) -> dict[str, bytes]: ...


class MappingSource:
    """Files already in memory: a release read from the bucket, or a test's."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def files(self) -> dict[str, bytes]:
        return {path: self._files[path] for path in sorted(self._files) if path.endswith(_SUFFIXES)}


class DirectorySource:
    """A folder that holds canonical/ and clients/."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def files(self) -> dict[str, bytes]:
        """Raises ConfigError when the folder is not a configuration tree, or a file in it too big to be read."""
        missing = [name for name in TOP_FOLDERS if not (self._folder / name).is_dir()]
        if missing:
            raise ConfigError(f"{self._folder} has no folder {' and no folder '.join(missing)}; name a config tree")
        paths = (
            p for name in TOP_FOLDERS for p in (self._folder / name).rglob("*") if p.suffix in _SUFFIXES and p.is_file()
        )
        return {path.relative_to(self._folder).as_posix(): _content(path) for path in sorted(paths)}


def _content(path: Path) -> bytes:
    from shared.config.strict_yaml import (
        MAX_BYTES,
    )  # here: releases in a bucket need no YAML reader before they are read

    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ConfigError(
            f"{path}:0: the file has {size:,} bytes, more than {MAX_BYTES:,} (split it into several files)"
        )
    return path.read_bytes()


def release_sha(files: Mapping[str, bytes]) -> str:
    """Identity of a tree by content: 16 hex digits over its sorted paths and bytes."""
    digest = hashlib.sha256()
    for path in sorted(files):
        content = hashlib.sha256(files[path]).hexdigest()
        digest.update(f"{path}\x1f{content}\x1e".encode())
    return digest.hexdigest()[:16]
