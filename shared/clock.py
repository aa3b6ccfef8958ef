"""Time as an argument: pure code receives a clock instead of asking the machine."""

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Anything that tells the present moment, timezone-aware, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The real clock, for deadlines, leases and TTL (never for windows: see `run_clock`)."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still at `moment` (timezone-aware)."""

    def __init__(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("a clock needs a timezone-aware moment")
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        return self._moment


def parse_as_of(text: str | None, clock: Clock, timezone: str) -> datetime:
    """The run's clock: `text` as ISO date (start of that day in `timezone`) or ISO datetime, or the present.

    Raises ValueError for anything else.
    """
    if not text:
        return clock.now()
    zone = ZoneInfo(timezone)
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def local_day(moment: datetime, timezone: str) -> date:
    """The calendar day of `moment` in an IANA time zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()
