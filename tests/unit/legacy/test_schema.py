"""The JSON Schemas: current, true of the product's own files, and named by each of them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from shared.config.field_notes import FIELD_NOTES
from shared.config.files import LAYOUT
from shared.config.json_schema import modeline, schema_files

CONFIG = Path(__file__).resolve().parents[3] / "config"
FILES = sorted(
    p.relative_to(CONFIG).as_posix() for top in ("canonical", "clients") for p in (CONFIG / top).rglob("*.yaml")
)


def schema_of(path: str) -> dict[str, Any]:
    target = (CONFIG / path).parent / modeline(path).partition("=")[2]
    schema: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return schema


def test_the_committed_schemas_are_those_of_the_models() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (CONFIG / "schema").iterdir()}
    assert committed == schema_files(), "run: vectora config schema"
    assert len(committed) == len(LAYOUT)


@pytest.mark.parametrize("path", FILES)
def test_each_file_names_its_schema_in_the_first_line(path: str) -> None:
    assert (CONFIG / path).read_text(encoding="utf-8").partition("\n")[0] == modeline(path)


@pytest.mark.parametrize("path", FILES)
def test_each_file_is_valid_by_the_schema_that_it_names(path: str) -> None:
    schema = schema_of(path)
    Draft202012Validator.check_schema(schema)
    content = yaml.safe_load((CONFIG / path).read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(content)] == []


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("clients/demo.yaml", {"client_profil": {}}),
        ("canonical/scopes/exclusion_scopes.yaml", {"scopes": {"x": {"match_in": "titel", "terms": []}}}),
        ("canonical/scopes/exclusion_scopes.yaml", {"scopes": {"x": {"terms": [{"term": "a", "cas": "exact"}]}}}),
    ],
)
def test_an_editor_would_mark_what_is_wrong(path: str, content: dict[str, Any]) -> None:
    assert not Draft202012Validator(schema_of(path)).is_valid(content)


def test_every_field_is_described_and_no_note_is_stale() -> None:
    fields: set[str] = set()
    for kind, text in zip(LAYOUT.values(), schema_files().values(), strict=True):
        schema = json.loads(text)
        named = {kind.__name__: schema, **schema.get("$defs", {})}
        for name, model in named.items():
            for field, value in model.get("properties", {}).items():
                assert value["description"], f"{name}.{field}"
                fields |= {f"{name}.{field}", f"*.{field}"}
    assert set(FIELD_NOTES) - fields == set()
