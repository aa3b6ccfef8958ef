"""`vectora edition`: the editions of a client."""

from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from cli import summary
from cli.pipeline import Pipeline
from cli.stacks import StackName, connect
from shared.clock import SystemClock
from shared.errors import InputError, NotFoundError
from shared.storage.table import Row

app = typer.Typer(help="Editions of a client.", no_args_is_help=True)

Client = Annotated[str, typer.Argument(help="Client id.")]
Stack = Annotated[StackName, typer.Option(help="Where they are.")]


@app.command("list")
def list_editions(client: Client, stack: Stack = StackName.local) -> None:
    """All editions of a client, the newest first."""
    rows = Pipeline(connect(stack), SystemClock()).editions.history(client)
    if not rows:
        typer.echo(f"{client} has no edition on {stack}; `vectora run {client} --stack {stack}` makes one.")
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("edition", "date", "status", "items"):
        table.add_column(heading, no_wrap=heading != "status")
    for row in reversed(rows):
        table.add_row(row["edition_id"], str(row.get("edition_date", "")), row["status"], str(row.get("items", "")))
    Console().print(table)


@app.command("show")
def show(
    client: Client,
    edition: Annotated[str | None, typer.Argument(help="Edition id. Default: the newest that is built.")] = None,
    stack: Stack = StackName.local,
    text: Annotated[bool, typer.Option("--text", help="Print the newsletter itself, as plain text.")] = False,
) -> None:
    """What one edition holds and how it came about."""
    pipeline = Pipeline(connect(stack), SystemClock())
    row = find(pipeline, client, edition)
    if text:
        typer.echo(pipeline.files(row)["newsletter.txt"].decode())
        return
    typer.echo(f"{row['edition_id']} of {client}, {row['status']}, in {pipeline.prefix(row)}")
    found = pipeline.edition(row)
    for section in found.sections:
        typer.echo(f"\n{section.title}")
        for item in section.items:
            typer.echo(f"  {item.published}  {item.title}\n              {item.url}")
    typer.echo("")
    summary.show_edition(Console(), found, pipeline.report(row))


def find(pipeline: Pipeline, client_id: str, edition_id: str | None) -> Row:
    """The edition of that id, else the newest built one. Raises NotFoundError or InputError with what there is."""
    rows = pipeline.editions.history(client_id)
    built = [row for row in rows if row["status"] != "building"]
    if edition_id is None:
        if not built:
            raise NotFoundError(f"{client_id} has no edition yet: run vectora run {client_id}")
        return built[-1]
    for row in built:
        if row["edition_id"] == edition_id:
            return row
    known = ", ".join(row["edition_id"] for row in built[-5:]) or "none"
    raise InputError(f"{client_id} has no edition {edition_id!r}. Its newest: {known}.")
