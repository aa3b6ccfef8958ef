"""What of a review a rebuilt draft keeps (pure)."""

from collections.abc import Collection
from dataclasses import dataclass

from cli.review.edits import Edits, ItemEdit, Material
from shared.contracts.edition import EditionItem


@dataclass(frozen=True, slots=True)
class Carried:
    """The edits that hold for the new draft, and those that do not, each with its reason."""

    edits: Edits
    lost: tuple[str, ...]


def carry(old: Material, edits: Edits, new: Material, near: Collection[str]) -> Carried:
    """Take a review over from the draft `old` to the draft `new`; `near` are the ids of the new near misses.

    An edit of an item holds while the item stands on the same passages of its source and has the same date. A drop is
    a label, which the engine obeyed. Intro and TL;DR hold while the same items stand under them, all unchanged.
    """
    kept, lost = dict[str, ItemEdit](), list[str]()
    for item_id, edit in edits.items.items():
        if edit == ItemEdit() or item_id not in old.items:
            continue
        obstacle = _obstacle(item_id, old, new, near)
        if not obstacle:
            kept[item_id] = _at_home(edit, new)
        elif edit.verdict == "keep":
            lost.append(f"{old.items[item_id].title}: {obstacle}")
    same = _same_items(old, edits, new)
    if not same and (edits.intro or edits.tldr):
        lost.append("intro and summary: the draft has other items")
    whole = Edits(items=kept, intro=edits.intro if same else "", tldr=edits.tldr if same else ())
    return Carried(whole, tuple(lost))


def _obstacle(item_id: str, old: Material, new: Material, near: Collection[str]) -> str:
    """Why an edit does not hold any more, or an empty string."""
    printed = new.items.get(item_id)
    if printed is None:
        return "" if item_id in old.added and item_id in near else "no longer in the draft"
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
