"""Live progress: a bar a stage on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from cli.follow import STAGES, StageView
from shared.contracts.batch import Stage

Kind = type[BaseException] | None

_LINE_INTERVAL = 5.0
"""Seconds between two plain lines about the same stage while it moves."""


class Display(Protocol):
    """What a command shows while it works; used as a context manager."""

    def __enter__(self) -> Self: ...
    def __exit__(self, kind: Kind, error: BaseException | None, tb: TracebackType | None) -> None: ...
    def note(self, text: str) -> None: ...
    def show(self, views: Sequence[StageView]) -> None: ...


def display(console: Console, now: Callable[[], float] = time.monotonic) -> Display:
    """Bars where the console is a terminal, lines otherwise."""
    return Bars(console) if console.is_terminal else Lines(console, now)


def counts(view: StageView) -> str:
    """The counts of a stage in words, such as "12/40 items, 1 failed, 27 queued"."""
    if view.state == "skipped":
        return "not part of this run"
    if view.state == "waiting":
        return "waiting"
    if view.total is None:
        return f"reading {view.unit}"
    if view.stage == "engine":
        return "edition written" if view.state == "done" else "writing the edition"
    parts = [f"{view.done}/{view.total} {view.unit}"]
    if view.failed:
        parts.append(f"{view.failed} failed")
    if view.queued:
        parts.append(f"{view.queued} {'to read' if view.stage == 'ingest' else 'queued'}")
    return ", ".join(parts)


class Bars:
    """A bar a stage, that fits 60 columns."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<9}"),
            BarColumn(30 if console.width >= 80 else 10, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[counts]}"),
            console=console,
        )
        self._tasks: dict[Stage, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: Kind, error: BaseException | None, tb: TracebackType | None) -> None:
        self._progress.stop()

    def note(self, text: str) -> None:
        self._progress.console.print(text, highlight=False, markup=False)

    def show(self, views: Sequence[StageView]) -> None:
        if not self._tasks:
            # without a total a bar pulses: nobody knows yet what the sources hold
            totals = {stage: None if stage == "ingest" else 1 for stage in STAGES}
            self._tasks = {s: self._progress.add_task(s, total=t, counts="waiting") for s, t in totals.items()}
        for view in views:
            # an empty total would never count as finished: a stage with nothing to do is a full bar
            total = 1 if view.state in ("done", "skipped") and not view.total else view.total
            ended = total if view.state in ("done", "skipped") else view.done + view.failed
            if total is None and view.state == "waiting":
                continue
            self._progress.update(self._tasks[view.stage], total=total, completed=ended, counts=counts(view))


class Lines:
    """One line whenever a stage starts, moves on (at most every few seconds) or ends."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._console, self._now = console, now
        self._last: dict[Stage, tuple[StageView, float]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Kind, error: BaseException | None, tb: TracebackType | None) -> None:
        return

    def note(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def show(self, views: Sequence[StageView]) -> None:
        for view in views:
            before, at = self._last.get(view.stage, (None, 0.0))
            changed_state = view.state not in ("waiting", before.state if before else "")
            moved = before is not None and view != before and self._now() - at >= _LINE_INTERVAL
            if changed_state or moved:
                self._last[view.stage] = (view, self._now())
                self.note(f"{view.stage}: {counts(view)}")
