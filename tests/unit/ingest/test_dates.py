"""Dates in all the forms that sources use, and the cascade that picks the article's own."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.dates import Clue, dateline, establish, find, find_all, from_url, parse

NOW = datetime(2025, 12, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Dec 9, 2025 10:15am", "2025-12-09"),
        ("December 9, 2025", "2025-12-09"),
        ("June 12th, 2025", "2025-06-12"),
        ("9 December, 2025", "2025-12-09"),
        ("09 Dec 2025", "2025-12-09"),
        ("2025.01.15", "2025-01-15"),
        ("2025/01/15", "2025-01-15"),
        ("2025-12-09", "2025-12-09"),
        ("20251209", "2025-12-09"),
        ("9 décembre 2025", "2025-12-09"),
        ("1er février 2025", "2025-02-01"),
        ("le 14 août 2025", "2025-08-14"),
        ("15. Januar 2025", "2025-01-15"),
        ("3 de marzo de 2025", "2025-03-03"),
        ("6 november 2025", "2025-11-06"),
        ("25.12.2025", "2025-12-25"),
        ("09.12.2025", "2025-12-09"),
        ("25/12/2025", "2025-12-25"),
        ("12/25/2025", "2025-12-25"),
        ("2025년 12월 9일", "2025-12-09"),
        ("2025年12月9日", "2025-12-09"),
        ("Tue, 09 Dec 2025 14:00:00 +0000", "2025-12-09"),
        ("Tue, 09 Dec 2025 14:00:00 GMT", "2025-12-09"),
        ("09 Dec 2025 14:00 EST", "2025-12-09"),
        ("2025-12-09T10:15:00Z", "2025-12-09"),
        ("2025-06-12T15:59:56+02:00", "2025-06-12"),
        ("2025-12-09 10:15:00", "2025-12-09"),
        ("  Tuesday, December 9, 2025 - 8:00 AM ET ", "2025-12-09"),
    ],
)
def test_forms(text: str, day: str) -> None:
    moment = parse(text)
    assert moment
    assert moment.day.isoformat() == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "3 hours ago",
        "03/04/2025",
        "December 2025",
        "2025-13-45",
        "31 February 2025",
        "Q4 2025",
        "1 of 2",
    ],
)
def test_what_is_no_date_or_could_be_two_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "timezone", "day", "moment"),
    [
        ("Dec 9, 2025 10:15pm", "America/New_York", "2025-12-09", "2025-12-10T03:15:00+00:00"),
        ("Dec 9, 2025 12:05am", "UTC", "2025-12-09", "2025-12-09T00:05:00+00:00"),
        ("Tue, 09 Dec 2025 02:00:00 +0000", "America/New_York", "2025-12-08", "2025-12-09T02:00:00+00:00"),
        ("2025-12-08T23:30:00+00:00", "Europe/Paris", "2025-12-09", "2025-12-08T23:30:00+00:00"),
        ("2025-12-09T10:00:00", "Asia/Seoul", "2025-12-09", "2025-12-09T01:00:00+00:00"),
        ("December 9, 2025 8:00 AM ET", "Europe/Paris", "2025-12-09", "2025-12-09T13:00:00+00:00"),
    ],
)
def test_the_day_is_the_sources_own_and_the_moment_is_utc(text: str, timezone: str, day: str, moment: str) -> None:
    found = parse(text, timezone)
    assert found
    assert (found.day.isoformat(), found.at and found.at.isoformat()) == (day, moment)


@pytest.mark.parametrize("timezone", ["America/Los_Angeles", "America/New_York", "UTC", "Europe/Paris", "Asia/Seoul"])
@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2025-12-09T00:00:00Z", ""),
        ("2025-12-09T00:00:00.000Z", ""),
        ("2025-12-09T00:00:00+00:00", ""),
        ("2025-12-09T00:00:00-00:00", ""),
        ("2025-12-09 00:00:00 +0000", ""),
        ("20251209T000000Z", ""),
        ("Tue, 09 Dec 2025 00:00:00 GMT", ""),
        ("Tue, 09 Dec 2025 00:00:00 +0000", ""),
        ("Tue, 09 Dec 2025 00:00:00 -0000", ""),
        ("Tue, 9 Dec 2025 00:00:00 UT", ""),
        ("December 9, 2025 12:00 AM UTC", ""),
        ("9 December 2025 00:00 GMT", ""),
        ("published 2025-12-09T00:00:00Z by the press office", ""),
        ("09/12/2025 00:00 +0000", "%d/%m/%Y %H:%M %z"),
    ],
)
def test_midnight_utc_is_a_date_without_a_time(text: str, form: str, timezone: str) -> None:
    found = parse(text, timezone, form)
    assert found
    assert found.day == date(2025, 12, 9)
    assert found.at is None or timezone != "UTC" or found.at.isoformat() == "2025-12-09T00:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "timezone", "day"),
    [
        ("2025-12-09T00:00:01Z", "America/New_York", "2025-12-08"),
        ("2025-12-09T05:00:00Z", "America/New_York", "2025-12-09"),
        ("2025-12-08T23:00:00Z", "Europe/Paris", "2025-12-09"),
        ("2025-12-09T00:00:00+01:00", "Europe/Paris", "2025-12-09"),
        ("2025-12-09T00:00:00-05:00", "America/New_York", "2025-12-09"),
    ],
)
def test_any_other_moment_is_one(text: str, timezone: str, day: str) -> None:
    found = parse(text, timezone)
    assert found
    assert found.at
    assert found.day.isoformat() == day


def test_a_listings_own_form_decides_what_is_ambiguous() -> None:
    found = parse("03/04/2025", form="%d/%m/%Y")
    assert found
    assert found.day == date(2025, 4, 3)


def test_a_date_glued_to_other_words_is_found() -> None:
    found = find("Jane Doe2025-06-12T15:59:56+02:00June 12th, 2025|Read More", "Europe/Helsinki")
    assert found
    assert found.day == date(2025, 6, 12)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("PARIS, December 9, 2025 – Acme today announced that", "2025-12-09"),
        ("Acme\n\nStockholm, Sweden, 6 November 2025 — Acme AB", "2025-11-06"),
        ("9 December 2025\n\nAcme has", "2025-12-09"),
        ("Published: December 9, 2025\n\nAcme has", "2025-12-09"),
        ("CAMBRIDGE, Mass., Dec. 9, 2025 (GLOBE NEWSWIRE) -- Acme", "2025-12-09"),
        ("Montpellier, le 9 décembre 2025 - Acme", "2025-12-09"),
        ("The trial will end on December 9, 2026 and then", ""),
        ("Results for the six months to September 30, 2025 were good", ""),
        ("Acme has no date", ""),
    ],
)
def test_datelines(text: str, day: str) -> None:
    assert dateline(text, "Acme announces something") == day


def test_the_date_in_a_half_year_title_is_not_the_publication_date() -> None:
    title = "Acme publishes its half-year results (April 1st, 2025 – September 30, 2025)"
    body = f"{title}\n\nSeptember 30, 2025\n\nDecember 9, 2025\n\nAcme today published"
    assert dateline(body, title) == "2025-12-09"
    dated, _ = establish([Clue("listing", "December 9, 2025"), Clue("text", "2025-09-30")], "UTC", NOW)
    assert dated
    assert dated.moment.day == date(2025, 12, 9)


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://example.org/2025/12/09/story", "2025-12-09"),
        ("https://example.org/news/2025-12-09-story", "2025-12-09"),
        ("https://example.org/wp-content/uploads/2025/11/PODD-Oct-2025.pdf", ""),
        ("https://example.org/boston-september-15-16/", ""),
        ("https://example.org/123456789012/", ""),
    ],
)
def test_only_a_full_day_in_an_address_counts(url: str, day: str) -> None:
    assert from_url(url) == day


def test_the_cascade_prefers_what_the_page_states_over_listing_text_and_address() -> None:
    clues = [
        Clue("url", "2025-12-01"),
        Clue("listing", "December 2, 2025"),
        Clue("text", "2025-12-03"),
        Clue("json_ld", "2025-12-04"),
        Clue("feed", "Fri, 05 Dec 2025 10:00:00 GMT"),
    ]
    days = []
    while clues:
        dated, _ = establish(clues, "UTC", NOW)
        assert dated
        days.append((dated.by.origin, dated.moment.day.day))
        clues = [clue for clue in clues if clue.origin != dated.by.origin]
    assert days == [("json_ld", 4), ("feed", 5), ("listing", 2), ("text", 3), ("url", 1)]


def test_a_date_in_the_future_is_refused_and_the_next_clue_is_asked() -> None:
    dated, _ = establish([Clue("json_ld", "2026-12-09"), Clue("listing", "December 9, 2025")], "UTC", NOW)
    assert dated
    assert dated.by.origin == "listing"
    tomorrow, _ = establish([Clue("feed", "2025-12-11")], "UTC", NOW)
    assert tomorrow
    none, reason = establish([Clue("feed", "2025-12-12")], "UTC", NOW)
    assert none is None
    assert "future" in reason


def test_nothing_dated_is_no_date_and_never_today() -> None:
    dated, reason = establish([Clue("feed", "soon")], "UTC", NOW)
    assert dated is None
    assert "soon" in reason


@given(
    st.dates(date(1995, 1, 1), date(2035, 1, 1)), st.sampled_from(["%B %d, %Y", "%d %B %Y", "%Y.%m.%d", "%d %b, %Y"])
)
@settings(max_examples=200)
def test_every_day_survives_being_written_and_read(day: date, form: str) -> None:
    found = parse(day.strftime(form))
    assert found
    assert found.day == day


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_whatever_text_is_read_a_date_is_plausible_and_a_moment_near_its_day(text: str) -> None:
    stated = dateline(text, text[:20])
    assert not stated or date(1990, 1, 1) <= date.fromisoformat(stated) <= date(2099, 12, 31)
    for moment in (parse(text), find(text), *find_all(text)):
        if moment is None:
            continue
        assert moment.day >= date(1990, 1, 1)
        if moment.at:
            assert moment.at.utcoffset() == timedelta(0)
            assert abs(moment.at.date() - moment.day) <= timedelta(days=1)
