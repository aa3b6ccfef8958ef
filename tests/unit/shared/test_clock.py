"""The run's clock."""

from datetime import UTC, date, datetime

import pytest

from shared.clock import FixedClock, local_day, parse_as_of

NOW = FixedClock(datetime(2025, 12, 8, 23, 30, tzinfo=UTC))


def test_a_date_is_the_start_of_that_day_at_the_clients_place():
    assert parse_as_of("2025-12-10", NOW, "Europe/Paris") == datetime(2025, 12, 9, 23, tzinfo=UTC)


def test_no_text_is_the_present():
    assert parse_as_of(None, NOW, "UTC") == NOW.now()


def test_a_naive_time_is_the_clients_local_time():
    assert parse_as_of("2025-07-01T08:00", NOW, "Europe/Paris") == datetime(2025, 7, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "10/12/2025"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError):
        parse_as_of(text, NOW, "UTC")


def test_the_calendar_day_depends_on_the_place():
    assert local_day(NOW.now(), "UTC") == date(2025, 12, 8)
    assert local_day(NOW.now(), "Europe/Paris") == date(2025, 12, 9)


def test_a_clock_needs_a_time_zone():
    with pytest.raises(ValueError):
        FixedClock(datetime(2025, 1, 1))
