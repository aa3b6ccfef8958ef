"""Feeds, HTML listings and PubMed answers become entries."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urljoin

import pytest

from services.ingest.dates import parse
from services.ingest.filtering import link_titles
from services.ingest.sources.base import ReadingContext, UnreadableError, absolute
from services.ingest.sources.html import HtmlListing
from services.ingest.sources.pubmed import PubMed
from services.ingest.sources.rss import Feed
from shared.config.rules import HtmlExtractor
from shared.storage.sources import Entry
from tests.unit.ingest.builders import rss, source, tree
from tests.unit.ingest.gold.listings import BASE, LISTINGS, GoldListing

SITE = source("site", "https://www.example.org/news/", "html")
FEED = source("feed", "https://www.example.org/feed/")
PUBMED = source("papers", "https://pubmed.ncbi.nlm.nih.gov/", "pubmed", query="depot", max_items=300)
IS_LINK = link_titles(tree([SITE]))


def context(extractor: Mapping[str, object] | None = None, api_key: str = "") -> ReadingContext:
    made = HtmlExtractor.model_validate(extractor) if extractor else None
    return ReadingContext(date(2025, 12, 1), date(2025, 12, 10), IS_LINK, made, api_key)


def feed(body: str | bytes, content_type: str = "application/rss+xml") -> tuple[Entry, ...]:
    raw = body.encode() if isinstance(body, str) else body
    return Feed().read(raw, content_type, FEED.url, FEED, context()).entries


def listing(body: str, extractor: Mapping[str, object] | None = None) -> tuple[Entry, ...]:
    return HtmlListing().read(body.encode(), "text/html", SITE.url, SITE, context(extractor)).entries


def test_a_title_that_is_an_html_anchor_becomes_its_text() -> None:
    anchor = "&lt;a href=&quot;https://www.example.org/a&quot; hreflang=&quot;en&quot;&gt;"
    title = f"{anchor}J&amp;amp;J&#8217;s depot &amp;lt; 5&lt;/a&gt;"
    (entry,) = feed(rss((title, "https://www.example.org/a", "Dec 9, 2025 10:15am", "A deck")))
    assert entry == Entry(
        url="https://www.example.org/a",
        title="J&J’s depot < 5",
        summary="A deck",
        date="Dec 9, 2025 10:15am",
        date_origin="feed",
    )


def test_an_anchor_title_gives_the_link_where_the_entry_has_none() -> None:
    (entry,) = feed(rss(("&lt;a href='/a'&gt;Title&lt;/a&gt;", "", "")))
    assert (entry.url, entry.title) == ("https://www.example.org/a", "Title")


def test_atom_content_is_read_with_its_paragraphs() -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title type="html">A &amp;amp; B</title>
    <link href="/a"/><updated>2025-12-09T10:00:00Z</updated><summary>Short</summary>
    <content type="html">&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</content></entry></feed>"""
    (entry,) = feed(atom, "application/atom+xml")
    assert (entry.title, entry.body, entry.date) == ("A & B", "One.\n\nTwo.", "2025-12-09T10:00:00Z")


def test_a_cut_off_feed_gives_its_whole_entries_and_says_so() -> None:
    whole = rss(("One", "https://www.example.org/1", ""), ("Two", "https://www.example.org/2", ""))
    cut = whole[: whole.index("Two") + 2].encode()
    read = Feed().read(cut, "application/rss+xml", FEED.url, FEED, context())
    assert [entry.title for entry in read.entries] == ["One"]
    assert "cut off" in read.problem


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_feed_whose_bytes_belie_its_declared_encoding_is_read(encoding: str) -> None:
    body = rss(("Ärzte", "https://www.example.org/1", "")).encode(encoding)
    assert feed(body, "application/rss+xml; charset=utf-8")[0].title == "Ärzte"


def test_a_page_that_is_no_feed_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="not a feed"):
        feed("<!doctype html><p>Please log in</p>")


