"""How sources are treated over time: patience, silence, gaps, older pages, attachments."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.ingest.fetch import FetchError, Page
from shared.clock import FixedClock
from shared.config.rules import HtmlExtractor, HtmlExtractors, Selectors
from shared.storage.sources import Health, SourceMemory, after_success
from tests.integration.ingest.conftest import NOW, World
from tests.unit.ingest.builders import FakeWeb, page, rss, source, tree
from tests.unit.ingest.gold.pdfs import document, flow

FEED = "https://news.example.org/feed"
SITE = "https://site.example.org/news/"
ONE = "https://news.example.org/one"
DAY = "Tue, 09 Dec 2025 10:00:00 GMT"
EVENT = {"client_id": "acme", "as_of": "2025-12-10", "period_days": 7}


def run(world: World, config: Any, fake: FakeWeb, number: int, hours: float = 0.0, **event: Any) -> dict[str, Any]:
    clock = FixedClock(NOW + timedelta(hours=hours))
    return world.run(config, {**EVENT, **event}, f"r-{number}", open_fetcher=lambda gateway, ends_at: fake, clock=clock)


def outcomes(world: World, body: dict[str, Any]) -> dict[str, str]:
    return {url: item.dispositions[-1].outcome for url, item in world.seen(body).items()}


def test_a_source_that_asked_to_be_left_alone_is_not_asked_before_that_and_loses_nothing(world: World) -> None:
    config = tree([source("news", FEED)])
    fake = FakeWeb({FEED: rss(("One", ONE, DAY)), ONE: page("One", "The text of one.")})
    run(world, config, fake, 1)
    fake.pages[FEED] = FetchError("answered 429", 429, 7200)
    other = tree([source("news", FEED), source("other", "https://other.example.org/feed")])
    fake.pages["https://other.example.org/feed"] = rss(("Two", "https://other.example.org/two", DAY))
    run(world, other, fake, 2)
    asked = fake.asked.count(FEED)

    early = run(world, other, fake, 3, hours=1)

    assert fake.asked.count(FEED) == asked
    assert "asked to be left alone until" in early["sources_failed"]["news"]
    assert outcomes(world, early)[ONE] == "queued"
    fake.pages[FEED] = rss(("One", ONE, DAY))
    later = run(world, other, fake, 4, hours=2.1)
    assert later["sources_failed"] == {}
    assert SourceMemory(world.table, world.objects).health("news").retry_at == ""


@pytest.mark.parametrize("seconds", [1e9, 1e16, float("inf")])
def test_an_endless_retry_after_is_not_believed_for_more_than_a_day(world: World, seconds: float) -> None:
    config = tree([source("news", FEED), source("b", "https://b.example.org/feed")])
    fake = FakeWeb({FEED: FetchError("answered 503", 503, seconds), "https://b.example.org/feed": rss(("B", ONE, DAY))})
    run(world, config, fake, 1)
    assert SourceMemory(world.table, world.objects).health("news").retry_at == (NOW + timedelta(days=1)).isoformat()


def test_silence_longer_than_usual_is_told_and_an_ordinary_pause_is_not(world: World) -> None:
    config = tree([source("news", FEED)])
    fake = FakeWeb({ONE: page("One", "Text.")})
    for week in range(4):
        fake.pages[FEED] = rss((f"T{week}", f"{ONE}{week}", DAY), ("One", ONE, DAY))
        run(world, config, fake, week, hours=week * 168)
    reports = [world.manifest(run(world, config, fake, 10 + d, hours=504 + 24 * d)).sources[0] for d in (20, 27, 40)]
    assert [report.silent_days for report in reports] == [0, 0, 40]


def test_a_listing_that_turns_over_in_a_day_suggests_to_poll_twice_a_day(world: World) -> None:
    def listing(start: int) -> str:
        return rss(*(
            (f"T{start + n}", f"{ONE}-{start + n}", f"Tue, 09 Dec 2025 {n:02d}:00:00 GMT") for n in range(24)
        ))  # fmt: skip

    config = tree([source("news", FEED, content_enrichment=False)])
    fake = FakeWeb({FEED: listing(0)})
    first = world.manifest(run(world, config, fake, 1)).sources[0]
    fake.pages[FEED] = listing(100)
    second = world.manifest(run(world, config, fake, 2, hours=168)).sources[0]
    assert (first.gap, first.poll_hours) == (False, None)
    assert (second.gap, second.poll_hours) == (True, 11.5)


def test_the_usual_rhythm_follows_the_fetches_with_something_new() -> None:
    health = Health()
    for hours in (0, 24, 48, 49):
        health = after_success(health, NOW + timedelta(hours=hours), 5, fresh=hours != 49)
    assert health.rhythm_hours == 24


def _pages(pages: int, per_page: int, pager: str) -> dict[str, str]:
    """A listing over several pages, a day older from item to item."""
    made = {}
    for number in range(1, pages + 1):
        items = "".join(
            f"<div class='item'><time>{(NOW - timedelta(days=n)).strftime('%d %B %Y')}</time>"
            f"<h3><a href='/news/item-{n}'>Something happened, number {n}</a></h3></div>"
            for n in range((number - 1) * per_page, number * per_page)
        )
        link = pager.format(next=f"/news/?page={number + 1}") if number < pages else ""
        made[SITE if number == 1 else f"{SITE}?page={number}"] = f"<html><body><main>{items}{link}</main></body></html>"
    return made


@pytest.mark.parametrize(
    "pager",
    ["<a rel='next' href='{next}'>2</a>", "<div class='pagination'><a class='next' href='{next}'>Next</a></div>",
     "<div class='nav-previous'><a href='{next}'>Older posts</a></div>"],
)  # fmt: skip
def test_older_pages_are_read_as_far_as_the_window_reaches_back_and_no_further(world: World, pager: str) -> None:
    config = tree([source("site", SITE, "html", content_enrichment=False)])
    fake = FakeWeb(dict(_pages(8, 12, pager)))
    week = run(world, config, fake, 1)
    assert fake.asked == [SITE]
    assert week["items_queued"] == 7
    month = run(world, config, fake, 2, period_days=35)
    assert fake.asked[1:] == [SITE, *(f"{SITE}?page={n}" for n in (2, 3, 4))]
    assert month["items_queued"] == 35


@pytest.mark.parametrize(("most", "read"), [(1, 1), (2, 2), (None, 6), (7, 7)])
def test_an_extractor_bounds_how_many_pages_are_read(world: World, most: int | None, read: int) -> None:
    fake = FakeWeb(dict(_pages(8, 12, "<a rel='next' href='{next}'>2</a>")))
    extractor = HtmlExtractor(selectors=Selectors(next_page="a[rel=next]"), max_pages=most)
    config = replace(
        tree([source("site", SITE, "html", content_enrichment=False)]),
        extractors=HtmlExtractors(extractors={"site": extractor}),
    )
    run(world, config, fake, 1, period_days=90)
    assert len(fake.asked) == read


def test_a_backfill_asks_again_although_the_first_page_has_not_changed(world: World) -> None:
    config = tree([source("news", FEED, content_enrichment=False)])
    older = f"{FEED}?paged=2"
    head = "<generator>https://wordpress.org/?v=6.8</generator>"
    first = rss(("One", ONE, DAY)).replace("<channel>", f"<channel>{head}")
    second = rss(("Old", f"{ONE}-old", "Mon, 17 Nov 2025 10:00:00 GMT")).replace("<channel>", f"<channel>{head}")
    fake = FakeWeb({FEED: Page(FEED, 200, first.encode(), "application/rss+xml", '"v1"'), older: second})
    assert run(world, config, fake, 1, period_days=1)["items_queued"] == 1
    asked = len(fake.asked)
    body = run(world, config, fake, 2, period_days=40)
    assert body["items_queued"] == 2
    assert fake.asked[asked : asked + 2] == [FEED, older]


def test_an_older_page_that_fails_loses_nothing_of_the_first(world: World) -> None:
    pages = _pages(3, 10, "<a rel='next' href='{next}'>2</a>")
    fake = FakeWeb({**pages, f"{SITE}?page=2": FetchError("answered 500", 500)})
    body = run(world, tree([source("site", SITE, "html", content_enrichment=False)]), fake, 1, period_days=30)
    assert body["items_queued"] == 9
    assert body["sources_failed"] == {}
    assert body["sources_partial"] == {"site": "older pages: answered 500"}
    report = world.manifest(body).sources[0]
    assert (report.status, report.listed, report.error) == ("partial", 10, "older pages: answered 500")


def test_an_older_page_that_always_fails_is_told_each_time_and_hides_no_gap(world: World) -> None:
    config = tree([source("site", SITE, "html", content_enrichment=False)])
    failing = {f"{SITE}?page=2": FetchError("answered 500", 500)}
    first = _pages(3, 10, "<a rel='next' href='{next}'>2</a>")[SITE].encode()
    fake = FakeWeb({SITE: Page(SITE, 200, first, "text/html", '"v1"'), **failing})
    run(world, config, fake, 1, period_days=30)
    memory = SourceMemory(world.table, world.objects)
    health, snapshot = memory.health("site"), memory.snapshot("site")
    assert snapshot is not None
    assert (len(snapshot.entries), snapshot.missing) == (10, "older pages: answered 500")
    assert (health.failures, health.last_error, health.average) == (0, "older pages: answered 500", 10)

    again = world.manifest(run(world, config, fake, 2, hours=6, period_days=30)).sources[0]
    assert (again.status, again.gap) == ("partial", False)
    assert fake.conditions[-2:] == [("", ""), ("", "")]  # what is missing lies in the window, so it is asked for
    short = world.manifest(run(world, config, fake, 3, hours=12, period_days=5)).sources[0]
    assert fake.conditions[-1] == ('"v1"', "")
    assert (short.status, short.error) == ("partial", "older pages: answered 500")

    turned = first.replace(b"/news/item-", b"/news/other-")
    fake.pages[SITE] = Page(SITE, 200, turned, "text/html", '"v2"')
    gap = world.manifest(run(world, config, fake, 4, hours=18, period_days=30)).sources[0]
    assert (gap.status, gap.gap) == ("partial", True)
    assert gap.poll_hours

    fake.pages |= {f"{SITE}?page={n}": _pages(3, 10, "")[f"{SITE}?page={n}"] for n in (2, 3)}
    mended = world.manifest(run(world, config, fake, 5, hours=24, period_days=30)).sources[0]
    assert (mended.status, mended.error) == ("ok", "")
    assert memory.health("site").last_error == ""


def test_an_older_page_that_asks_for_patience_gets_it(world: World) -> None:
    config = tree([source("site", SITE, "html", content_enrichment=False)])
    pages = _pages(3, 10, "<a rel='next' href='{next}'>2</a>")
    fake = FakeWeb({**pages, f"{SITE}?page=2": FetchError("answered 429", 429, 7200)})
    run(world, config, fake, 1, period_days=30)
    asked = len(fake.asked)
    body = run(world, config, fake, 2, hours=1, period_days=30)
    assert len(fake.asked) == asked
    assert body["items_queued"] == 9
    assert "older pages: answered 429" in body["sources_failed"]["site"]


def test_a_feed_whose_second_page_is_cut_off_counts_what_it_held_and_is_told(world: World) -> None:
    head = "<channel><generator>https://wordpress.org/?v=6.8</generator>"
    first = rss(("One", ONE, DAY)).replace("<channel>", head)
    second = rss(("Two", f"{ONE}-2", "Mon, 01 Dec 2025 10:00:00 GMT")).replace("<channel>", head)
    fake = FakeWeb({FEED: first, f"{FEED}?paged=2": second.removesuffix("</channel></rss>") + "<item><title>Thr"})
    body = run(world, tree([source("news", FEED, content_enrichment=False)]), fake, 1, period_days=30)
    assert body["items_queued"] == 2
    assert "cut off after 1" in body["sources_failed"]["news"]


def test_an_attachment_that_is_listed_by_itself_belongs_to_its_release_and_gives_it_its_text(world: World) -> None:
    release, attached = "https://site.example.org/news/first", "https://site.example.org/files/a.pdf"
    words = ("Lund – The first patient has received the depot in our study, as planned.",)
    listing = f"""<html><body><main>
    <div class=item><time>9 December 2025</time><h3><a href="{release}">Acme doses the first patient</a></h3></div>
    <div class=item><time>9 December 2025</time><h3><a href="{attached}">Download attachment</a></h3></div>
    <div class=item><time>8 December 2025</time><h3><a href="/news/second">Acme opens a site in Lund</a></h3></div>
    </main></body></html>"""
    pdf = Page(attached, 200, document(flow("Acme doses the first patient", [], words)), "application/pdf")
    fake = FakeWeb({SITE: listing, release: page("Acme doses the first patient", "See attachment."), attached: pdf})

    body = run(world, tree([source("site", SITE, "html")]), fake, 1)

    assert outcomes(world, body)[attached] == "link_only"
    assert "belongs to 'Acme doses the first patient'" in world.seen(body)[attached].dispositions[-1].reason
    raw = world.raw(body)[release]
    assert (raw.text, raw.text_origin, raw.published) == (words[0], "pdf", "2025-12-09")


RELEASE, ATTACHED = "https://site.example.org/news/first", "https://site.example.org/files/a.pdf"


def with_attachment(attachment: Any) -> FakeWeb:
    """A listing whose first release says next to nothing itself."""
    listing = f"""<html><body><main>
    <div class=item><time>9 December 2025</time><h3><a href="{RELEASE}">Acme doses the first patient</a></h3>
    <a href="{ATTACHED}">Download attachment</a></div>
    <div class=item><time>8 December 2025</time><h3><a href="/news/second">Acme opens a site in Lund</a></h3></div>
    </main></body></html>"""
    return FakeWeb({SITE: listing, RELEASE: page("Acme doses the first patient", "See it."), ATTACHED: attachment})


@pytest.mark.parametrize(
    ("attachment", "told"),
    [
        (FetchError("answered 503", 503), "answered 503"),
        (Page(ATTACHED, 200, b"%PDF-1.4 broken", "application/pdf"), "the PDF cannot be read"),
        (Page(ATTACHED, 200, b"", "text/html"), "the page is empty"),
        (RecursionError("too deep"), "RecursionError: too deep"),
    ],
)
def test_an_attachment_that_cannot_be_read_is_told_and_tried_again(world: World, attachment: Any, told: str) -> None:
    fake, config = with_attachment(attachment), tree([source("site", SITE, "html")])
    first = run(world, config, fake, 1)
    raw, seen = world.raw(first)[RELEASE], world.seen(first)[RELEASE]
    assert raw.text == "See it."
    assert [note for note in raw.notes if ATTACHED in note and told in note]
    assert told in seen.dispositions[-1].reason

    words = ("Lund - The first patient has received the depot in our study, as planned.",)
    fake.pages[ATTACHED] = Page(ATTACHED, 200, document(flow("Acme", [], words)), "application/pdf")
    later = world.raw(run(world, config, fake, 2))[RELEASE]
    assert words[0] in later.text
    assert not any("not read" in note for note in later.notes)
    asked = len(fake.asked)
    run(world, config, fake, 3)
    assert not {RELEASE, ATTACHED} & set(fake.asked[asked:])


def test_a_listing_without_dates_that_turned_over_is_to_be_polled_twice_in_that_time(world: World) -> None:
    config = tree([source("news", FEED, content_enrichment=False)])
    fake = FakeWeb({FEED: rss(("One", ONE, DAY))})
    run(world, config, fake, 1)
    fake.pages[FEED] = rss(("Two", f"{ONE}-2", DAY))
    second = world.manifest(run(world, config, fake, 2, hours=24)).sources[0]
    assert (second.gap, second.poll_hours) == (True, 12.0)
