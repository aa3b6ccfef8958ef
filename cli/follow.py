"""Decides, from what is known of a run: how far each stage is, whether the run has ended, whether it stands still."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cli.pipeline import Snapshot
from services.ingest.progress import Progress
from shared.contracts.batch import Stage
from shared.storage.batches import Batch
from shared.storage.table import Row

STAGES: tuple[Stage, ...] = ("ingest", "normalize", "engine", "publisher")
Goal = Literal["collected", "draft", "sent"]
State = Literal["waiting", "running", "done", "skipped"]

_BUILT = frozenset({"draft", "approved", "sending", "sent", "superseded"})
_HANDED_OVER = frozenset({"sent", "superseded"})
BUSY_PATIENCE = 5
"""How many times longer a stage may stand still while a function holds messages of its queue (a slow model)."""


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage as shown: `total` is None while unknown; `queued` is what is neither done nor failed."""

    stage: Stage
    state: State
    total: int | None = None
    done: int = 0
    failed: int = 0
    unit: str = ""

    @property
    def queued(self) -> int:
        return max(0, (self.total or 0) - self.done - self.failed)


def views(snapshot: Snapshot, goal: Goal, recipients: int) -> tuple[StageView, ...]:
    """All four stages, in order."""
    return (
        _ingest(snapshot),
        _normalize(snapshot.batch),
        _engine(snapshot.edition, goal),
        _publisher(snapshot, goal, recipients),
    )


def waiting_for(snapshot: Snapshot, goal: Goal) -> Stage | None:
    """The stage that the run waits for, or None when it has reached its goal."""
    if snapshot.reading:
        return "ingest"
    if snapshot.batch is None or snapshot.batch.status != "complete":
        return "normalize"
    if goal == "collected":
        return None
    status = _status(snapshot.edition)
    if status not in _BUILT:
        return "engine"
    if goal == "draft" or status in _HANDED_OVER:
        return None
    return "publisher"


def lost(batch: Batch | None) -> bool:
    """Whether a completed batch had items and none of them worked: that run is a failure, never a quiet week."""
    return batch is not None and batch.status == "complete" and batch.expected > 0 and batch.done == 0


def undeliverable(snapshot: Snapshot, stack: str) -> str:
    """Why the publisher reached nobody and what to do, or an empty string; it says so itself by a notice of failure."""
    row = snapshot.edition
    if not row or not row.get("notified_failed_at") or _status(row) == "sent":
        return ""
    told = str(row.get("failure") or "the publisher gave no reason")
    if _status(row) == "superseded":
        return told
    reasons = sorted({str(one["reason"]) for one in snapshot.deliveries if one.get("reason")} - {""})
    details = [reason for reason in reasons if reason not in told]
    why = "; ".join([told, *details])
    return f"{why}. Next: repair that, then `vectora dlq replay --queue publisher --stack {stack}` sends the edition."


class StallWatch:
    """Tells how long the run has stood still; the caller brings the time (seconds, monotonic)."""

    def __init__(self, limit: float, started: float) -> None:
        self.limit, self._since = limit, started
        self._mark: object = None

    def idle(self, snapshot: Snapshot, now: float) -> float:
        """Seconds since anything changed."""
        mark = _mark(snapshot)
        if mark != self._mark:
            self._mark, self._since = mark, now
        return now - self._since

    def stalled(self, idle: float, *, busy: bool) -> bool:
        return idle >= self.limit * (BUSY_PATIENCE if busy else 1)


def next_step(stage: Stage, stack: str) -> str:
    """What an operator does about a stage that does not move."""
    steps: Mapping[Stage, str] = {
        "ingest": "read the ingest function's log",
        "normalize": "check that normalize's event source mapping on the raw queue is enabled, and its log",
        "engine": "check the data bucket's notification for COMPLETE.json to the engine, and the engine's log",
        "publisher": "check the newsletter topic's subscription to the publisher's queue, and the publisher's log",
    }
    repair = "; `vectora local down` and `vectora local up` deploy the stack anew" if stack == "local" else ""
    return steps[stage] + repair


def _mark(snapshot: Snapshot) -> tuple[object, ...]:
    batch = snapshot.batch
    counts = (batch.status, batch.done, batch.failed) if batch else None
    deliveries = tuple(sorted((str(row["sk"]), str(row.get("status"))) for row in snapshot.deliveries))
    progress = snapshot.progress
    read = (len(progress.sources), len(progress.decided)) if progress else None
    return snapshot.answer is None, read, counts, _status(snapshot.edition), deliveries


def _status(edition: Row | None) -> str:
    return str(edition["status"]) if edition and edition.get("status") else ""


def _ingest(snapshot: Snapshot) -> StageView:
    if snapshot.batch is None and snapshot.progress is not None:
        return _continued(snapshot.progress)
    if snapshot.batch is None and snapshot.answer is None:
        return StageView("ingest", "running", unit="sources")
    total, failed = len(snapshot.sources), sum(source.status == "failed" for source in snapshot.sources)
    state: State = "running" if snapshot.answer is None else "done"
    return StageView("ingest", state, total, total - failed, failed, "sources")


def _continued(progress: Progress) -> StageView:
    """Ingest between two invocations: sources first, then their articles."""
    if len(progress.sources) < progress.sources_in_all or not progress.articles_in_all:
        failed = sum(source.report.status == "failed" for source in progress.sources)
        read = len(progress.sources) - failed
        return StageView("ingest", "running", progress.sources_in_all, read, failed, "sources")
    return StageView("ingest", "running", progress.articles_in_all, len(progress.decided), 0, "articles")


def _normalize(batch: Batch | None) -> StageView:
    if batch is None:
        return StageView("normalize", "waiting", unit="items")
    state: State = "done" if batch.status == "complete" else "running"
    return StageView("normalize", state, batch.expected, batch.done, batch.failed, "items")


def _engine(edition: Row | None, goal: Goal) -> StageView:
    if goal == "collected":
        return StageView("engine", "skipped")
    status = _status(edition)
    if status in _BUILT:
        return StageView("engine", "done", 1, 1, 0, "edition")
    return StageView("engine", "running" if status else "waiting", 1, 0, 0, "edition")


def _publisher(snapshot: Snapshot, goal: Goal, recipients: int) -> StageView:
    if goal != "sent":
        return StageView("publisher", "skipped")
    statuses = [str(row.get("status")) for row in snapshot.deliveries]
    mailed, failed = statuses.count("sent"), statuses.count("failed") + statuses.count("unknown")
    total = max(recipients, len(statuses))
    if _status(snapshot.edition) in _HANDED_OVER:
        return StageView("publisher", "done", mailed + failed, mailed, failed, "mails")
    return StageView("publisher", "running" if statuses else "waiting", total, mailed, failed, "mails")
