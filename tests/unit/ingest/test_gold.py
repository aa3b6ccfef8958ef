"""Text and dates of pages and PDFs, measured against what a reader would say."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from services.ingest.fetch import Page
from services.ingest.plan import Candidate
from services.ingest.reading import Reading, read
from shared.ids import item_id
from shared.storage.sources import Entry
from tests.unit.ingest.builders import FakeWeb, source
from tests.unit.ingest.gold.pages import Gold, pages
from tests.unit.ingest.gold.pdfs import pdfs
from tests.unit.ingest.gold.sites import sites

NOW = datetime(2025, 12, 11, tzinfo=UTC)
TEXT_F1 = 0.9
DATES_RIGHT = 0.95
GOLD = [*pages(), *sites(), *pdfs()]
_FOREIGN = (
    "cookies", "privacy notice", "Share this", "LinkedIn", "Investors", "Half-year report published", "newsletter",
    "Recent posts", "You might also like", "All rights reserved", "Page 2", "Great news for everyone", "目录",
    "present at a conference",
    "Keep reading", "More posts", "Quick Links", "Most read", "Sign up and receive", "NASDAQ",
)  # fmt: skip


def reading(gold: Gold) -> Reading:
    """A document as ingest reads it; the listing that led to it says nothing but the title."""
    listed = source("site", "https://www.example.org/news", "html", timezone=gold.timezone)
    entry = Entry(url=gold.url, title=gold.title)
    web = FakeWeb({gold.url: Page(gold.url, 200, gold.body, gold.content_type)})
    return read(Candidate(item_id(gold.url), ((listed, entry),)), web, NOW)


def f1(got: str, wanted: str) -> float:
    """Token F1."""
    have, want = (Counter(re.findall(r"\w+", text.casefold())) for text in (got, wanted))
    shared = sum((have & want).values())
    return 2 * shared / (sum(have.values()) + sum(want.values())) if shared else 0.0


def day(one: Reading) -> str | None:
    return one.dated.moment.day.isoformat() if one.dated else None


@pytest.mark.parametrize("gold", GOLD, ids=lambda gold: gold.name)
def test_a_document_gives_its_text_and_nothing_of_the_page_around_it(gold: Gold) -> None:
    text = reading(gold).text
    assert f1(text, "\n".join(gold.paragraphs)) >= TEXT_F1, text
    assert not [words for words in _FOREIGN if words in text]


@pytest.mark.parametrize("gold", GOLD, ids=lambda gold: gold.name)
def test_a_document_is_dated_right_or_set_aside(gold: Gold) -> None:
    read_as = reading(gold)
    assert day(read_as) in (gold.day, None), read_as.dated
    assert read_as.dated is not None or read_as.undated


def test_the_whole_collection(record_property: Callable[[str, object], None]) -> None:
    read_as = [(gold, reading(gold)) for gold in GOLD]
    dated = [(gold, one) for gold, one in read_as if gold.day]
    scores = [f1(one.text, "\n".join(gold.paragraphs)) for gold, one in read_as]
    right, wrong = (
        [g.name for g, o in dated if day(o) == g.day],
        [g.name for g, o in read_as if day(o) not in (g.day, None)],
    )
    measured = {
        "documents": len(GOLD),
        "mean_f1": round(sum(scores) / len(scores), 4),
        "lowest_f1": round(min(scores), 4),
        "dates_right": f"{len(right)} of {len(dated)}",
        "dates_wrong": len(wrong),
    }
    for name, value in measured.items():
        record_property(name, value)
    print(measured)
    assert len(GOLD) >= 57
    assert sum(scores) / len(scores) >= TEXT_F1
    assert len(right) / len(dated) >= DATES_RIGHT, _missing(dated)
    assert not wrong


def _missing(dated: Iterable[tuple[Gold, Reading]]) -> list[str]:
    return [f"{gold.name}: {one.undated}" for gold, one in dated if day(one) != gold.day]
