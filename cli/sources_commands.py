"""`vectora sources`: how the known sources are doing, and what a new one would give."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli import config_tree, gateway
from cli.stacks import Deployed, StackName, connect
from shared.clock import SystemClock
from shared.config.rules import Source
from shared.config.tree import ConfigTree
from shared.storage.objects import S3Objects
from shared.storage.sources import Health, SourceMemory
from shared.storage.table import StateTable

_TABLE_WIDTH = 90

app = typer.Typer(help="Sources: their health, and trying a new one.", no_args_is_help=True)


@app.callback()
def sources() -> None:
    """Sources: their health, and trying a new one."""


@app.command("check")
def check(
    client: Annotated[str | None, typer.Argument(help="Client id. Default: all sources of the catalogue.")] = None,
    url: Annotated[str | None, typer.Option(help="Try this listing or feed instead of showing the known ones.")] = None,
    stack: Annotated[StackName, typer.Option(help="Whose memory of the sources.")] = StackName.local,
    config: Annotated[Path, typer.Option(help="Configuration tree: canonical/ and clients/.")] = config_tree.DEFAULT,
) -> None:
    """Show each source's health; with --url, try a new source and suggest its entry for the catalogue.

    Exit status 1 when a source fails, or when the new one cannot be read.
    """
    tree = config_tree.load(config)
    if url:
        from cli import source_trial  # the readers of articles take a quarter of a second to import

        trial = source_trial.try_source(url, tree, gateway.from_environment(stack) or "")
        typer.echo(source_trial.report(trial, Console().width))
        raise typer.Exit(0 if trial.works else 1)
    memory = _memory(connect(stack))
    found = [(source, memory.health(source.source_key)) for source in _sources(tree, client)]
    show(Console(), found, SystemClock().now())
    if any(health.failures for _, health in found):
        raise typer.Exit(1)


def _sources(tree: ConfigTree, client: str | None) -> Iterable[Source]:
    return tree.sources_for(tree.client(client)) if client else tree.sources.values()


def _memory(stack: Deployed) -> SourceMemory:
    table = StateTable(stack.resource("dynamodb"), stack.outputs["StateTableName"])
    return SourceMemory(table, S3Objects(stack.client("s3"), stack.outputs["DataBucketName"]))


def show(console: Console, sources: Iterable[tuple[Source, Health]], now: datetime) -> None:
    """Print the sources' health: as a table, or in lines where the terminal is too narrow for one."""
    if console.width >= _TABLE_WIDTH:
        console.print(table(sources, now))
        return
    for source, health in sources:
        console.print(source.source_key, highlight=False, markup=False)
        for line in (_counts(health), *attention(source, health, now)):
            console.print(Padding(Text(line), (0, 0, 0, 2)))


def _counts(health: Health) -> str:
    failures = f", {health.failures} failures in a row" if health.failures else ""
    return f"last success {health.last_success[:16] or 'never'}{failures}, {health.average:.0f} entries a fetch"


def table(sources: Iterable[tuple[Source, Health]], now: datetime) -> Table:
    """One row a source: last success, failures in a row, entries a fetch, and what deserves attention."""
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("source", "last success", "failures", "entries", "attention"):
        shown.add_column(heading, overflow="fold")
    for source, health in sources:
        average = f"{health.average:.0f}" if health.fetches else ""
        shown.add_row(source.source_key, health.last_success[:16], str(health.failures or ""), average, "; ".join(
            attention(source, health, now)
        ))  # fmt: skip
    return shown


def attention(source: Source, health: Health, now: datetime) -> list[str]:
    """What somebody should know about a source, each in a few words."""
    if not source.enabled:
        return ["disabled"]
    if not health.last_attempt:
        return ["never polled"]
    said = [health.last_error if health.failures else f"read in part: {health.last_error}"] if health.last_error else []
    if health.waits(now):
        said.append(f"left alone until {health.retry_at[:16]}")
    if quiet := health.silent_days(now):
        said.append(f"silent for {quiet} days, longer than usual")
    if health.gaps:
        hours = health.poll_hours()
        said.append(
            f"turned over between polls {len(health.gaps)} times" + (f"; poll every {hours:g} h" if hours else "")
        )
    return said
