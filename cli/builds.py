"""What the deployed packages were built from, read out of the packages themselves."""

import io
import json
import re
import urllib.request
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cli.build_record import head, source_hash
from shared.build import FILE, UNBUILT, Build

_TAIL = 256 * 1024
"""The record and the archive's directory are at its end: a few kilobytes of ten megabytes."""
_SECONDS = 30
SERVICE_OF: Mapping[str, str] = {
    "IngestFunction": "ingest",
    "NormalizeFunction": "normalize",
    "EngineFunction": "engine",
    "PublisherFunction": "publisher",
    "LinksFunction": "publisher",
    "SweeperFunction": "normalize",
}
"""Function → the service whose package it runs."""


class Download(io.RawIOBase):
    """A file behind an address that answers ranges (a server that does not is read whole), as zipfile reads one."""

    def __init__(self, url: str) -> None:
        self._url, self._at = url, 0
        status, headers, self._tail = self._get(f"bytes=-{_TAIL}")
        whole = re.search(r"/(\d+)$", headers.get("Content-Range", "")) if status == 206 else None
        self._size = int(whole[1]) if whole else len(self._tail)

    def _get(self, span: str) -> tuple[int, Mapping[str, str], bytes]:
        request = urllib.request.Request(self._url, headers={"Range": span})  # noqa: S310 (an address of AWS's own)
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return answer.status, answer.headers, answer.read()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._at + size, self._size)
        known = self._size - len(self._tail)
        if self._at >= end:
            return b""
        start, self._at = self._at, end
        if start >= known:
            return self._tail[start - known : end - known]
        return self._get(f"bytes={start}-{end - 1}")[2]


def read_record(url: str) -> Build:
    """The build record of a package behind a (presigned) address; "unbuilt" for one without."""
    with zipfile.ZipFile(Download(url)) as package:
        if FILE not in package.namelist():
            return Build(commit=UNBUILT)
        return Build.model_validate(json.loads(package.read(FILE)))


def deployed_builds(client: Any, names: Mapping[str, str]) -> dict[str, Build]:
    """Key → build, of functions (key → name). `client` is a boto3 Lambda client."""

    def one(name: str) -> Build:
        return read_record(client.get_function(FunctionName=name)["Code"]["Location"])

    with ThreadPoolExecutor(max_workers=6) as pool:
        return dict(zip(names, pool.map(one, names.values()), strict=True))


@dataclass(frozen=True, slots=True)
class Checkout:
    """This checkout: its commit, whether it has other changes, and the hash of each service's source."""

    commit: str
    changed: bool
    sources: Mapping[str, str]

    @property
    def label(self) -> str:
        return Build(commit=self.commit, changed=self.changed).label

    def differs(self, function: str, build: Build) -> bool:
        """Whether a function's package was made from other source than this checkout's."""
        return build.source != self.sources[SERVICE_OF[function]]


def this_checkout() -> Checkout:
    commit, changed = head()
    return Checkout(commit, changed, {name: source_hash(name) for name in set(SERVICE_OF.values())})
