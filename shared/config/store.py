"""Releases of the configuration in the config bucket: releases/{sha}/..., and current.json that names one."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.config.sources import ConfigSource, MappingSource, bound, release_sha
from shared.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from shared.config.tree import ConfigTree

CURRENT = "current.json"
_ABSENT = {"NoSuchKey", "404"}
_loaded: dict[tuple[str, str], ConfigTree] = {}


def _load_tree(source: ConfigSource) -> ConfigTree:
    """Loaded on use: reading YAML is a fifth of a function's cold import."""
    from shared.config.loader import load_tree

    return load_tree(source)


@dataclass(frozen=True, slots=True)
class Diff:
    """Paths that a push would add, change and remove, against the current release."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class S3ConfigStore:
    """Releases in one bucket; `client` is a boto3 S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def push(self, files: Mapping[str, bytes]) -> str:
        """Write `files` (paths canonical/..., clients/...) as a release, verify it, then make it current.

        Nothing is current before everything is verified: a push that dies half-way leaves the old release. Returns the
        release. Raises ConfigError when the tree is invalid, or when what the bucket holds differs from what was sent.
        """
        source = MappingSource(files)
        _load_tree(source)
        files = source.files()
        release = release_sha(files)
        for path in sorted(files):
            self._put(f"releases/{release}/{path}", files[path])
        if release_sha(self.files(release)) != release:
            raise ConfigError(f"release {release} differs in bucket {self._bucket} from what was sent; push again")
        self._point(release)
        return release

    def verified(self, release: str) -> dict[str, bytes]:
        """A release's files by path. Raises ConfigError when they are not those that its id stands for."""
        files = self.files(release)
        if release_sha(files) != release:
            raise ConfigError(f"release {release} is damaged or absent in the bucket; restore another one")
        return files

    def make_current(self, release: str) -> None:
        """Point to a release that the bucket keeps, verified by its checksum alone: the code that is to read it need
        not be this one. Raises ConfigError when it is damaged or absent."""
        self.verified(release)
        self._point(release)

    def current(self) -> str:
        """The current release. Raises NotFoundError when nothing was ever pushed."""
        content = self._get(CURRENT)
        if content is None:
            raise NotFoundError(f"bucket {self._bucket} has no configuration; run: vectora config push")
        return str(json.loads(content)["release"])

    def load(self, release: str) -> ConfigTree:
        """The tree of a release, read once a process. Raises NotFoundError, or ConfigError when it is invalid."""
        key = (self._bucket, release)
        if key not in _loaded:
            files = self.files(release)
            if not files:
                raise NotFoundError(f"bucket {self._bucket} has no release {release}; run: vectora config push")
            _loaded[key] = _load_tree(MappingSource(files))
        return _loaded[key]

    def files(self, release: str) -> dict[str, bytes]:
        """A release's files by path; empty when there is no such release. Raises ConfigError when it is too big."""
        prefix = f"releases/{release}/"
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        sizes = {item["Key"]: int(item["Size"]) for page in pages for item in page.get("Contents", ())}
        bound(sizes.items())
        return {key.removeprefix(prefix): self._get(key) or b"" for key in sorted(sizes)}

    def diff(self, files: Mapping[str, bytes]) -> Diff:
        """What pushing `files` would change, by content."""
        content = self._get(CURRENT)
        present = self.files(str(json.loads(content)["release"])) if content else {}
        return Diff(
            added=tuple(sorted(files.keys() - present.keys())),
            changed=tuple(sorted(p for p in files.keys() & present.keys() if files[p] != present[p])),
            removed=tuple(sorted(present.keys() - files.keys())),
        )

    def _point(self, release: str) -> None:
        self._put(CURRENT, json.dumps({"release": release}).encode())

    def _put(self, key: str, content: bytes) -> None:
        checksum = b64encode(hashlib.sha256(content).digest()).decode()
        self._client.put_object(Bucket=self._bucket, Key=key, Body=content, ChecksumSHA256=checksum)

    def _get(self, key: str) -> bytes | None:
        try:
            return bytes(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
