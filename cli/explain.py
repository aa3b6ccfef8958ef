"""`vectora explain`: what happened to one item, at every stage, and why."""

import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from rich.console import Console

from cli.pipeline import Pipeline
from cli.stacks import StackName, connect
from shared.clock import SystemClock
from shared.contracts.edition import ItemReport, Report
from shared.errors import InputError, NotFoundError
from shared.ids import item_id
from shared.text.fold import fold_key

_LOOK_BACK, _NARROWEST = 10, 40


def command(
    item: Annotated[str, typer.Argument(help="The item's address, or words of its title.")],
    client: Annotated[str, typer.Option(help="Client id.")],
    stack: Annotated[StackName, typer.Option(help="Where to look.")] = StackName.local,
    edition: Annotated[str | None, typer.Option(help="Edition id. Default: the newest in which it was seen.")] = None,
) -> None:
    """Say why an item was kept, printed or dropped: dispositions, score, and what would change it."""
    pipeline = Pipeline(connect(stack), SystemClock())
    report, found = search(reports(pipeline, client, edition, stack), item, client, stack)
    console = Console()
    typer.echo(f"edition {report.edition_id}, {report.window.start} to {report.window.end}")
    for one in found:
        typer.echo("\n" + "\n".join(wrapped(line, console) for line in explanation(one, client, stack)))


def reports(pipeline: Pipeline, client_id: str, edition_id: str | None, stack: StackName) -> Iterator[Report]:
    """The client's reports, newest first, at most ten. Raises NotFoundError when there is none."""
    rows = [row for row in pipeline.editions.history(client_id) if row["status"] != "building"]
    if edition_id is not None:
        rows = [row for row in rows if row["edition_id"] == edition_id]
    if not rows:
        raise NotFoundError(f"{client_id} has no such edition: `vectora edition list {client_id} --stack {stack}`")
    yield from (pipeline.report(row) for row in reversed(rows[-_LOOK_BACK:]))


def search(found: Iterable[Report], wanted: str, client_id: str, stack: StackName) -> tuple[Report, list[ItemReport]]:
    """The newest report that saw the item, and what it says. Raises NotFoundError with what that means."""
    for report in found:
        items = matching(report.items, wanted)
        if items:
            return report, items
    raise NotFoundError(
        f"no recent edition saw {wanted!r}: no source listed it, or it lies outside of every window. "
        f"`vectora edition list {client_id} --stack {stack}` shows the editions. To change it: "
        "a source that lists it, in the catalogue and in a bouquet of the client; "
        f"`vectora sources check --url ADDRESS --stack {stack}` tries one."
    )


def matching(items: Iterable[ItemReport], wanted: str) -> list[ItemReport]:
    """Items with that address, or else with all those words in their title."""
    try:
        identity = item_id(wanted)
    except InputError:
        words = fold_key(wanted).split()
        return [item for item in items if all(word in fold_key(item.title) for word in words)]
    return [item for item in items if item.item_id == identity]


def explanation(item: ItemReport, client_id: str, stack: StackName) -> Iterator[str]:
    """The lines about one item."""
    yield item.title
    yield f"  {item.url}"
    yield f"  published {item.published or 'unknown'}, source {item.source_key or 'unknown'}"
    if item.event_type:
        yield f"  event type {item.event_type}"
    yield from (f"  {step.stage}: {step.outcome}. {_CHANGE.sub('', step.reason)}" for step in item.dispositions)
    if item.score is not None:
        yield f"  score {item.score:g}"
        ordered = sorted(item.contributions.items(), key=lambda pair: -abs(pair[1]))
        yield from (f"    {amount:+g} {name}" for name, amount in ordered)
    yield from _printed(item)
    yield f"  To change it: {advice(item, client_id, stack)}"


_PLACES = {"title": "title", "intro": "intro", "tldr": "TL;DR", "item_title": "headline", "item": "text"}


def _printed(item: ItemReport) -> Iterator[str]:
    """The sentences that were printed of it, each with what its source says."""
    for trace in item.printed:
        yield f"  printed ({_PLACES[trace.place]}): {trace.text}"
        yield from (f"    from: {one.sentence}" for one in trace.support if one.sentence != trace.text)


def wrapped(line: str, console: Console) -> str:
    """A line as the terminal shows it: what does not fit goes on below its beginning. Elsewhere, and where
    it is one word, it stays one line."""
    if not console.is_terminal or " " not in line.strip():
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    width = max(_NARROWEST, console.width)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


_REPAIR = (
    "nothing in the configuration: `vectora digest --stack {stack}` says what to repair; then "
    "`vectora run {client} --kind collect --period-days 14 --stack {stack}` brings it for the next edition"
)
_ADVICE = {
    "ingest": "the source's ingestion profile or its exclusion scopes (canonical/ingestion_profiles.yaml)",
    "normalize": _REPAIR,
    "engine": "the matching rules or scopes, the weights (canonical/scoring/), or the client's sections and limits",
    "publisher": "the client's newsletter_delivery",
}
_ADVICE_ON = {
    ("ingest", "queued"): _REPAIR,
    ("ingest", "undated"): "a date that can be read: the source's selectors.date and date_format "
    "(canonical/sources/html_extractors.yaml), or another source that dates it",
    ("ingest", "out_of_window"): "a longer window: --period-days or --from of `vectora run {client} --stack {stack}`, "
    "or period_days in the client's file",
    ("ingest", "link_only"): "link_only_titles (canonical/sources/html_extractors.yaml)",
    ("ingest", "duplicate"): "nothing: the other listing stands for it",
    ("ingest", "error"): "the source or its extractor: `vectora sources check --stack {stack}` says what it meets",
    ("engine", "outside_window"): "an edition whose window holds its date",
}
_CHANGE = re.compile(r" \(would change it: (.+)\)$", re.DOTALL)
"""What the engine's own reasons end with."""


def advice(item: ItemReport, client_id: str, stack: StackName) -> str:
    """What would change the last decision: what it says itself, else the part of the configuration that decided."""
    if not item.dispositions:
        return "no stage recorded a decision"
    last = item.dispositions[-1]
    if own := _CHANGE.search(last.reason):
        return own[1]
    return _ADVICE_ON.get((last.stage, last.outcome), _ADVICE[last.stage]).format(client=client_id, stack=stack)
