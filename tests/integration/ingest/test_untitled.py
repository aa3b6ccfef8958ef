"""Entries without a title, or without an address: each ends with a disposition, and what can be read is."""

from dataclasses import replace
from typing import Any

import pytest

from services.ingest.fetch import FetchError, Page
from shared.config.rules import HtmlExtractor, HtmlExtractors, Selectors
from tests.integration.ingest.conftest import World
from tests.unit.ingest.builders import FakeWeb, page, rss, source, tree
from tests.unit.ingest.gold.pdfs import document, flow

FEED, SITE = "https://news.example.org/feed", "https://news.example.org/news/"
ONE, TWO = "https://news.example.org/one", "https://news.example.org/two"
DAY = "Tue, 09 Dec 2025 10:00:00 GMT"
EVENT = {"client_id": "acme", "as_of": "2025-12-10", "period_days": 7}
TEXT = "The first patient has received the depot in our study. It went as planned, and the second one follows."


def feed(*items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'


def item(link: str = "", title: str = "", description: str = "", date: str = DAY, more: str = "") -> str:
    link = f"<link>{link}</link>" if link else ""
    return f"<item>{link}{title}<pubDate>{date}</pubDate><description>{description}</description>{more}</item>"


def run(world: World, config: Any, fake: FakeWeb, request_id: str = "r-1") -> dict[str, Any]:
    return world.run(config, EVENT, request_id, open_fetcher=lambda gateway, ends_at: fake)


@pytest.mark.parametrize("title", ["", "<title/>", "<title> </title>", "<title>&lt;b&gt;&lt;/b&gt;</title>"])
def test_an_entry_without_a_title_takes_its_articles(world: World, title: str) -> None:
    fake = FakeWeb({FEED: feed(item(ONE, title, "Acme is glad.")), ONE: page("Acme doses the first patient", TEXT)})
    config = tree([source("news", FEED)])
    body = run(world, config, fake)
    (seen,) = world.manifest(body).seen
    assert (seen.title, seen.dispositions[-1].outcome) == ("Acme doses the first patient", "queued")
    assert world.raw(body)[ONE].title == "Acme doses the first patient"
    again = run(world, config, fake, "r-2")
    assert (world.manifest(again).seen[0].title, fake.asked.count(ONE)) == ("Acme doses the first patient", 1)


def test_without_the_article_it_takes_the_first_words_of_its_description(world: World) -> None:
    fake = FakeWeb({FEED: feed(item(ONE, "", TEXT)), ONE: FetchError("answered 500", 500)})
    body = run(world, tree([source("news", FEED)]), fake)
    assert world.raw(body)[ONE].title == "The first patient has received the depot in our study"
    long = "word " * 60
    fake.pages[FEED] = feed(item(ONE, "", long))
    title = world.raw(run(world, tree([source("news", FEED)]), fake, "r-2"))[ONE].title
    assert title.endswith("word …")
    assert len(title) <= 160


def test_a_release_in_pdf_without_a_title_takes_its_first_lines(world: World) -> None:
    pdf = document(flow("Acme doses the first patient", ["Lund, 9 December 2025"], (TEXT,)))
    enclosure = f"<enclosure url='{ONE}.pdf' type='application/pdf' length='1'/>"
    fake = FakeWeb({FEED: feed(item("", "", "", more=enclosure)), f"{ONE}.pdf": Page(ONE, 200, pdf, "application/pdf")})
    raw = world.raw(run(world, tree([source("news", FEED)]), fake))[f"{ONE}.pdf"]
    assert (raw.title, raw.published, raw.text_origin) == ("Acme doses the first patient", "2025-12-09", "pdf")


def test_another_sources_title_is_better_than_none(world: World) -> None:
    other = "https://other.example.org/feed"
    fake = FakeWeb({FEED: feed(item(ONE)), other: rss(("Its title", ONE, DAY)), ONE: page("Window", TEXT)})
    body = run(world, tree([source("news", FEED), source("other", other)]), fake)
    assert world.raw(body)[ONE].title == "Its title"


def test_neither_title_nor_text_is_an_error_of_that_entry(world: World) -> None:
    fake = FakeWeb({FEED: feed(item(ONE), item(TWO, "<title>Two</title>")), TWO: page("Two", TEXT)})
    body = run(world, tree([source("news", FEED)]), fake)
    told = world.seen(body)[ONE].dispositions[-1]
    assert told.outcome == "error"
    assert "neither a title nor a text" in told.reason
    assert "answered 404" in told.reason
    assert list(world.raw(body)) == [TWO]


@pytest.mark.parametrize("link", ["", "mailto:press@example.org", "javascript:void(0)", "http://"])
def test_an_entry_without_an_address_ends_with_a_disposition(world: World, link: str) -> None:
    entries = (item(link, "<title>One</title>"), item(link, "<title>Two</title>"), item(TWO, "<title>Three</title>"))
    fake = FakeWeb({FEED: feed(*entries), TWO: page("Three", TEXT)})
    config = tree([source("news", FEED)])
    body = run(world, config, fake)
    seen = {one.title: one for one in world.manifest(body).seen}
    assert {title: one.dispositions[-1].outcome for title, one in seen.items()} == {
        "One": "error", "Two": "error", "Three": "queued",
    }  # fmt: skip
    assert "no usable address" in seen["One"].dispositions[-1].reason
    assert (seen["One"].url, seen["One"].published) == (FEED, "2025-12-09")
    assert len({one.item_id for one in seen.values()}) == 3
    again = {one.item_id for one in world.manifest(run(world, config, fake, "r-2")).seen}
    assert again == {one.item_id for one in seen.values()}


def test_what_a_selector_calls_an_item_is_listed_even_without_title_or_link(world: World) -> None:
    listing = f"""<html><body><main><table>
    <tr><th>Date</th><th>Release</th></tr>
    <tr class=r><td>9 December 2025</td><td class=t><a href="{ONE}"><img src=a.png></a></td></tr>
    <tr class=r><td>8 December 2025</td><td class=t>Another told on the telephone</td></tr>
    <tr class=r><td>8 December 2025</td><td class=t>Only told on the telephone</td></tr>
    <tr class=r><td>8 December 2025</td><td class=t><a href="{TWO}">Acme opens a site in Lund</a></td></tr>
    </table></main></body></html>"""
    extractor = HtmlExtractor(selectors=Selectors(item="tr.r", title="td.t"))
    extractors = HtmlExtractors(extractors={"site": extractor})
    config = replace(tree([source("site", SITE, "html")]), extractors=extractors)
    fake = FakeWeb({SITE: listing, ONE: page("Acme doses the first patient", TEXT), TWO: page("Two", TEXT)})
    outcomes = {one.title: one.dispositions[-1].outcome for one in world.manifest(run(world, config, fake)).seen}
    assert outcomes == {
        "Acme doses the first patient": "queued",
        "Another told on the telephone": "error",
        "Only told on the telephone": "error",
        "Acme opens a site in Lund": "queued",
    }
