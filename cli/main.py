"""The `vectora` command."""

import sys

import typer

from cli import config_commands, edition_commands, errors, explain, local_commands, run

app = typer.Typer(
    help="Weekly, grounded intelligence newsletters for narrow biotech markets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.command)
app.command("explain")(explain.command)
app.add_typer(local_commands.app, name="local")
app.add_typer(config_commands.app, name="config")
app.add_typer(edition_commands.app, name="edition")


def main() -> None:
    """Entry point: exit status 0, 1 (failed) or 2 (bad usage or configuration)."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 (the last line of defence: one message, no traceback)
        sys.exit(errors.report(error))
