"""`vectora config import`: a legacy tree in the present schema, with an account of every change and loss."""

from pathlib import Path
from typing import Annotated

import typer

from cli.folders import write_folder
from cli.legacy.convert import convert, report, yaml_files
from cli.legacy.files import is_legacy, read_tree
from shared.config.json_schema import FOLDER, schema_files
from shared.config.loader import check_tree
from shared.config.sources import MappingSource
from shared.errors import ConfigError, InputError

REPORT = "IMPORT.md"


def command(
    folder: Annotated[Path, typer.Argument(help="Legacy tree: canonical/, clients/ and imports/.")],
    output: Annotated[Path, typer.Option(help="New folder for the converted tree.")],
) -> None:
    """Convert a legacy tree; nothing is guessed, and whatever changes or is left out is listed (also in IMPORT.md)."""
    if not is_legacy(folder):
        raise InputError(f"{folder} is not a legacy tree; `vectora config check {folder}` tells what it is.")
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise InputError(f"{output} exists and is not an empty folder; choose another --output.")
    out = convert(read_tree(folder))
    files = yaml_files(out)
    _, defects = check_tree(MappingSource(files))
    text = report(out, defects)
    schemas = {f"{FOLDER}/{name}": schema.encode() for name, schema in schema_files().items()}
    write_folder(output, {**files, **schemas, REPORT: text.encode()})
    typer.echo(text)
    if defects:
        raise ConfigError(f"{len(defects)} defects are left in {output}: mend them by hand, {REPORT} lists them")
    typer.echo(f"{output}: {len(files)} files, and {REPORT}")
