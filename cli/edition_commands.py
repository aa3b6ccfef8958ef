"""`vectora edition`: the editions of a client."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from cli import edition_actions, summary
from cli.diagnosis import diagnosis
from cli.pipeline import Pipeline
from cli.review.command import stores
from cli.review.suggestions import suggestions
from cli.run import config_store
from cli.stacks import Deployed, StackName, connect
from services.publisher.recipients import normalise, problem_of, recipient_key
from shared import approval
from shared.clock import SystemClock
from shared.errors import InputError, NotFoundError
from shared.storage.objects import S3Objects
from shared.storage.recipients import Recipients
from shared.storage.table import Row, StateTable

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
    to: Annotated[bool, typer.Option("--recipients", help="Print what became of each recipient's mail.")] = False,
) -> None:
    """What one edition holds and how it came about."""
    deployed = connect(stack)
    pipeline = Pipeline(deployed, SystemClock())
    row = find(pipeline, client, edition, stack)
    if to:
        written = addresses(deployed, client)
        for line in edition_actions.mailed(client, pipeline.deliveries(row["edition_id"]), written):
            typer.echo(line)
        return
    if text:
        typer.echo(pipeline.files(row)["newsletter.txt"].decode())
        return
    typer.echo(f"{row['edition_id']} of {client}, {row['status']}, in {pipeline.prefix(row)}")
    typer.echo(f"content hash {row.get('content_hash', 'unknown')}")
    found = pipeline.edition(row)
    for section in found.sections:
        typer.echo(f"\n{section.title}")
        for item in section.items:
            typer.echo(f"  {item.published}  {item.title}\n              {item.url}")
    typer.echo("")
    summary.show_edition(Console(), found, pipeline.report(row))


@app.command("diagnose")
def diagnose(
    client: Client,
    edition: Annotated[str | None, typer.Argument(help="Edition id. Default: the newest that is built.")] = None,
    stack: Stack = StackName.local,
    output: Annotated[Path | None, typer.Option(help="Write the page to this file instead of the terminal.")] = None,
) -> None:
    """The diagnostic page of a run, as Markdown: volumes, sections, calls, problems, and what would change it."""
    pipeline = Pipeline(connect(stack), SystemClock())
    row = find(pipeline, client, edition, stack)
    page = diagnosis(pipeline.edition(row), pipeline.report(row), stack)
    if output is None:
        typer.echo(page)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(page, encoding="utf-8")
    typer.echo(f"diagnosis of {row['edition_id']} in {output}")


Edition = Annotated[str, typer.Argument(help="Edition id.")]
Hash = Annotated[str, typer.Option("--hash", help="Content hash of the draft that you mean, as `show` prints it.")]


@app.command("approve")
def approve(client: Client, edition: Edition, content_hash: Hash, stack: Stack = StackName.local) -> None:
    """Send exactly this draft; refused when it was rebuilt or edited, or when an item has been sent since."""
    kept = stores(connect(stack))
    edition_actions.known(kept, client, edition, stack)
    ids = (client, edition)
    approval.approve(kept.editions, kept.newsletters, ids, content_hash, "the command", kept.announce)
    typer.echo(
        f"{edition} is approved and is being sent; `vectora edition show {client} {edition} --stack {stack}` tells."
    )


@app.command("drop")
def drop(client: Client, edition: Edition, content_hash: Hash, stack: Stack = StackName.local) -> None:
    """Never send this draft; its items may appear in a later edition."""
    kept = stores(connect(stack))
    edition_actions.known(kept, client, edition, stack)
    approval.drop(kept.editions, (client, edition), content_hash, "the command")
    typer.echo(f"{edition} is dropped.")


@app.command("rebuild")
def rebuild(client: Client, edition: Edition, stack: Stack = StackName.local) -> None:
    """Make an unsent draft anew for the same window; labels are obeyed, and edits of unchanged items carried over."""
    deployed = connect(stack)
    kept = stores(deployed)
    row = edition_actions.newest_draft(kept, edition_actions.known(kept, client, edition, stack))
    body = edition_actions.rebuild(deployed, row)
    typer.echo(f"{body['edition_id']} is the new draft, with {body['items_selected']} items.")
    held, lost = edition_actions.carry_review(kept, row, body["edition_id"], stack)
    if held:
        typer.echo(f"The review's edits of {held} {'item' if held == 1 else 'items'} are carried over.")
    for line in lost:
        typer.echo(f"not carried over: {line}")


@app.command("resend")
def resend(
    client: Client,
    edition: Edition,
    to: Annotated[str, typer.Option("--to", help="The address that gets it once more.")],
    stack: Stack = StackName.local,
) -> None:
    """Mail a sent edition once more, to one address; who unsubscribed is not mailed."""
    deployed = connect(stack)
    request = edition_actions.resend(deployed, edition_actions.known(stores(deployed), client, edition, stack), to)
    typer.echo(f"requested as {request}")


@app.command("recipients")
def recipients(
    client: Client,
    subscribe: Annotated[str | None, typer.Option(help="Mail this address again, whatever happened before.")] = None,
    stack: Stack = StackName.local,
) -> None:
    """Who is mailed and who is not, by hash: an address is never stored."""
    deployed = connect(stack)
    table = StateTable(deployed.resource("dynamodb"), deployed.outputs["StateTableName"])
    store = Recipients(table, SystemClock())
    if subscribe is not None:
        address = normalise(subscribe)
        if problem := problem_of(address):
            raise InputError(f"--subscribe {subscribe}: {problem}")
        store.subscribe(client, recipient_key(client, address), "by the operator")
    for key, standing in sorted(store.standings(client).items()):
        typer.echo(f"{key}  {standing}")


@app.command("labels")
def labels(
    client: Client,
    export: Annotated[
        Path | None, typer.Option(help="Write them as a labelled set for `vectora eval --set FILE --client CLIENT`.")
    ] = None,
    stack: Stack = StackName.local,
) -> None:
    """What the reviews said about items, and what that suggests."""
    deployed = connect(stack)
    kept = stores(deployed)
    said = kept.labels.all(client)
    for label in sorted(said.values(), key=lambda one: (one.published, one.item_id)):
        typer.echo(f"{label.verdict:<5} {label.published}  {label.title}  {label.label} {label.reason}".rstrip())
    for hint in suggestions(said.values()):
        typer.echo(f"suggestion: {hint}")
    if export is not None:
        data = S3Objects(deployed.client("s3"), deployed.outputs["DataBucketName"])
        text, missing = edition_actions.export(said.values(), kept, data)
        export.write_text(text, encoding="utf-8")
        typer.echo(
            f"{len(said) - len(missing)} labelled items in {export}; {len(missing)} are not in the lake any more"
        )


def addresses(deployed: Deployed, client_id: str) -> tuple[str, ...]:
    """The recipients as the current release writes them; none for a client that it no longer has."""
    store = config_store(deployed)
    client = store.load(store.current()).clients.get(client_id)
    return client.newsletter_delivery.recipients if client else ()


def find(pipeline: Pipeline, client_id: str, edition_id: str | None, stack: StackName) -> Row:
    """The edition of that id, else the newest built one. Raises NotFoundError or InputError with what there is."""
    rows = pipeline.editions.history(client_id)
    built = [row for row in rows if row["status"] != "building"]
    if edition_id is None:
        if not built:
            raise NotFoundError(f"{client_id} has no edition yet: `vectora run {client_id} --stack {stack}` makes one")
        return built[-1]
    for row in built:
        if row["edition_id"] == edition_id:
            return row
    if any(row["edition_id"] == edition_id for row in rows):
        raise InputError(
            f"{edition_id} is still being built, so there is nothing to read yet; where that does not end, see "
            f"`vectora dlq show --queue engine --stack {stack}`"
        )
    known = ", ".join(row["edition_id"] for row in built[-5:]) or "none"
    raise InputError(f"{client_id} has no edition {edition_id!r}. Its newest: {known}.")