def test_external_entities_are_not_read() -> None:
    body = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss(("&x;", "https://www.example.org/1", ""))
    try:
        entries = feed(body)
    except UnreadableError:
        return
    assert not any("root" in f"{entry.title}{entry.summary}" for entry in entries)


_LISTING = """<html><body><nav><a href="/about/">About our company and people</a></nav><main>
<div class="item"><span class="date">9 December, 2025</span>
  <a class="t" href="/news/one/">Acme reports first results</a>
  <p>Some words about the first results of Acme.</p><a href="/news/one/">READ MORE</a>
  <a href="/files/one.pdf">Download attachment</a></div>
<div class="item"><a class="t" href="/news/two">Acme reports second results</a><a href="/news/two">READ MORE</a></div>
<div class="item"><a class="t" href="https://files.example.org/x.pdf">Read the presentation</a></div>
</main><footer><a href="/cookies">Our cookie policy and privacy notice</a></footer></body></html>"""


def test_the_generic_parser_reads_items_with_dates_and_without_and_no_navigation() -> None:
    entries = listing(_LISTING)
    assert [(entry.url, entry.title, entry.date) for entry in entries] == [
        ("https://www.example.org/news/one/", "Acme reports first results", "9 December, 2025"),
        ("https://www.example.org/news/two", "Acme reports second results", ""),
        ("https://files.example.org/x.pdf", "Read the presentation", ""),
    ]
    assert entries[0].summary == "Some words about the first results of Acme."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<form id="aspnetForm">', "</form>"),
        ('<div class="elementor-widget">', "</div>"),
        ('<div class="menu">', "</div>"),
    ],
)
def test_a_listing_that_as_a_whole_stands_in_what_frames_are_made_of_is_read(before: str, after: str) -> None:
    page = (
        _LISTING.replace("<nav>", f"{before}<nav>").replace("</footer>", f"</footer>{after}").replace("main>", "div>")
    )
    assert listing(page) == listing(_LISTING)


def test_an_attachment_belongs_to_its_release_and_is_no_item() -> None:
    assert listing(_LISTING)[0].attachments == ("https://www.example.org/files/one.pdf",)


def test_selectors_decide_where_they_are_given() -> None:
    extractor = {
        "selectors": {"item": "div.item", "title": "a.t", "url": "a.t", "date": ".date"},
        "date_format": "%d %B, %Y",
    }
    entries = listing(_LISTING, extractor)
    assert [(entry.title, entry.date) for entry in entries] == [
        ("Acme reports first results", "2025-12-09"),
        ("Acme reports second results", ""),
        ("Read the presentation", ""),
    ]


@pytest.mark.parametrize("selector", ["h2 >> [a", "h2::before", "a:sometimes", "a:nth-child(x)"])
def test_a_selector_that_is_wrong_is_told(selector: str) -> None:
    with pytest.raises(UnreadableError, match="is wrong"):
        listing(_LISTING, {"selectors": {"item": selector}})


def test_the_date_in_a_title_is_not_the_listings_date() -> None:
    (entry, *_) = listing(
        """<main><article><h3><a href="/a">Half-year results (April 1st, 2025 – September 30, 2025)</a></h3></article>
        <article><h3><a href="/b">Something else entirely happened</a></h3><time>December 1, 2025</time></article>"""
    )
    assert entry.date == ""


def test_a_page_without_articles_says_what_to_do() -> None:
    with pytest.raises(UnreadableError, match=r"html_extractors\.yaml"):
        listing("<html><body><p>Nothing here</p></body></html>")


_ARTICLES = """<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>
<Journal><JournalIssue><PubDate><Year>2025</Year><Month>Dec</Month></PubDate></JournalIssue></Journal>
<ArticleTitle>A <i>depot</i> of H<sub>2</sub>O.</ArticleTitle>
<Abstract><AbstractText Label="METHODS">We <b>tried</b>.</AbstractText>
<AbstractText Label="RESULTS">It did.</AbstractText></Abstract>
<ArticleDate><Year>2025</Year><Month>12</Month><Day>09</Day></ArticleDate></Article></MedlineCitation></PubmedArticle>
<PubmedArticle><MedlineCitation><PMID>2</PMID><Article>
<Journal><JournalIssue><PubDate><MedlineDate>2025 Nov-Dec</MedlineDate></PubDate></JournalIssue></Journal>
<ArticleTitle>No abstract.</ArticleTitle></Article></MedlineCitation><PubmedData><History>
<PubMedPubDate PubStatus="pubmed"><Year>2025</Year><Month>12</Month><Day>3</Day></PubMedPubDate>
</History></PubmedData></PubmedArticle></PubmedArticleSet>"""


