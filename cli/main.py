"""The `vectora` command."""

import sys

import typer

from cli import (
    config_commands,
    costs,
    digest,
    dlq_commands,
    doctor,
    edition_commands,
    errors,
    eval_command,
    explain,
    inventory,
    local_commands,
    redo,
    region_commands,
    rollback,
    run,
    schedules_commands,
    smoke,
    sources_commands,
)
from cli.review import command as review

app = typer.Typer(
    help="Weekly, grounded intelligence newsletters for narrow biotech markets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.command)
app.command("redo")(redo.command)
app.command("explain")(explain.command)
app.command("eval")(eval_command.command)
app.command("review")(review.command)
app.add_typer(local_commands.app, name="local")
app.add_typer(config_commands.app, name="config")
app.add_typer(edition_commands.app, name="edition")
app.add_typer(sources_commands.app, name="sources")
app.command("costs")(costs.command)
app.command("digest")(digest.command)
app.command("doctor")(doctor.command)
app.command("inventory")(inventory.command)
app.command("rollback")(rollback.command)
app.command("smoke")(smoke.command)
app.add_typer(dlq_commands.app, name="dlq")
app.add_typer(region_commands.app, name="region")
app.add_typer(schedules_commands.app, name="schedules")


def main() -> None:
    """Entry point: exit status 0, 1 (failed) or 2 (bad usage or configuration)."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 (the last line of defence: one message, no traceback)
        sys.exit(errors.report(error))
