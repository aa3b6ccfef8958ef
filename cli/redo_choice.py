"""Which items of the lake an older normalizer made. Decided from index entries; no I/O."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.errors import InputError
from shared.storage.table import Row

CURRENT = "current"


@dataclass(frozen=True, slots=True)
class Present:
    """The normalizer that would make an item now."""

    kind: Literal["model", "rules"]
    signature: str


def boundary(older_than: str, rows: Sequence[Row]) -> str:
    """The moment (ISO) before which items were made by an older normalizer; empty: every other one is older.

    `older_than` is `current`, a date, or (the beginning of) a normalizer's signature, which counts from the first item
    that it made. Raises InputError for anything else.
    """
    if older_than == CURRENT:
        return ""
    try:
        return date.fromisoformat(older_than).isoformat()
    except ValueError:
        made = [str(row["normalized_at"]) for row in rows if str(row["signature"]).startswith(older_than)]
        if not made:
            known = ", ".join(sorted({str(row["signature"]) for row in rows})) or "none"
            raise InputError(
                f"--older-than {older_than!r} is neither {CURRENT}, a date (2026-01-31) nor a normalizer that made an "
                f"item here. Normalizers: {known}."
            ) from None
        return min(made)


def choose(rows: Sequence[Row], sources: Collection[str], present: Present, before: str) -> list[Row]:
    """Entries of items that one of these sources carries and that another normalizer than the present one made before
    that moment, oldest first. What a model made is not redone by rules: they would not replace it."""
    own, chosen = set(sources), {}
    for row in rows:
        outranked = present.kind == "rules" and row["normalizer"] == "model"
        other = row["signature"] != present.signature
        early = not before or str(row["normalized_at"]) < before
        if other and early and not outranked and own & set(row["sources"]):
            chosen[row["item_id"]] = row
    return sorted(chosen.values(), key=lambda row: (row["published"], row["item_id"]))
