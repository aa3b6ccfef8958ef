"""One sandbox for all documents; how many examples hypothesis tries."""

import os
from collections.abc import Iterator

import pytest

from tests.hostile.sandbox import Sandbox

WHOLE = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
EXAMPLES = 12_000 if WHOLE else 1_500
"""In all; `HYPOTHESIS_PROFILE=ci` tries them all, as .ci/run does."""
AT_ONCE = 24 if WHOLE else 8
"""Documents that are read at the same time; 24 are as many as ingest has workers."""


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()
