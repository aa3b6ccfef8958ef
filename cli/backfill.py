"""What a run will cost before it spends: a dry run counts its items, the lake tells what an item costs."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from cli.forecast import MAX_COST, Forecast
from cli.stacks import StackName
from shared.contracts.batch import Window
from shared.contracts.events import IngestEvent
from shared.errors import InputError

LARGE_DAYS = 31
"""A window of more days is a backfill: on AWS it is counted before it is paid for."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What was said about cost. `only`: tell the forecast and stop. `max_cost`: dollars, None if nothing was said."""

    only: bool = False
    max_cost: float | None = None
    yes: bool = False

    @property
    def dollars(self) -> float:
        return MAX_COST if self.max_cost is None else self.max_cost


NOTHING_SAID = Bound()


def wanted(bound: Bound, stack: StackName, days: int | None) -> bool:
    """Whether to count before running. The local stack's own model costs nothing, so there only on demand."""
    if bound.only or bound.max_cost is not None:
        return True
    return stack is not StackName.local and not bound.yes and (days or 0) > LARGE_DAYS


def window_days(start: str | None, end: str | None, period_days: int | None, today: date) -> int | None:
    """Days of the window that was asked for, None where the client or its last edition decides. Raises InputError."""
    try:
        first, after = date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else today
    except ValueError as error:
        raise InputError(f"{error}; write days as 2026-01-31") from error
    if first and first >= after:
        raise InputError(f"no day lies between --from {first} and --to {after}")
    return (after - first).days if first else period_days


class Ingest(Protocol):
    """cli.pipeline.Pipeline, as a forecast needs it."""

    def ingest(self, event: IngestEvent) -> dict[str, Any]: ...


class Lake(Protocol):
    """cli.normalized.Normalized, as a forecast needs it."""

    def stale(self, window: Window) -> int: ...
    def forecast_for(self, items: int) -> Forecast: ...


def forecast(pipeline: Ingest, lake: Lake, event: IngestEvent) -> Forecast:
    """Reads the sources as the run would, stores and queues nothing. Items in the lake cost nothing, unless an older
    normalizer made them. What one invocation cannot count makes the forecast a lower bound. Raises StageFailedError as
    the run would."""
    body = pipeline.ingest(event.model_copy(update={"dry_run": True, "run_id": None}))
    kept, known = int(body["items_ingested"]), int(body["items_normalized"])
    stale = min(known, lake.stale(Window.model_validate(body["window"]))) if known else 0
    return replace(lake.forecast_for(kept - known + stale), counted=not body.get("continued"))
