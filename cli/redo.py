"""`vectora redo`: items that an older normalizer made, made anew, with what that will cost told before."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console

from cli import config_tree
from cli.forecast import MAX_COST, agree
from cli.normalized import Normalized
from cli.redo_choice import CURRENT
from cli.run import config_store
from cli.stacks import StackName, connect
from shared.contracts.batch import Window
from shared.errors import InputError
from shared.storage.batches import Batch


def command(
    client: Annotated[str, typer.Argument(help="Whose sources' items.")],
    older_than: Annotated[
        str, typer.Option(help="A normalizer's signature, a date (made before it), or current: any other one.")
    ] = CURRENT,
    start: Annotated[str | None, typer.Option("--from", help="First publication day. Default: a year ago.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="The day after the last one. Default: tomorrow.")] = None,
    max_cost: Annotated[float, typer.Option(min=0, help="Dollars above which to ask first.")] = MAX_COST,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what and at which cost, and stop.")] = False,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait for the end; it goes on without this.")] = 900,
    stack: Annotated[StackName, typer.Option(help="Whose lake.")] = StackName.local,
) -> None:
    """Normalize a client's items anew that an older model, prompt or taxonomy, or the rules, made.

    Exit status 1: some failed.
    """
    window = days(start, end, datetime.now(UTC).date())
    deployed = connect(stack)
    store = config_store(deployed)
    tree = store.load(store.current())
    redo = Normalized(deployed, tree, config_tree.client_of(tree, client))
    rows = redo.older(window, older_than)
    if not rows:
        typer.echo(f"nothing to redo: no older normalizer than {redo.normalizer()} made an item in these days")
        return
    forecast = redo.forecast_for(len(rows), rows)
    typer.echo("\n".join(forecast.lines()))
    if dry_run:
        return
    agree(forecast, max_cost, yes=yes)
    batch_id = redo.queue(rows, window)
    typer.echo(f"{len(rows)} items queued as batch {batch_id}")
    with Console(stderr=True).status("normalizing") as status:
        ended = redo.follow(batch_id, wait, lambda batch: status.update(told(batch, stack)))
    typer.echo(told(ended, stack))
    if ended.failed:
        raise typer.Exit(1)


def days(start: str | None, end: str | None, today: date) -> Window:
    """Publication days [from, to). Raises InputError."""
    try:
        after = date.fromisoformat(end) if end else today + timedelta(days=1)
        first = date.fromisoformat(start) if start else after - timedelta(days=366)
    except ValueError as error:
        raise InputError(f"{error}; write days as 2026-01-31") from error
    if first >= after:
        raise InputError(f"no day lies between --from {first} and --to {after}")
    return Window.model_validate({"from": first.isoformat(), "to": after.isoformat()})


def told(batch: Batch, stack: StackName) -> str:
    """What became of the batch, in one line."""
    left = batch.expected - batch.done - batch.failed
    parts = [f"{batch.done} of {batch.expected} done"]
    if batch.failed:
        parts.append(
            f"{batch.failed} failed (`vectora digest --stack {stack}` says what to do; what they were before is kept)"
        )
    if left:
        parts.append(f"{left} not ended yet; it goes on without this command")
    return ", ".join(parts)
