"""Which days an edition covers, and which older items still belong to it. Days are the client's own, as YYYY-MM-DD."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.clock import local_day
from shared.contracts.batch import Window
from shared.errors import InputError

LATE_DAYS = 30
"""How far before its window an edition still takes an item that was normalized late. Without a limit, another
client's long look back into a shared source would fill this client's next issue with old news."""


@dataclass(frozen=True, slots=True)
class Period:
    """What a request says about its window; each may be absent."""

    from_date: str | None = None
    to_date: str | None = None
    target_date: str | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class LastSent:
    """The last sent edition: its window, and the moment (ISO, UTC) at which its engine started to read the lake."""

    window_from: str
    window_to: str
    started_at: str


def plan_window(period: Period, last: LastSent | None, default_days: int, as_of: datetime, timezone: str) -> Window:
    """[from, to): the request's own period; else from where the last sent edition ended; else `default_days` back.

    `to` is the request's to_date or target_date, else the run's day, which is not over and so not included.
    Raises InputError for dates that are none or are in the wrong order.
    """
    end = _day(period.to_date or period.target_date) or local_day(as_of, timezone)
    start = _day(period.from_date) or _start(period, last, default_days, end)
    if start >= end:
        raise InputError(f"the window from {start} to {end} is empty; from_date must be before to_date")
    return Window.model_validate({"from": start.isoformat(), "to": end.isoformat()})


def _start(period: Period, last: LastSent | None, default_days: int, end: date) -> date:
    if period.days is None and last is not None:
        ended = date.fromisoformat(last.window_to)
        if ended < end:
            return ended
    return end - timedelta(days=period.days or default_days)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InputError(f"{text!r} is not a date; write YYYY-MM-DD") from error


def contains(window: Window, published: str) -> bool:
    return window.start <= published < window.end


def is_late(window: Window, last: LastSent | None, published: str, arrived_at: str) -> bool:
    """Older than the window, but in the lake only after the last sent edition had read the lake."""
    if last is None or published >= window.start:
        return False
    oldest = min(last.window_from, (date.fromisoformat(window.start) - timedelta(days=LATE_DAYS)).isoformat())
    return published >= oldest and datetime.fromisoformat(arrived_at) > datetime.fromisoformat(last.started_at)
