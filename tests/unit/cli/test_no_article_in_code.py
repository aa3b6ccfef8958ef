"""No article of the replay (title, address, id) stands in the code or in config/: decisions are not looked up."""

import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.ids import item_id

PROJECT = Path(__file__).resolve().parents[3]
FOLDERS = ("services", "shared", "cli", "local", "config", "infra")
_WORDS = re.compile(r"[a-z0-9]+")
# Shorter titles are labels of links ("read more"), which configuration may well name.
LEAST_WORDS = 4


def plain(text: str) -> str:
    """Words alone, so that quotes, line breaks and markup hide nothing."""
    return " ".join(_WORDS.findall(text.casefold()))


@pytest.fixture(scope="module")
def articles() -> list[dict]:
    folder = Path(os.environ.get("VECTORA_SHARED") or PROJECT.parent / "shared")
    file = folder / "replay" / "items.json"
    if not file.is_file():
        pytest.skip("the real material is absent: set VECTORA_SHARED, or put it beside the checkout as ../shared")
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def code() -> dict[str, str]:
    """Path → text of every file of code and configuration."""
    files = (path for name in FOLDERS for path in (PROJECT / name).rglob("*") if path.is_file())
    texts = (path for path in files if "__pycache__" not in path.parts and path.suffix not in (".pyc", ".pdf", ".png"))
    return {path.relative_to(PROJECT).as_posix(): path.read_text(errors="replace") for path in texts}


def found(needles: list[str], code: dict[str, str]) -> list[tuple[str, str]]:
    return [(needle, path) for path, text in code.items() for needle in needles if needle in text]


def test_no_title(articles, code):
    titles = {plain(item[key]) for item in articles for key in ("title", "raw_title")}
    needles = sorted(title for title in titles if len(title.split()) >= LEAST_WORDS)
    assert len(needles) > 100
    assert found(needles, {path: plain(text) for path, text in code.items()}) == []


def test_no_address(articles, code):
    paths = {urlsplit(item["url"]).path.strip("/") for item in articles}
    assert len(paths) > 100
    assert found(sorted(paths), code) == []


def test_no_identity(articles, code):
    assert found([item_id(item["url"]) for item in articles], code) == []
