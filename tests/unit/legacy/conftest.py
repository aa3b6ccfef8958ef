"""The predecessor's real configuration, when it is there."""

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def owner_config() -> Path:
    folder = Path(os.environ.get("VECTORA_SHARED") or PROJECT.parent / "shared") / "owner-config"
    if not folder.is_dir():
        pytest.skip("the real material is absent: set VECTORA_SHARED, or put it beside the checkout as ../shared")
    return folder
