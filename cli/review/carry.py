"""What of a review a rebuilt draft keeps (pure)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cli.review.edits import Edits, ItemEdit, Material
from shared.contracts.edition import EditionItem
from shared.storage.table import Row


@dataclass(frozen=True, slots=True)
class Carried:
    """The edits that hold for the new draft, and those that do not, each with its reason."""

    edits: Edits
    lost: tuple[str, ...]


def carry(old: Material, edits: Edits, new: Material, near: Collection[str]) -> Carried:
    """Take a review over from the draft `old` to the draft `new`; `near` are the ids of the new near misses.

    An edit of an item holds while the item stands on the same passages of its source and has the same date. A drop
    holds wherever the engine has not obeyed it yet. Intro and TL;DR hold while the same items stand under them, all
    unchanged.
    """
    kept, lost = dict[str, ItemEdit](), list[str]()
    for item_id, edit in edits.items.items():
        if edit == ItemEdit() and item_id in old.home:
            continue
        obstacle = _obstacle(item_id, edit, old, new, near)
        if not obstacle:
            kept[item_id] = _at_home(edit, new)
        elif edit.verdict == "keep":
            lost.append(f"{_title(item_id, edit, old)}: {obstacle}")
        if item_id in kept and edit.section != kept[item_id].section:
            lost.append(f"{_title(item_id, edit, old)}: the client has no section {edit.section!r} any more")
    same = _same_items(old, edits, new)
    if not same and (edits.intro or edits.tldr):
        lost.append("intro and summary: the draft has other items")
    whole = Edits(items=kept, intro=edits.intro if same else "", tldr=edits.tldr if same else ())
    return Carried(whole, tuple(lost))


def over(later: Edits, earlier: Edits) -> Edits:
    """Two reviews of one draft as one; what the later one says counts."""
    items = {**earlier.items, **later.items}
    return Edits(items=items, intro=later.intro or earlier.intro, tldr=later.tldr or earlier.tldr)


def newest(history: Iterable[Row], row: Row) -> Row:
    """The draft that has taken the place of `row`, following replacements of the same window; itself where none has."""
    known = {one["edition_id"]: one for one in history}
    while (following := known.get(row.get("superseded_by", ""))) and _window(following) == _window(row):
        row = following
    return row


def lineage(history: Sequence[Row], made: str, before: Row) -> tuple[Row, ...]:
    """The drafts that led to the draft `made`, the newest first: the one that it superseded, the one which that had
    superseded, and so on, all of one window. Where it superseded none, `before`, unless that has been decided."""
    found = list[Row]()
    at = made
    while rows := [one for one in history if one.get("superseded_by") == at and _window(one) == _window(before)]:
        found.append(max(rows, key=lambda one: (one.get("started_at", ""), one["edition_id"])))
        at = found[-1]["edition_id"]
    if found:
        return tuple(found)
    return tuple(one for one in history if one["edition_id"] == before["edition_id"] and one["status"] == "superseded")


def displaced(history: Iterable[Row], made: str, before: Row) -> tuple[Row, ...]:
    """Drafts of other windows that the draft `made` superseded."""
    return tuple(one for one in history if one.get("superseded_by") == made and _window(one) != _window(before))


def _window(row: Row) -> tuple[object, object]:
    return row.get("window_from"), row.get("window_to")


def _title(item_id: str, edit: ItemEdit, old: Material) -> str:
    return old.items[item_id].title if item_id in old.items else edit.title or item_id


def _obstacle(item_id: str, edit: ItemEdit, old: Material, new: Material, near: Collection[str]) -> str:
    """Why an edit does not hold any more, or an empty string."""
    if item_id not in old.items:
        return "no longer in the lake"
    printed = new.items.get(item_id)
    if printed is None:
        return "" if item_id in old.added and item_id in near else "no longer in the draft"
    if edit.verdict == "drop":
        return ""
    return "" if _unchanged(old.items[item_id], printed) else "its source changed"


def _unchanged(before: EditionItem, after: EditionItem) -> bool:
    return (before.evidence, before.published) == (after.evidence, after.published)


def _at_home(edit: ItemEdit, new: Material) -> ItemEdit:
    """A section that the client has given up is the engine's choice again."""
    known = {section.id for section in new.client.newsletter_layout.sections}
    return edit if edit.section in known else edit.model_copy(update={"section": ""})


def _same_items(old: Material, edits: Edits, new: Material) -> bool:
    dropped = {item_id for item_id, edit in edits.items.items() if edit.verdict == "drop"}
    added = {item_id for item_id in old.added if item_id in edits.items}
    printed = (set(old.home) | added) - dropped
    return printed - added == set(new.home) - added and all(
        _unchanged(old.items[item_id], new.items[item_id]) for item_id in printed & set(new.home)
    )
