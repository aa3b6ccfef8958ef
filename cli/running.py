"""One run on a deployed stack: invoke ingest, follow the batch through the stages, fail where it stands still."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from cli import follow
from cli.errors import StageFailedError, StalledError
from cli.pipeline import Pipeline, Snapshot
from cli.progress import Display
from shared import ids
from shared.contracts.batch import Stage
from shared.contracts.events import IngestEvent
from shared.storage.batches import Batch

_POLL_SECONDS = 0.5
_INGEST_SECONDS = 3600.0
"""An invocation of ingest shows nothing before it ends: three tries of 15 minutes, with the pauses between them."""
Diagnosis = Callable[[], str | None]
"""A sentence that begins with the stage whose wiring is cut; None where nothing is known to be wrong."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, and the seconds of standing still after which the wiring is looked at (`look_after`), an error in
    the engine's log ends the run (`log_after`; Lambda tries the engine again), and the run has stalled (`stall_after`).
    """

    event: IngestEvent
    goal: follow.Goal
    stack: str
    recipients: int
    look_after: float = 5.0
    log_after: float = 15.0
    stall_after: float = 60.0

    @property
    def run_id(self) -> str:
        if not self.event.run_id:
            raise ValueError("a run needs a run_id, or a repetition could not be told from a new run")
        return self.event.run_id


@dataclass(frozen=True, slots=True)
class Time:
    """Monotonic seconds, epoch seconds and waiting; tests bring their own."""

    monotonic: Callable[[], float] = time.monotonic
    epoch: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Run:
    """Follows one run to its goal."""

    def __init__(self, pipeline: Pipeline, plan: Plan, diagnosis: Diagnosis, clock: Time) -> None:
        self._pipeline, self._plan, self._diagnosis, self._time = pipeline, plan, diagnosis, clock
        self._started_ms = int(clock.epoch() * 1000)
        self._watch = follow.StallWatch(plan.stall_after, clock.monotonic())

    def __call__(self, shown: Display) -> Snapshot:
        """The final state. Raises StageFailedError or StalledError, each naming the stage."""
        answer = self._invoke()
        while True:
            snapshot = self._look(answer)
            shown.show(follow.views(snapshot, self._plan.goal, self._plan.recipients))
            self._refuse_failures(snapshot)
            stage = follow.waiting_for(snapshot, self._plan.goal)
            if stage is None:
                return snapshot
            self._refuse_stall(stage, snapshot)
            self._time.sleep(_POLL_SECONDS)

    def _invoke(self) -> Future[dict[str, Any]]:
        """Invoke ingest in a thread that does not outlive an interrupted command."""
        future: Future[dict[str, Any]] = Future()

        def call() -> None:
            try:
                future.set_result(self._pipeline.ingest(self._plan.event))
            except Exception as error:  # noqa: BLE001 (raised again where the future is read)
                future.set_exception(error)

        threading.Thread(target=call, name="ingest", daemon=True).start()
        return future

    def _look(self, answer: Future[dict[str, Any]]) -> Snapshot:
        body = answer.result() if answer.done() else None
        event = self._plan.event
        return self._pipeline.snapshot(event.client_id, event.kind, self._plan.run_id, body)

    def _refuse_failures(self, snapshot: Snapshot) -> None:
        if self._plan.goal == "collected":
            self._refuse_lost(snapshot.batch)
        if reason := follow.undeliverable(snapshot, self._plan.stack):
            raise StageFailedError("publisher", reason)

    def _refuse_lost(self, batch: Batch | None) -> None:
        if batch is not None and follow.lost(batch):
            first = next(iter(self._pipeline.failed_items(batch).values()), "no reason recorded")
            raise StageFailedError("normalize", f"all {batch.expected} items failed, the first with: {first}")

    def _refuse_stall(self, stage: Stage, snapshot: Snapshot) -> None:
        idle = self._watch.idle(snapshot, self._time.monotonic())
        if snapshot.answer is None or idle < self._plan.look_after:
            return
        next_step = follow.next_step(stage, self._plan.stack)
        if stage == "ingest":
            self._refuse_lost_continuation(idle, next_step)
            return
        if (cut := self._diagnosis()) and cut.startswith(stage):
            raise StalledError(stage, f"{cut}. Next: {next_step}.")
        if stage == "engine":
            self._refuse_lost(snapshot.batch)  # the engine refuses such a batch too, after its retries
        if reason := self._pipeline.given_up(stage, self._marks()):
            raise StageFailedError(stage, reason)
        if stage == "engine" and idle >= self._plan.log_after:
            self._refuse_logged(stage)
        if self._watch.stalled(idle, busy=self._pipeline.in_flight(stage) > 0):
            self._refuse_logged(stage)
            raise StalledError(stage, f"nothing moved for {idle:.0f} s. Next: {next_step}.")

    def _refuse_lost_continuation(self, idle: float, next_step: str) -> None:
        """Another invocation of ingest goes on with the run, and nobody waits for its answer."""
        if reason := self._pipeline.given_up("ingest", self._marks()):
            raise StageFailedError("ingest", reason)
        if idle >= _INGEST_SECONDS:
            raise StalledError("ingest", f"nothing moved for {idle:.0f} s. Next: {next_step}.")

    def _refuse_logged(self, stage: Stage) -> None:
        if reason := self._pipeline.logged_error(stage, self._started_ms):
            raise StageFailedError(stage, reason)

    def _marks(self) -> tuple[str, str, str]:
        event = self._plan.event
        batch_id = ids.batch_id(event.client_id, event.kind, self._plan.run_id)
        return self._plan.run_id, batch_id, ids.edition_id(event.client_id, batch_id)
