"""The window of a run, and the merging of what several sources list."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.plan import Period, candidates, period
from shared.contracts.events import IngestEvent
from shared.errors import InputError
from shared.storage.sources import Entry
from tests.unit.ingest.builders import source

MONDAY_8 = datetime(2025, 12, 8, 7, 0, tzinfo=UTC)  # 08:00 in Paris
MIDNIGHT = datetime(2025, 12, 9, 23, 0, tzinfo=UTC)  # 2025-12-10 00:00 in Paris


def days(as_of: datetime = MONDAY_8, last: str | None = None, default: int = 7, **event: Any) -> tuple[str, str, str]:
    found = period(IngestEvent.model_validate(event), as_of, "Europe/Paris", default, last)
    return found.window.start, found.window.end, found.last


def test_a_scheduled_edition_ends_with_the_day_before_it_and_collects_the_day_under_way() -> None:
    assert days() == ("2025-12-01", "2025-12-08", "2025-12-09")


def test_a_date_without_time_of_day_is_exclusive_in_the_clients_time_zone() -> None:
    assert days(MIDNIGHT, period_days=90) == ("2025-09-11", "2025-12-10", "2025-12-10")


def test_an_edition_starts_where_the_last_sent_one_ended_unless_the_event_says() -> None:
    assert days(last="2025-12-03")[0] == "2025-12-03"
    assert days(last="2025-12-03", period_days=2)[0] == "2025-12-06"
    assert days(last="2025-12-08")[0] == "2025-12-01"
    assert days(last="2025-12-03", kind="collect")[0] == "2025-12-01"


def test_collecting_covers_the_day_under_way() -> None:
    assert days(kind="collect") == ("2025-12-01", "2025-12-09", "2025-12-09")


def test_explicit_days_are_taken_as_they_are() -> None:
    assert days(from_date="2025-01-01", to_date="2025-02-01") == ("2025-01-01", "2025-02-01", "2025-02-01")
    assert days(to_date="2025-02-01", period_days=10)[0] == "2025-01-22"


@pytest.mark.parametrize("event", [{"from_date": "2026-01-01"}, {"from_date": "soon"}, {"to_date": "1/2/2025"}])
def test_impossible_days_are_refused(event: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        days(**event)


def test_days_outside_the_period_are_not_held() -> None:
    found = Period(period(IngestEvent(), MONDAY_8, "Europe/Paris", 7, None).window, "2025-12-09")
    held = [day for day in ("2025-11-30", "2025-12-01", "2025-12-08", "2025-12-09") if found.holds(day)]
    assert held == ["2025-12-01", "2025-12-08"]


def test_one_candidate_for_an_address_in_two_sources_and_spellings() -> None:
    a, b = source("a", "https://a.example.org/feed"), source("b", "https://b.example.org/feed")
    (one,) = candidates(
        [
            (a, [Entry(url="http://www.example.org/x/?utm_source=feed", title="X")]),
            (a, [Entry(url="https://www.example.org/x", title="X again")]),
            (b, [Entry(url="https://WWW.example.org/x#top", title="X elsewhere")]),
        ]
    )  # fmt: skip
    assert [(listed.source_key, entry.title) for listed, entry in one.listings] == [("a", "X"), ("b", "X elsewhere")]
