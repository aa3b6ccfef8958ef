"""The end of a run in a few lines: counts, sources that failed, refusals, money, and where the files are."""

from collections.abc import Iterator, Sequence
from textwrap import shorten

from rich import box
from rich.console import Console
from rich.table import Table

from shared.contracts.batch import Manifest, SourceReport
from shared.contracts.edition import Edition, Report
from shared.storage.batches import Batch

_LOST_SHOWN = 3


def count_rows(report: Report) -> list[tuple[str, str]]:
    """(stage, counts in words) of the report, in its own order; zeros are left out."""
    rows = []
    for stage, counts in report.counts.items():
        told = ", ".join(f"{amount} {name.replace('_', ' ')}" for name, amount in counts.items() if amount)
        rows.append((stage, told or "nothing"))
    return rows


def source_failures(sources: Sequence[SourceReport]) -> list[str]:
    """One line for each source that failed, was read in part, or has a gap (with the interval at which to poll it),
    such as "Some Source: 404 Not Found"."""
    failed = [f"{source.source_name}: {source.error or 'failed'}" for source in sources if source.status == "failed"]
    partial = [
        f"{source.source_name}: read in part: {source.error}" for source in sources if source.status == "partial"
    ]
    gaps = [f"{source.source_name}: items may be missing{_interval(source)}" for source in sources if source.gap]
    return failed + partial + gaps


def _interval(source: SourceReport) -> str:
    return f"; poll it every {source.poll_hours:g} h" if source.poll_hours is not None else " since the last visit"


def _many(amount: int, noun: str) -> str:
    return f"{amount} {noun}{'' if amount == 1 else 's'}"


def printed(edition: Edition) -> int:
    """How many items the edition prints."""
    return sum(len(section.items) for section in edition.sections)


def lost_items(report: Report) -> Iterator[str]:
    """One line for each of the first items that no normalizer could answer for, with its reason."""
    lost = [
        (item.title, step.reason)
        for item in report.items
        for step in item.dispositions
        if (step.stage, step.outcome) == ("normalize", "failed")
    ]
    for title, reason in lost[:_LOST_SHOWN]:
        yield f"Not normalized: {shorten(title, 70)} ({shorten(reason, 140)})"
    if len(lost) > _LOST_SHOWN:
        yield f"Not normalized: {len(lost) - _LOST_SHOWN} more; report.json has their reasons"


def closing_lines(edition: Edition, report: Report) -> Iterator[str]:
    """What a reader of the terminal must know besides the counts."""
    if not printed(edition):
        yield "Quiet week: nothing new to print, and the newsletter says so."
    yield from (f"Source failed: {line}" for line in source_failures(report.sources))
    yield from lost_items(report)
    refused = {name: amount for name, amount in report.refused.items() if amount}
    if refused:
        yield "Refused as not grounded: " + ", ".join(f"{amount} {name}" for name, amount in refused.items())
    calls = sum(report.model_calls.values())
    yield f"Model calls: {calls}, ${report.cost_usd:.4f} at list price"
    yield from report.notes


def show_edition(console: Console, edition: Edition, report: Report) -> None:
    """Print the table of an edition's run."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("stage", no_wrap=True)
    table.add_column("what became of it", overflow="fold")
    for stage, told in count_rows(report):
        table.add_row(stage, told)
    table.add_row("printed", f"{_many(printed(edition), 'item')} in {_many(len(edition.sections), 'section')}")
    console.print(table)
    for line in closing_lines(edition, report):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def show_collected(console: Console, batch: Batch, manifest: Manifest) -> None:
    """Print the end of a run that only filled the lake."""
    lines = [
        f"Collected: {len(manifest.seen)} items seen, {batch.expected} new, {batch.done} normalized, "
        f"{batch.failed} failed.",
        *(f"Source failed: {line}" for line in source_failures(manifest.sources)),
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
