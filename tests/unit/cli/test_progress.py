"""Bars on a terminal, however narrow; plain lines elsewhere."""

import io
import re

from rich.console import Console

from cli.follow import StageView
from cli.progress import Bars, Lines, counts, display

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
VIEWS = (
    StageView("ingest", "done", 8, 6, 2, "sources"),
    StageView("normalize", "running", 149, 42, 3, "items"),
    StageView("engine", "waiting", 1, 0, 0, "edition"),
    StageView("publisher", "skipped"),
)


def console(width, terminal):
    return Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)


def test_a_stage_tells_queued_done_and_failed():
    assert counts(VIEWS[1]) == "42/149 items, 3 failed, 104 queued"
    assert counts(StageView("engine", "running", 1, unit="edition")) == "writing the edition"
    assert counts(VIEWS[3]) == "not part of this run"
    assert counts(StageView("ingest", "running", unit="sources")) == "reading sources"


def test_bars_fit_a_terminal_of_60_columns():
    narrow = console(60, terminal=True)
    with Bars(narrow) as bars:
        bars.show(VIEWS)
    lines = re.split(r"[\r\n]+", CONTROL.sub("", narrow.file.getvalue()))
    assert any("42/149 items, 3 failed, 104 queued" in line for line in lines)
    assert max(map(len, lines)) <= 60


def test_without_a_terminal_there_are_lines_and_no_control_characters():
    plain = console(80, terminal=False)
    with display(plain) as lines:
        assert isinstance(lines, Lines)
        lines.note("deploying the stack")
        lines.show(VIEWS)
    assert plain.file.getvalue().splitlines() == [
        "deploying the stack",
        "ingest: 6/8 sources, 2 failed",
        "normalize: 42/149 items, 3 failed, 104 queued",
        "publisher: not part of this run",
    ]


def test_lines_are_not_repeated_and_not_more_often_than_every_few_seconds():
    now = [0.0]
    plain = console(80, terminal=False)
    lines = Lines(plain, lambda: now[0])
    for moment, done in ((0.0, 1), (1.0, 2), (2.0, 2), (6.0, 9), (12.0, 9)):
        now[0] = moment
        lines.show([StageView("normalize", "running", 10, done, 0, "items")])
    now[0] = 12.5
    lines.show([StageView("normalize", "done", 10, 10, 0, "items")])
    assert [line.split()[1] for line in plain.file.getvalue().splitlines()] == ["1/10", "9/10", "10/10"]
