"""`vectora schedules`: when each client's runs start on a stack; `vectora config push` writes them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cli import gateway
from cli.run import config_store
from cli.schedules import Change, next_runs, plan, reconcile
from cli.schedules_store import Schedules
from cli.stacks import Deployed, StackName, connect
from shared.config.tree import ConfigTree

app = typer.Typer(help="When clients' runs start by themselves.", no_args_is_help=True)

Stack = Annotated[StackName, typer.Option(help="Whose schedules.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show, but change nothing.")]


@app.command("show")
def show(stack: Stack = StackName.local) -> None:
    """The stored schedules with their next run, and what differs from the current configuration."""
    deployed = connect(stack)
    store = Schedules(deployed, _gateway(stack))
    stored, now = store.stored(), datetime.now(UTC)
    for name, row in sorted(stored.items()):
        expression, zone = row["ScheduleExpression"], row.get("ScheduleExpressionTimezone", "UTC")
        first = next(iter(next_runs(expression, zone, now, 1)), None)
        told = f"next {first.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}" if first else "no further run"
        state = "" if row.get("State") == "ENABLED" else ", disabled"
        typer.echo(f"{name:<32} {expression:<24} {zone:<16} {told}{state}")
    if not stored:
        typer.echo("no schedule: nothing starts by itself")
    configuration = config_store(deployed)
    tree = configuration.load(configuration.current())
    changes = reconcile(plan(tree.clients.values(), store.wiring), stored)
    if changes:
        typer.echo(f"differs from the configuration: {_push(stack)} mends it")
        tell(changes)


@app.command("clear")
def clear(stack: Stack = StackName.local, dry_run: DryRun = False) -> None:
    """Delete all of the clients' schedules: nothing starts by itself until the configuration is pushed again."""
    store = Schedules(connect(stack))
    changes = reconcile((), store.stored())
    tell(changes)
    if not dry_run:
        store.apply(changes)
    typer.echo("dry run: nothing was changed" if dry_run else f"{len(changes)} schedules deleted")


def push_schedules(deployed: Deployed, stack: StackName, tree: ConfigTree, *, dry_run: bool) -> None:
    """Make the stack's schedules those of the tree, and say what changes."""
    store = Schedules(deployed, _gateway(stack))
    changes = reconcile(plan(tree.clients.values(), store.wiring), store.stored())
    tell(changes)
    if not changes:
        typer.echo("no difference: the schedules are those of this tree")
    elif not dry_run:
        store.apply(changes)
        typer.echo(f"{len(changes)} schedules changed on {stack}")


def tell(changes: Iterable[Change]) -> None:
    for change in changes:
        typer.echo(f"schedule {change.verb:<7} {change.name}  {change.why}")


def _gateway(stack: StackName) -> str | None:
    return gateway.from_environment(stack) if stack is StackName.local else None


def _push(stack: StackName) -> str:
    push = f"`vectora config push --stack {stack}`"
    return f"`vectora config push --stack {stack} --schedules`" if stack is StackName.local else push
