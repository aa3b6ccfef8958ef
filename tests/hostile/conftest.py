"""One sandbox for all documents; how many examples hypothesis tries."""

import os
from collections.abc import Iterator

import pytest

from tests.hostile.sandbox import Sandbox

EXAMPLES = 12_000 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 1_500
"""In all; `HYPOTHESIS_PROFILE=ci` tries them all, as .ci/run does."""


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()
