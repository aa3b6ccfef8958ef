"""`vectora sources check`: what it says of known sources, and of one that nobody has listed yet."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from rich.console import Console

from cli.source_trial import report, try_source
from cli.sources_commands import attention, show
from services.ingest.fetch import FetchError, OutOfTimeError
from shared.config.rules import IngestionProfile, Source
from shared.errors import InputError
from shared.storage.sources import Health
from tests.unit.ingest.builders import FakeWeb, page, rss, source, tree

NOW = datetime(2025, 12, 10, 9, tzinfo=UTC)
NEWS = source("news", "https://news.example.org/feed")
SITE = "https://www.example.org/news/"


def test_a_source_that_is_well_needs_no_attention() -> None:
    assert attention(NEWS, Health(last_attempt="2025-12-10T08:00", last_success="2025-12-10T08:00"), NOW) == []
    assert attention(NEWS, Health(), NOW) == ["never polled"]


def test_a_source_that_was_read_in_part_says_so() -> None:
    health = Health(last_attempt="x", last_success=NOW.isoformat(), last_error="older pages: answered 500")
    assert attention(NEWS, health, NOW) == ["read in part: older pages: answered 500"]


def test_failures_patience_silence_and_gaps_are_told() -> None:
    health = Health(
        last_attempt="x",
        last_success=NOW.isoformat(),
        last_error="answered 503",
        failures=2,
        newest_at=(NOW - timedelta(days=30)).isoformat(),
        rhythm_hours=24,
        retry_at=(NOW + timedelta(hours=1)).isoformat(),
        gaps=("2025-12-01",),
        span_hours=24,
    )
    assert attention(NEWS, health, NOW) == [
        "answered 503",
        "left alone until 2025-12-10T10:00",
        "silent for 30 days, longer than usual",
        "turned over between polls 1 times; poll every 12 h",
    ]


def test_a_feed_on_trial_shows_titles_dates_and_a_catalogue_entry_that_is_valid() -> None:
    one = "https://www.example.org/one"
    web = FakeWeb({SITE: rss(("One", one, "Tue, 09 Dec 2025 10:00:00 GMT")), one: page("One", "The article. " * 40)})
    trial = try_source(SITE, tree([NEWS]), fetch=web)
    told = report(trial)
    assert trial.works
    assert "feed of 1 entries, 1 of them dated" in told
    assert "article: 2025-12-09" in told
    suggested = yaml.safe_load(told.split("source_catalog.yaml:")[1])
    assert Source.model_validate(suggested[0]).source_key == "press_corporate__example"


def test_a_source_on_trial_gets_a_profile_that_the_tree_has() -> None:
    def suggested(*profiles: tuple[str, str, str]) -> str:
        known = {name: {"source_types": [kind], "signal_requirements": {"mode": mode}} for name, kind, mode in profiles}
        made = replace(tree([NEWS]), profiles={k: IngestionProfile.model_validate(v) for k, v in known.items()})
        return try_source(
            SITE, made, fetch=FakeWeb({SITE: FetchError("answered 403", 403)})
        ).polled.source.ingestion_profile

    papers, broad = ("papers", "pubmed", "require_signals"), ("broad", "press_corporate", "exclude_only")
    assert suggested(papers, broad) == "broad"
    assert suggested(papers, broad, ("strict", "press_corporate", "require_signals")) == "strict"
    with pytest.raises(InputError, match="add one"):
        suggested(papers)


def test_a_listing_on_trial_says_what_its_dates_lack() -> None:
    items = "".join(f"<div><h3><a href='/n/{n}'>A title that is long enough, {n}</a></h3></div>" for n in range(4))
    web = FakeWeb({SITE: f"<html><body><main>{items}</main></body></html>"})
    told = report(try_source(SITE, tree([NEWS]), fetch=web))
    assert "listing of 4 entries, 0 of them dated" in told
    assert "html_extractors.yaml" in told


def test_what_is_no_source_is_told_in_one_line() -> None:
    trial = try_source(SITE, tree([NEWS]), fetch=FakeWeb({SITE: FetchError("answered 403", 403)}))
    assert not trial.works
    assert report(trial) == f"{SITE}: answered 403"


def test_an_entry_shows_its_day_and_not_the_words_around_it() -> None:
    title = "<h2><a href='/n/{0}'>A title of some length, {0}</a></h2>"
    item = f"<article class='post'>{title}<span class='updated'>{{1}}</span></article>"
    when = "<span>A. Writer</span> 2025-08-15T11:33:54+02:00 <span>Read on</span>"
    web = FakeWeb({SITE: f"<html><body><main>{item.format(1, when)}{item.format(2, when)}</main></body></html>"})
    assert "\n  2025-08-15: A title of some length, 1\n" in report(try_source(SITE, tree([NEWS]), fetch=web))


LATE = OutOfTimeError("the run's time ended")


def test_a_site_that_does_not_answer_within_the_trial_is_told_in_one_line() -> None:
    web = FakeWeb({SITE: LATE})
    trial = try_source(SITE, tree([NEWS]), fetch=web)
    assert not trial.works
    assert report(trial) == f"{SITE}: not read within the trial's 60 s"
    assert web.asked == [SITE]


def test_what_a_slow_site_gave_before_the_trial_ended_is_shown() -> None:
    pages = [f"https://www.example.org/{n}" for n in range(3)]
    feed = rss(*((f"Title {n}", url, "Tue, 09 Dec 2025 10:00:00 GMT") for n, url in enumerate(pages)))
    web = FakeWeb({SITE: feed, pages[0]: page("Title 0", "The article. " * 40), pages[1]: LATE})
    trial = try_source(SITE, tree([NEWS]), fetch=web)
    told = report(trial)
    assert trial.works
    assert "feed of 3 entries, 3 of them dated" in told
    assert [one.title for one in trial.articles] == ["Title 0"]
    assert "the trial's 60 s ended" in told
    assert "little text" not in told
    assert pages[2] not in web.asked


def test_a_slow_second_page_does_not_hide_the_first_one() -> None:
    items = "".join(f"<div><h3><a href='/n/{n}'>A title of some length, {n}</a></h3></div>" for n in range(4))
    first = f"<html><body><main>{items}</main><a rel='next' href='/news/2'>next</a></body></html>"
    dated = first.replace("</h3>", f"</h3><time>{datetime.now(UTC):%Y-%m-%d}</time>")
    web = FakeWeb({SITE: dated, "https://www.example.org/news/2": LATE})
    trial = try_source(SITE, tree([NEWS]), fetch=web)
    told = report(trial)
    assert trial.works
    assert "listing of 4 entries, 4 of them dated" in told
    assert "older pages: not read within the trial's 60 s" in told
    assert trial.articles == ()


def test_a_narrow_terminal_gets_lines_that_fit_and_a_wide_one_a_table() -> None:
    gapped = Health(last_attempt="x", last_success=NOW.isoformat(), gaps=("x",), span_hours=10, fetches=3, average=6)
    failing = Health(last_attempt="x", last_error="e " * 60, failures=12)
    found = [(NEWS, gapped), (source("press_corporate__somebody_with_a_long_name", SITE), failing)]
    for width in (60, 200):
        console = Console(width=width, record=True, file=io.StringIO())
        show(console, found, NOW)
        text = console.export_text()
        assert max(map(len, text.splitlines())) <= width
        assert "turned over between polls 1 times; poll every 5 h" in text
        assert "press_corporate__somebody_with_a_long_name" in text
        assert "12" in text


def test_a_trial_fits_a_narrow_terminal() -> None:
    one = "https://www.example.org/one"
    title = "A title of many words that would never fit into one line of a narrow terminal, whatever is left out"
    web = FakeWeb({SITE: rss((title, one, "Tue, 09 Dec 2025 10:00:00 GMT")), one: page(title, "Short.")})
    told = report(try_source(SITE, tree([NEWS]), fetch=web), width=60)
    listed = told.split("for canonical")[0].splitlines()
    assert max(map(len, listed)) <= 60
    assert "A title of many words" in listed[1]
    assert "little text" in told
