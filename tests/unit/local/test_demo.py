import io
import urllib.error
import urllib.request
from datetime import date

import feedparser
import pytest
from pypdf import PdfReader

from local.demo.articles import CORPORATE, GRANTS, PRESS, articles
from local.demo.gateway import demo_gateway, documents

DAY = date(2026, 3, 1)


def test_the_demo_always_has_news_of_this_week_and_one_item_without_a_date() -> None:
    found = articles(DAY)

    assert all(0 < (DAY - article.published).days <= 7 for article in found if article.published)
    assert [article.slug for article in found if article.published is None] == ["depot-platform-overview"]


def test_everything_that_a_listing_or_feed_links_to_is_served() -> None:
    served = documents(DAY)

    assert all(f"/{article.host}{article.path}" in served for article in articles(DAY))
    assert {f"/{CORPORATE}/news/", f"/{PRESS}/feed/", f"/{GRANTS}/atom.xml"} < set(served)


def test_the_release_in_pdf_has_several_pages_that_can_be_read() -> None:
    (release,) = [document for path, document in documents(DAY).items() if path.endswith(".pdf")]
    reader = PdfReader(io.BytesIO(release.body))
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)

    assert len(reader.pages) > 1
    assert "EUR 12 million" in text
    assert "thirteen weeks" in text


def test_the_press_feed_has_the_quirks_of_real_ones() -> None:
    feed = feedparser.parse(documents(DAY)[f"/{PRESS}/feed/"].body)

    assert all(entry.title.startswith("<a href=") for entry in feed.entries)
    assert all(entry.get("published_parsed") is None for entry in feed.entries)


def test_the_gateway_answers_by_host_and_path_and_knows_what_has_not_changed() -> None:
    with demo_gateway(DAY) as origin:
        url = f"{origin}/{CORPORATE}/news/"
        with urllib.request.urlopen(url) as answer:
            etag = answer.headers["ETag"]
        with pytest.raises(urllib.error.HTTPError, match="304"):
            urllib.request.urlopen(urllib.request.Request(url, headers={"If-None-Match": etag}))
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{origin}/{CORPORATE}/robots.txt")
