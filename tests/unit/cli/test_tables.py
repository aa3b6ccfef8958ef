"""Tables in terminals of any width: no value is cut, broken into pieces or lost."""

import io

import pytest
from rich.console import Console

from cli.tables import show_rows

HEADINGS = ("function", "handler", "reserved", "what to do")
ROWS = [
    ("normalize-local", "normalize.handler.handler", "2", "read the log of Normalize, repair it, then replay"),
    ("ingest-local", "ingest.handler.handler", "", "nothing [with] brackets"),
]


def shown(width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    show_rows(console, HEADINGS, ROWS)
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_every_value_is_whole_at_any_width(width: int) -> None:
    text = shown(width)
    assert all(len(line) <= width for line in text.splitlines())
    for row in ROWS:
        assert all(cell in text for cell in row[:3])
        assert all(word in text for word in row[3].split())
    assert "…" not in text


def test_rows_where_they_fit_and_blocks_where_they_do_not() -> None:
    assert shown(140).splitlines()[0].split() == ["function", "handler", "reserved", "what", "to", "do"]
    assert [line.rstrip() for line in shown(60).splitlines()[-3:]] == [
        "function ingest-local",
        "  handler     ingest.handler.handler",
        "  what to do  nothing [with] brackets",
    ]
