"""`vectora config schema`: JSON Schemas of the configuration's files, for an editor to complete and check."""

from pathlib import Path
from typing import Annotated

import typer

from cli.config_tree import DEFAULT
from shared.config.json_schema import FOLDER, schema_files


def command(
    output: Annotated[Path, typer.Option(help="Where the schemas go.")] = DEFAULT / FOLDER,
) -> None:
    """Write one JSON Schema per kind of file; the first line of a YAML file names the one that an editor applies."""
    output.mkdir(parents=True, exist_ok=True)
    files = schema_files()
    for name, text in files.items():
        (output / name).write_text(text, encoding="utf-8")
    typer.echo(f"{output}: {len(files)} schemas")
