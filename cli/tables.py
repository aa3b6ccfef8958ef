"""Tables for the terminal: rows where they fit, else one block a row, so that no value is cut or broken into pieces."""

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_GAP = 3
_LAST_COLUMN = 40
"""The last column may be wrapped, down to this width."""
_INDENT = 2


def show_rows(console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print `rows`, the first cell of each being its name. In a narrow terminal an empty cell is left out."""
    widths = [max(cell_len(row[at]) for row in (headings, *rows)) for at in range(len(headings))]
    needed = sum(widths[:-1]) + min(widths[-1], _LAST_COLUMN) + _GAP * (len(widths) - 1)
    if needed <= console.width:
        console.print(_table(headings, rows), highlight=False)
    else:
        _blocks(console, headings, rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=heading != headings[-1])
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _blocks(console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    width = max(map(cell_len, headings[1:]))
    for row in rows:
        console.print(Text(f"{headings[0]} {row[0]}", overflow="fold"))
        for heading, cell in zip(headings[1:], row[1:], strict=True):
            if cell:
                pair = Table.grid(padding=(0, 2, 0, 0))
                pair.add_column(width=width, no_wrap=True)
                pair.add_column(overflow="fold")
                pair.add_row(heading, Text(cell))
                console.print(Padding(pair, (0, 0, 0, _INDENT)), highlight=False)
