"""The product's own tree, loaded once."""

from pathlib import Path

import pytest

from shared.config.loader import DirectorySource, load_tree
from shared.config.tree import ConfigTree

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def tree() -> ConfigTree:
    return load_tree(DirectorySource(ROOT / "config"))
