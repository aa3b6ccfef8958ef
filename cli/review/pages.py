"""The review page from a draft (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cli.review.desk import Draft, sections_of
from cli.review.edits import LAST, Edits, ItemEdit, ranks
from cli.review.suggestions import suggestions
from shared.contracts.edition import EditionItem, ItemReport
from shared.storage.labels import Label
from shared.storage.table import Row

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Card:
    """An item of the draft: as the engine wrote it, with the reviewer's edit and its present place."""

    item: EditionItem
    edit: ItemEdit
    section: str
    position: int
    contributions: dict[str, float]


@dataclass(frozen=True, slots=True)
class Miss:
    """A near miss; `edit` is None while it is left out."""

    report: ItemReport
    edit: ItemEdit | None
    section: str
    position: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page says beside the draft. `edits` are those of the form, saved or not."""

    csrf: str
    labels: Iterable[Label]
    edits: Edits
    problem: str = ""
    note: str = ""


def style() -> bytes:
    return (_TEMPLATES / "style.css").read_bytes()


def review_page(draft: Draft, shown: Shown) -> str:
    """The whole page as HTML."""
    status = draft.row["status"]
    labels = list(shown.labels)
    cards, misses = _cards(draft, shown.edits), _misses(draft, shown.edits)
    return (
        _environment()
        .get_template("review.html.j2")
        .render(
            draft=draft,
            cards=cards,
            misses=misses,
            count=sum(len(section.items) for section in draft.edition.sections),
            sections=sections_of(draft.material.client),
            blank=ItemEdit(),
            words=sorted({label.label for label in labels if label.label}),
            hints=suggestions(labels),
            open=status == "draft",
            refresh=status in ("approved", "sending"),
            outcome=outcome(draft.row),
            csrf=shown.csrf,
            problem=shown.problem,
            note=shown.note,
        )
    )


def outcome(row: Row) -> str:
    """Where an edition stands that is no draft any more."""
    counts = row.get("counts", {})
    if row["status"] == "sent":
        told = ", ".join(f"{number} {name}" for name, number in counts.items() if number and name != "recipients")
        return f"Sent to {counts.get('recipients', 0)} recipients ({told or 'nobody'})."
    if row["status"] == "superseded":
        return str(row.get("delivery_note") or "Dropped: this edition is never sent.")
    return "Approved. It is being sent; this page looks again every two seconds."


def _cards(draft: Draft, edits: Edits) -> list[Card]:
    """Printed items in their present order, then those that are dropped."""
    order = {item_id: number for number, item_id in enumerate(ranks(draft.edition))}
    reasons = {one.item_id: one.contributions for one in draft.material.report.items}
    original = draft.material.original
    places = ranks(original)
    cards = [
        _card(item, section.id, places[item.item_id], edits.items.get(item.item_id, ItemEdit()), reasons)
        for section in original.sections
        for item in section.items
    ]
    return sorted(cards, key=lambda card: order.get(card.item.item_id, len(order)))


def _card(item: EditionItem, section: str, place: int, edit: ItemEdit, reasons: Mapping[str, dict[str, float]]) -> Card:
    """What is not edited shows the engine's own value, so that sending the form back unchanged changes nothing."""
    return Card(item, edit, edit.section or section, edit.position or place, reasons.get(item.item_id, {}))


def _misses(draft: Draft, edits: Edits) -> list[Miss]:
    last = draft.material.client.newsletter_layout.sections[-1].id
    return [
        Miss(
            report=one,
            edit=(edit := edits.items.get(one.item_id)),
            section=(edit.section if edit else "") or last,
            position=(edit.position if edit else 0) or LAST,
        )
        for one in draft.near
    ]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
