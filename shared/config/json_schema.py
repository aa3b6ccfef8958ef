"""JSON Schemas of the configuration's files, for editors."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from shared.config.field_notes import FIELD_NOTES
from shared.config.files import LAYOUT
from shared.contracts.base import Contract

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FOLDER = "schema"
_MODELINE = "# yaml-language-server: $schema="


def schema_name(pattern: str) -> str:
    """File name of the schema for a pattern of LAYOUT: `canonical/scopes/x*.yaml` gives `x.schema.json`."""
    stem = pattern.rpartition("/")[2].removesuffix(".yaml").rstrip("*")
    return f"{stem or pattern.partition('/')[0].rstrip('s')}.schema.json"


def schema_files() -> dict[str, str]:
    """File name -> text of the JSON Schema, for every kind of file."""
    return {schema_name(pattern): _text(pattern, kind) for pattern, kind in LAYOUT.items()}


def modeline(path: str) -> str:
    """The first line of the file at `path` (canonical/... or clients/...), by which an editor finds its schema.

    Raises KeyError when no kind of file has this path.
    """
    for pattern in LAYOUT:
        if fnmatchcase(path, pattern) and path.count("/") == pattern.count("/"):
            return f"{_MODELINE}{'../' * path.count('/')}{FOLDER}/{schema_name(pattern)}"
    raise KeyError(path)


def _text(pattern: str, kind: type[Contract]) -> str:
    schema = kind.model_json_schema(mode="validation")
    for name, model in [(kind.__name__, schema), *schema.get("$defs", {}).items()]:
        _describe(name, model)
    return json.dumps({"$schema": DIALECT, **schema, "title": pattern}, indent=2, ensure_ascii=False) + "\n"


def _describe(name: str, model: dict[str, Any]) -> None:
    """Give every property a description: its own, a note, or the model's sentences that begin with it."""
    sentences = re.split(r"(?<=[.;])\s+", " ".join(model.get("description", "").split()))
    for field, schema in model.get("properties", {}).items():
        schema.pop("title", None)
        about = " ".join(sentence for sentence in sentences if sentence.startswith(f"`{field}`"))
        if "description" not in schema:
            note = FIELD_NOTES.get(f"{name}.{field}") or about or FIELD_NOTES.get(f"*.{field}", "")
            schema["description"] = note
