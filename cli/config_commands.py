"""`vectora config`: check the configuration tree, show what a push would change, push it."""

from pathlib import Path
from typing import Annotated

import typer

from cli import config_backup, config_import, config_schema, config_tree, config_try
from cli.config_doubts import doubts
from cli.config_unused import unused
from cli.legacy.check import report_legacy
from cli.legacy.files import is_legacy
from cli.run import config_store
from cli.schedules_commands import push_schedules
from cli.stacks import StackName, connect
from shared.config.loader import DirectorySource
from shared.config.store import Diff, S3ConfigStore

app = typer.Typer(help="The configuration: canonical/ and clients/.", no_args_is_help=True)

app.command("import")(config_import.command)
app.command("schema")(config_schema.command)
app.command("backup")(config_backup.backup)
app.command("restore")(config_backup.restore)
app.command("try")(config_try.command)

Folder = Annotated[Path, typer.Argument(help="Configuration tree: canonical/ and clients/.")]
Stack = Annotated[StackName, typer.Option(help="Whose configuration.")]


@app.command("check")
def check(folder: Folder = config_tree.DEFAULT) -> None:
    """Say what is wrong, with file and line (exit status 2), or that nothing is. Trees of the predecessor too."""
    if is_legacy(folder):
        report_legacy(folder)
        return
    tree = config_tree.load(folder)
    typer.echo(
        f"{folder}: {len(tree.clients)} clients, {len(tree.sources)} sources, {len(tree.companies)} companies, "
        f"{len(tree.molecules)} molecules, {len(tree.trademarks)} trademarks; nothing wrong"
    )
    files = DirectorySource(folder).files()
    for note in sorted(map(str, (*unused(tree, files), *doubts(tree, files)))):
        typer.echo(f"note: {note}")


@app.command("diff")
def diff(folder: Folder = config_tree.DEFAULT, stack: Stack = StackName.local) -> None:
    """List the files that a push would add, change or remove."""
    _show(_store(stack).diff(DirectorySource(folder).files()))


@app.command("push")
def push(
    folder: Folder = config_tree.DEFAULT,
    stack: Stack = StackName.local,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show, but push nothing.")] = False,
    schedules: Annotated[
        bool | None,
        typer.Option(help="Also make the schedules those of the clients. Default: yes, except on the local stack."),
    ] = None,
) -> None:
    """Check the tree, write it as a release, verify it, and make it current; running batches keep theirs."""
    tree = config_tree.load(folder)
    deployed = connect(stack)
    store, files = config_store(deployed), DirectorySource(folder).files()
    changes = store.diff(files)
    _show(changes)
    if changes and not dry_run:
        typer.echo(f"release {store.push(files)} is current on {stack}")
    if stack is not StackName.local if schedules is None else schedules:
        push_schedules(deployed, stack, tree, dry_run=dry_run)
    if dry_run:
        typer.echo("dry run: nothing was pushed")


def _store(stack: StackName) -> S3ConfigStore:
    return config_store(connect(stack))


def _show(changes: Diff) -> None:
    for mark, paths in (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed)):
        for path in paths:
            typer.echo(f"{mark:<8} {path}")
    if not changes:
        typer.echo("no difference: this tree is the current release")
