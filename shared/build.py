"""Which source a package was built from: written beside the code by the build, read once at cold start."""

import json
from pathlib import Path

from shared.contracts.base import Contract

FILE = "BUILD.json"
UNBUILT = "unbuilt"


class Build(Contract):
    """`commit` is the repository's HEAD at the build, `changed` whether the tree then had other changes, `source` a
    hash of what went into the package (see cli.build_record)."""

    commit: str
    changed: bool = False
    source: str = ""

    @property
    def label(self) -> str:
        return f"{self.commit[:12]}{'+' if self.changed else ''}"


_ROOT = Path(__file__).resolve().parents[1]


def read_build(folder: Path = _ROOT) -> Build:
    """The record at a package's root; code that runs from a checkout has none."""
    path = folder / FILE
    return Build.model_validate(json.loads(path.read_text())) if path.is_file() else Build(commit=UNBUILT)
