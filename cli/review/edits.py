"""What a reviewer changes about a draft, and the edition that results (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from services.engine.coverage import Covered, coverage_line
from services.engine.editorial import Frame, own_intro, own_tldr
from services.engine.text import MAX_TITLE, plain
from services.engine.tracing import traces
from shared.config.client import ClientConfig
from shared.contracts.base import Contract
from shared.contracts.edition import Edition, EditionItem, Report, Section
from shared.errors import InputError
from shared.storage.labels import Label, Verdict


class ItemEdit(Contract):
    """One item. Empty texts and a position of 0 leave what the engine wrote; `section` is a section's id."""

    verdict: Verdict = "keep"
    section: str = ""
    position: int = Field(default=0, ge=0, le=999)
    title: str = Field(default="", max_length=400)
    summary: str = Field(default="", max_length=4000)
    label: str = Field(default="", max_length=80)
    reason: str = Field(default="", max_length=500)


class Edits(Contract):
    """A whole review, stored beside the edition; `items` by item id, near misses that are to be printed included.

    `intro` and `tldr` (one line each) replace the engine's where they are given.
    """

    items: dict[str, ItemEdit] = Field(default_factory=dict)
    intro: str = Field(default="", max_length=4000)
    tldr: tuple[str, ...] = ()


LAST = 999
_SUMMARY = 4000


def ranks(edition: Edition) -> dict[str, int]:
    """Item id → its place in its section, from 1."""
    return {item.item_id: rank for section in edition.sections for rank, item in enumerate(section.items, start=1)}


@dataclass(frozen=True, slots=True)
class Material:
    """What a review starts from. `added` are near misses as they would be printed, by item id."""

    original: Edition
    report: Report
    client: ClientConfig
    added: Mapping[str, EditionItem]

    @property
    def home(self) -> dict[str, str]:
        """Item id → the section that the engine chose."""
        return {item.item_id: section.id for section in self.original.sections for item in section.items}

    @property
    def ranks(self) -> dict[str, int]:
        """Item id → its place in that section, from 1; near misses come last."""
        return dict.fromkeys(self.added, LAST) | ranks(self.original)

    @property
    def items(self) -> dict[str, EditionItem]:
        """Everything that can be printed."""
        printed = {item.item_id: item for section in self.original.sections for item in section.items}
        return printed | dict(self.added)


def apply_edits(material: Material, edits: Edits) -> Edition:
    """The edition as reviewed. Intro and TL;DR that may tell of a dropped item give way to the deterministic ones.

    Raises InputError for an unknown section, or when nothing would be left to print.
    """
    sections = _sections(material, edits)
    if not sections:
        raise InputError("nothing would be left to print: drop the whole draft instead")
    original = material.original
    frame = Frame(material.client, original.edition_date, original.window, sections)
    same_items = {item.item_id for item in frame.items} == set(material.home)
    intro = edits.intro or (original.intro if same_items else own_intro(frame))
    tldr = edits.tldr or (original.tldr if same_items else own_tldr(frame))
    return original.model_copy(
        update={
            "sections": sections,
            "intro": intro,
            "tldr": tldr,
            "traces": traces(frame, original.title, intro, tldr),
            "coverage": original.coverage if same_items else _coverage(material, frame),
        }
    )


def _sections(material: Material, edits: Edits) -> tuple[Section, ...]:
    """In the client's order; inside a section by position, one that the reviewer gave before the engine's equal one."""
    layout = material.client.newsletter_layout.sections
    rows: dict[str, list[tuple[int, bool, EditionItem]]] = {section.id: [] for section in layout}
    for item_id, item in material.items.items():
        edit = edits.items.get(item_id, ItemEdit())
        if edit.verdict == "drop" or (item_id in material.added and item_id not in edits.items):
            continue
        section = edit.section or material.home.get(item_id, layout[-1].id)
        if section not in rows:
            raise InputError(f"the client has no section {section!r}")
        place = (edit.position or material.ranks[item_id], not edit.position)
        rows[section].append((*place, _edited(item, edit)))
    return tuple(
        Section(
            id=section.id,
            title=section.title,
            mixed=section.mixed,
            items=tuple(item for *_, item in sorted(rows[section.id], key=lambda one: one[:2])),
        )
        for section in layout
        if rows[section.id]
    )


def _edited(item: EditionItem, edit: ItemEdit) -> EditionItem:
    texts = {
        "title": plain(edit.title, MAX_TITLE) or item.title,
        "summary": plain(edit.summary, _SUMMARY) or item.summary,
    }
    return item.model_copy(update=texts)


def one_line(text: str) -> str:
    return " ".join(text.split())


def _coverage(material: Material, frame: Frame) -> str:
    counts = material.report.counts
    seen = counts["ingest"]["seen"] if "ingest" in counts else counts["engine"]["analyzed"]
    covered = Covered(material.report.sources, frame.window, seen, len(frame.items))
    return coverage_line(covered, frame.words)


def labels_of(material: Material, edits: Edits, edition_id: str) -> tuple[list[Label], list[str]]:
    """What the review says about items, and the ids of those about which it says nothing (any more).

    A drop always counts; a keep counts where the reviewer added the item or gave a label or a reason.
    """
    said, unsaid = list[Label](), list[str]()
    for item_id, item in material.items.items():
        edit = edits.items.get(item_id)
        if edit and (edit.verdict == "drop" or edit.label or edit.reason or item_id in material.added):
            said.append(label_of(item, edit, edition_id))
        else:
            unsaid.append(item_id)
    return said, unsaid


def label_of(item: EditionItem, edit: ItemEdit, edition_id: str) -> Label:
    facts = item.model_dump(include=set(Label.model_fields) & set(EditionItem.model_fields) - {"reason"})
    said = {"verdict": edit.verdict, "label": edit.label, "reason": edit.reason}
    return Label.model_validate({**facts, **said, "edition_id": edition_id})


def kept(edition: Edition, said: Iterable[Label]) -> list[Label]:
    """Labels for everything that an approved edition prints and about which nothing was said: it was kept."""
    known = {label.item_id for label in said}
    items: Sequence[EditionItem] = [item for section in edition.sections for item in section.items]
    return [label_of(item, ItemEdit(), edition.edition_id) for item in items if item.item_id not in known]
