"""The --output folder: filled in a temporary folder first, then moved into place, so that nothing is half-written."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.errors import InputError

_PROBE_BYTES = 65_536


class Output:
    """A folder that receives a run's files. As a context manager it removes whatever was not moved into place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._created = False
        self._staging: Path | None = None

    def __enter__(self) -> Self:
        """Find out before the run that the folder can be written: raises InputError or OSError (disk full)."""
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"--output {self.folder} is a file; name a folder")
        self._created = not self.folder.exists()
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            # inside the folder itself, which may be a file system of its own
            self._staging = Path(tempfile.mkdtemp(prefix=".partial-", dir=self.folder))
            self._probe(self._staging / "probe")
        except OSError:
            self._clean()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._clean()

    def publish(self, files: Mapping[str, bytes], mails: Mapping[str, bytes]) -> None:
        """Write all files (by name) and mails (by file name, under mail/), then move each into place.

        Mails of an earlier run give way. Raises OSError before anything is moved when the disk is full.
        """
        staging = self._staging
        if staging is None:
            raise RuntimeError("Output.publish outside of its with block")
        names = {**files, **{f"mail/{name}": body for name, body in mails.items()}}
        for name, body in names.items():
            path = staging / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(body)
        (self.folder / "mail").mkdir(exist_ok=True)
        for name in names:
            (staging / name).replace(self.folder / name)
        for stale in (self.folder / "mail").glob("*.eml"):
            if stale.name not in mails:
                stale.unlink()

    @staticmethod
    def _probe(path: Path) -> None:
        path.write_bytes(bytes(_PROBE_BYTES))
        path.unlink()

    def _clean(self) -> None:
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
            self._staging = None
        if self._created and self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()
