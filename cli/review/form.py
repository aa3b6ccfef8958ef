"""The review page's form, read (pure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from cli.review.edits import LAST, Edits, ItemEdit, one_line, ranks
from shared.contracts.edition import Edition, EditionItem
from shared.errors import InputError

_FIELD = re.compile(r"^(verdict|section|position|title|summary|label|reason)-([0-9a-z]{1,64})$")


@dataclass(frozen=True, slots=True)
class Basis:
    """What the form was filled from: the engine's edition, the stored edits, both together, and near misses' ids."""

    original: Edition
    stored: Edits
    shown: Edition
    near: frozenset[str]


def read_edits(fields: Mapping[str, str], basis: Basis) -> Edits:
    """The form's fields by name → edits. What equals the engine's own words is no edit; a near miss that is left out
    is none either. Raises InputError naming the field that cannot be read."""
    original = basis.original
    printed = {item.item_id: (item, section.id) for section in original.sections for item in section.items}
    places = ranks(original)
    rows: dict[str, dict[str, str]] = {}
    for name, value in fields.items():
        if match := _FIELD.match(name):
            rows.setdefault(match.group(2), {})[match.group(1)] = value.strip()
    items = {
        item_id: edit
        for item_id, row in rows.items()
        if item_id in printed or (item_id in basis.near and row.get("verdict") == "keep")
        if (edit := _edit(item_id, row, _own(printed.get(item_id), places.get(item_id, LAST)))) != ItemEdit()
        or item_id in basis.near
    }
    try:
        return Edits(items=items, intro=_intro(fields, basis), tldr=_tldr(fields, basis))
    except ValidationError as error:
        raise _unreadable("", error) from None


def _intro(fields: Mapping[str, str], basis: Basis) -> str:
    """The reviewer's own words; what the page showed and came back unchanged is what was stored."""
    intro = one_line(fields.get("intro", ""))
    if intro == one_line(basis.shown.intro):
        return basis.stored.intro
    return "" if intro == one_line(basis.original.intro) else intro


def _tldr(fields: Mapping[str, str], basis: Basis) -> tuple[str, ...]:
    lines = tuple(line for line in map(one_line, fields.get("tldr", "").splitlines()) if line)
    if lines == tuple(map(one_line, basis.shown.tldr)):
        return basis.stored.tldr
    return () if lines == tuple(map(one_line, basis.original.tldr)) else lines


def _own(found: tuple[EditionItem, str] | None, place: int) -> dict[str, str]:
    """The engine's own values of an item's fields."""
    if found is None:
        return {"position": str(place)}
    item, section = found
    return {"title": item.title, "summary": item.summary, "section": section, "position": str(place)}


def _edit(item_id: str, row: Mapping[str, str], own: Mapping[str, str]) -> ItemEdit:
    values = {name: value for name, value in row.items() if value and one_line(value) != one_line(own.get(name, ""))}
    try:
        return ItemEdit.model_validate(values)
    except ValidationError as error:
        raise _unreadable(item_id, error) from None


def _unreadable(item_id: str, error: ValidationError) -> InputError:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return InputError(f"{where} of item {item_id or '(edition)'}: {first['msg']}")
