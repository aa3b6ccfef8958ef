"""Windows: the client's own days, across midnight, time zones and daylight saving."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engine.window import LATE_DAYS, LastSent, Period, contains, is_late, plan_window
from shared.errors import InputError

PARIS = "Europe/Paris"
MONDAY = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
LAST = LastSent("2026-02-23", "2026-03-02", "2026-03-02T07:00:00+00:00")


def days(window) -> tuple[str, str]:
    return window.start, window.end


def test_a_scheduled_edition_starts_where_the_last_sent_one_ended():
    assert days(plan_window(Period(), LAST, 7, MONDAY, PARIS)) == ("2026-03-02", "2026-03-09")


def test_after_a_missed_week_nothing_is_lost():
    late = MONDAY + timedelta(days=7)
    assert days(plan_window(Period(), LAST, 7, late, PARIS)) == ("2026-03-02", "2026-03-16")


def test_the_first_edition_looks_back_the_default():
    assert days(plan_window(Period(), None, 30, MONDAY, PARIS)) == ("2026-02-07", "2026-03-09")


def test_a_request_for_a_number_of_days_wins_over_the_last_edition():
    assert days(plan_window(Period(days=90), LAST, 7, MONDAY, PARIS)) == ("2025-12-09", "2026-03-09")


def test_explicit_dates_win_over_everything():
    period = Period("2026-01-01", "2026-02-01", None, 7)
    assert days(plan_window(period, LAST, 7, MONDAY, PARIS)) == ("2026-01-01", "2026-02-01")


def test_a_second_run_on_the_day_of_a_sent_edition_looks_back_again():
    sent_today = LastSent("2026-03-02", "2026-03-09", "2026-03-09T07:00:00+00:00")
    assert days(plan_window(Period(), sent_today, 7, MONDAY, PARIS)) == ("2026-03-02", "2026-03-09")


@pytest.mark.parametrize("period", [Period(from_date="2026-03-09"), Period("2026-02-02", "2026-02-01")])
def test_an_empty_window_is_refused(period):
    with pytest.raises(InputError, match="from_date must be before to_date"):
        plan_window(period, None, 7, MONDAY, PARIS)


def test_a_date_that_is_none_is_refused():
    with pytest.raises(InputError, match="write YYYY-MM-DD"):
        plan_window(Period(from_date="last week"), None, 7, MONDAY, PARIS)


@pytest.mark.parametrize(
    ("moment", "zone", "end"),
    [
        ("2026-03-08T22:59:59+00:00", PARIS, "2026-03-08"),
        ("2026-03-08T23:00:00+00:00", PARIS, "2026-03-09"),
        ("2026-03-29T00:30:00+00:00", PARIS, "2026-03-29"),  # the night that clocks go forward
        ("2026-03-29T21:59:59+00:00", PARIS, "2026-03-29"),
        ("2026-03-29T22:00:00+00:00", PARIS, "2026-03-30"),
        ("2026-10-25T22:59:59+00:00", PARIS, "2026-10-25"),  # back again: the day has 25 hours
        ("2026-10-25T23:00:00+00:00", PARIS, "2026-10-26"),
        ("2026-03-09T03:59:59+00:00", "America/New_York", "2026-03-08"),
        ("2026-03-09T04:00:00+00:00", "America/New_York", "2026-03-09"),
        ("2026-03-08T11:00:00+00:00", "Pacific/Auckland", "2026-03-09"),
    ],
)
def test_the_window_ends_with_the_clients_own_midnight(moment: str, zone: str, end: str):
    window = plan_window(Period(days=7), None, 7, datetime.fromisoformat(moment), zone)
    assert window.end == end
    assert date.fromisoformat(window.end) - date.fromisoformat(window.start) == timedelta(days=7)


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),
    zone=st.sampled_from([PARIS, "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC"]),
    length=st.integers(min_value=1, max_value=400),
)
def test_every_window_holds_its_days_and_not_today(moment: datetime, zone: str, length: int):
    as_of = moment.replace(tzinfo=UTC)
    window = plan_window(Period(days=length), None, 7, as_of, zone)
    today = as_of.astimezone(ZoneInfo(zone)).date()
    assert window.end == today.isoformat()
    assert contains(window, (today - timedelta(days=1)).isoformat())
    assert contains(window, window.start)
    assert not contains(window, today.isoformat())
    assert not contains(window, (date.fromisoformat(window.start) - timedelta(days=1)).isoformat())


WINDOW = plan_window(Period(), LAST, 7, MONDAY, PARIS)


@pytest.mark.parametrize(
    ("published", "normalized_at", "late"),
    [
        ("2026-02-27", "2026-03-03T00:00:00+00:00", True),
        ("2026-02-27", "2026-03-01T00:00:00+00:00", False),  # the last edition has already considered it
        ("2026-03-02", "2026-03-03T00:00:00+00:00", False),  # in the window: not late
        ("2025-06-01", "2026-03-03T00:00:00+00:00", False),  # too old for news
    ],
)
def test_an_older_item_is_late_only_when_the_last_edition_could_not_know_it(published, normalized_at, late):
    assert is_late(WINDOW, LAST, published, normalized_at) is late


def test_nothing_is_late_before_the_first_sent_edition():
    assert not is_late(WINDOW, None, "2026-02-27", "2026-03-03T00:00:00+00:00")


def test_a_long_window_of_the_last_edition_bounds_lateness_too():
    long_ago = LastSent("2025-12-01", "2026-03-02", "2026-03-02T07:00:00+00:00")
    assert is_late(WINDOW, long_ago, "2025-12-05", "2026-03-03T00:00:00+00:00")
    assert LATE_DAYS < 60
