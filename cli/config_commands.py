"""`vectora config`: check the configuration tree, show what a push would change, push it."""

from pathlib import Path
from typing import Annotated

import typer

from cli import config_tree
from cli.run import config_store
from cli.stacks import StackName, connect
from shared.config.loader import DirectorySource
from shared.config.store import Diff, S3ConfigStore

app = typer.Typer(help="The configuration: canonical/ and clients/.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Configuration tree: canonical/ and clients/.")]
Stack = Annotated[StackName, typer.Option(help="Whose configuration.")]


@app.command("check")
def check(folder: Folder = config_tree.DEFAULT) -> None:
    """Say what is wrong, with file and line (exit status 2), or that nothing is."""
    tree = config_tree.load(folder)
    typer.echo(
        f"{folder}: {len(tree.clients)} clients, {len(tree.sources)} sources, {len(tree.companies)} companies, "
        f"{len(tree.molecules)} molecules, {len(tree.trademarks)} trademarks; nothing wrong"
    )


@app.command("diff")
def diff(folder: Folder = config_tree.DEFAULT, stack: Stack = StackName.local) -> None:
    """List the files that a push would add, change or remove."""
    _show(_store(stack).diff(DirectorySource(folder).files()))


@app.command("push")
def push(
    folder: Folder = config_tree.DEFAULT,
    stack: Stack = StackName.local,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show, but push nothing.")] = False,
) -> None:
    """Check the tree, write it as a release, verify it, and make it current; running batches keep theirs."""
    config_tree.load(folder)
    store, files = _store(stack), DirectorySource(folder).files()
    changes = store.diff(files)
    _show(changes)
    if dry_run:
        typer.echo("dry run: nothing was pushed")
    elif changes:
        typer.echo(f"release {store.push(files)} is current on {stack}")


def _store(stack: StackName) -> S3ConfigStore:
    return config_store(connect(stack))


def _show(changes: Diff) -> None:
    for mark, paths in (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed)):
        for path in paths:
            typer.echo(f"{mark:<8} {path}")
    if not changes:
        typer.echo("no difference: this tree is the current release")
