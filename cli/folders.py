"""Folders that a command writes as a whole."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from shared.errors import InputError


def require_new(folder: Path) -> None:
    """Raises InputError unless the folder is absent or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not an empty folder; choose another one.")


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """All files (by relative path) or none: they are written beside the folder and moved there at the end."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for path, content in files.items():
            target = partial / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