def pubmed(body: str, url: str = "https://eutils.ncbi.nlm.nih.gov/x?retstart=0&retmax=100&total=2") -> object:
    return PubMed().read(body.encode(), "text/xml", url, PUBMED, context())


def test_pubmed_is_searched_by_window_with_its_key_and_read_through_the_history_server() -> None:
    start = PubMed().start(PUBMED, context(api_key="k"))
    assert all(part in start for part in ("esearch.fcgi", "mindate=2025%2F12%2F01", "usehistory=y", "api_key=k"))
    found = PubMed().read(
        b"<eSearchResult><Count>900</Count><QueryKey>1</QueryKey><WebEnv>E</WebEnv></eSearchResult>",
        "text/xml", start, PUBMED, context(),
    )  # fmt: skip
    assert not found.entries
    assert all(part in found.next_url for part in ("efetch.fcgi", "WebEnv=E", "query_key=1", "retmax=100"))
    more = PubMed().read(_ARTICLES.encode(), "text/xml", found.next_url, PUBMED, context())
    assert "retstart=100" in more.next_url
    assert "retmax=100" in more.next_url


def test_pubmed_articles_with_markup_sections_and_partial_dates() -> None:
    first, second = PubMed().read(
        _ARTICLES.encode(), "", "https://x.example.org/?retmax=200&total=2", PUBMED, context()
    ).entries  # fmt: skip
    assert first == Entry(
        url="https://pubmed.ncbi.nlm.nih.gov/1/",
        title="A depot of H2O.",
        body="METHODS: We tried.\n\nRESULTS: It did.",
        date="2025-12-09",
        date_origin="pubmed",
    )
    assert (second.title, second.body, second.date) == ("No abstract.", "", "2025-12-03")


@pytest.mark.parametrize(
    "body", ["", "<html>busy", '{"error":"API rate limit exceeded"}', "<eFetchResult><ERROR>x</ERROR></eFetchResult>"]
)
def test_malformed_pubmed_answers_are_unreadable(body: str) -> None:
    with pytest.raises(UnreadableError):
        pubmed(body)


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("https://www.example.org@evil.example.net/x?a=b", "https://evil.example.net/x?a=b"),
        ("//user:word@b.example.org:8443/x", "https://b.example.org:8443/x"),
        ("http://a.example.org\\@169.254.169.254/", ""),
        ("http://exam\u200bple.org/", ""),
        ("http://example.org\u202e/", ""),
        ("java\tscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("https://a.example.org/x\r\nHost: b", "https://a.example.org/xHost: b"),
    ],
)
def test_an_address_is_what_every_reader_takes_it_for(href: str, address: str) -> None:
    assert absolute("https://a.example.org/", href) == address


@pytest.mark.parametrize("gold", LISTINGS, ids=lambda gold: gold.name)
def test_a_listing_gives_its_entries_and_nothing_of_the_page_around_them(gold: GoldListing) -> None:
    site = source("site", BASE, "html", timezone=gold.timezone)
    listing = HtmlListing().read(gold.body.encode(), "text/html; charset=utf-8", BASE, site, context())
    days = [moment.day.isoformat() if (moment := parse(e.date, gold.timezone)) else "" for e in listing.entries]
    got = [(entry.url, entry.title, day) for entry, day in zip(listing.entries, days, strict=True)]
    assert got == [(urljoin(BASE, path), title, day) for path, title, day in gold.entries]
    assert listing.next_url == (urljoin(BASE, gold.next_path) if gold.next_path else "")
