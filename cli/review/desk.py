"""What the review page reads and writes on a stack; every decision is in edits.py and shared/approval.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from cli.review.edits import Edits, Material, apply_edits, kept, labels_of
from services.engine.editorial import own_item
from services.engine.facts import read_facts
from services.engine.render import render
from services.engine.selection import Candidate, Chosen
from services.engine.wording import Wording, wording
from shared import approval
from shared.config.client import ClientConfig
from shared.config.tree import ConfigTree
from shared.contracts.edition import Edition, EditionItem, EditionMessage, ItemReport, Report
from shared.contracts.items import NormalizedItem
from shared.errors import ConflictError, InputError
from shared.ids import content_hash
from shared.near_misses import near_misses
from shared.storage.editions import Editions
from shared.storage.labels import Labels
from shared.storage.objects import Model, Objects, dump, get_model, put_model
from shared.storage.table import Row

_TYPES = {
    "md": "text/markdown; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


class LakeReader(Protocol):
    """What the review needs of shared.storage.lake.Lake."""

    def get(self, item_id: str) -> Row | None: ...
    def load(self, rows: list[Row]) -> list[NormalizedItem]: ...


class Configuration(Protocol):
    """Releases of the configuration (shared.config.store.S3ConfigStore)."""

    def load(self, release: str) -> ConfigTree: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """A stack as the review uses it. `newsletters` is a bucket; `announce` tells NewsletterTopic."""

    editions: Editions
    newsletters: Objects
    lake: LakeReader
    labels: Labels
    config: Configuration
    announce: Callable[[EditionMessage], None]


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as the page shows it: the edition's record, what the engine made, what the reviewer changed, and both
    together. `near` are the near misses, best first. `torn` tells that the last save did not end, `reviewed` that there
    was one."""

    row: Row
    material: Material
    edits: Edits
    edition: Edition
    near: tuple[ItemReport, ...]
    html: str
    torn: bool
    reviewed: bool

    @property
    def digest(self) -> str:
        return str(self.row["content_hash"])


class Desk:
    """One edition under review."""

    def __init__(self, stores: Stores, client_id: str, edition_id: str) -> None:
        self._stores, self.ids = stores, (client_id, edition_id)

    def row(self) -> Row:
        return self._stores.editions.get(*self.ids)

    def load(self) -> Draft:
        """Read everything. Raises NotFoundError for an edition without files."""
        row, objects = self.row(), self._stores.newsletters
        tree = self._stores.config.load(row["config_release"])
        client = tree.client(self.ids[0])
        current = get_model(objects, self._key(row, "newsletter.json"), Edition)
        original = self._model(row, "original.json", Edition) or current
        saved = self._model(row, "edits.json", Edits)
        edits = saved or Edits()
        report = get_model(objects, self._key(row, "report.json"), Report)
        near = near_misses(report.items)
        material = Material(original, report, client, self._added(tree, edits, original, near))
        html = objects.get(self._key(row, "newsletter.html")) or b""
        torn = row["status"] == "draft" and approval.written_hash(objects, row) != row["content_hash"]
        return Draft(row, material, edits, current, near, html.decode(), torn, saved is not None)

    def save(self, edits: Edits, base: str) -> Draft:
        """Write the draft as edited, and its labels. `base` is the content hash that the reviewer saw.

        The record goes first: from then on nobody can approve the old content, nor the new one before it is written
        to its end. Raises InputError when the draft changed meanwhile or would be empty.
        """
        draft = self.load()
        tree = self._stores.config.load(draft.row["config_release"])
        added = self._added(tree, edits, draft.material.original, draft.near)
        material = Material(draft.material.original, draft.material.report, draft.material.client, added)
        edition = apply_edits(material, edits)
        self._claim(edition, base)
        self._write(draft.row, material, edits, edition)
        said, unsaid = labels_of(material, edits, self.ids[1])
        self._stores.labels.put(self.ids[0], said)
        for item_id in unsaid:
            self._stores.labels.remove(self.ids[0], item_id)
        return self.load()

    def approve(self, digest: str) -> Row:
        """Send exactly this content; what it prints counts as kept. Raises InputError where it may not be."""
        draft = self.load()
        row = approval.approve(
            self._stores.editions, self._stores.newsletters, self.ids, digest, "the review page", self._stores.announce
        )
        said, _ = labels_of(draft.material, draft.edits, self.ids[1])
        self._stores.labels.put(self.ids[0], kept(draft.edition, said))
        return row

    def drop(self, digest: str) -> Row:
        """Never send this draft. Raises InputError when it changed."""
        return approval.drop(self._stores.editions, self.ids, digest, "the review page")

    def _claim(self, edition: Edition, base: str) -> None:
        items = [item.item_id for section in edition.sections for item in section.items]
        digest = content_hash(dump(edition).decode())
        try:
            self._stores.editions.revise(*self.ids, base, digest, items=len(items), item_ids=items)
        except ConflictError:
            raise InputError(
                "the draft was rebuilt, edited or decided elsewhere since this page was loaded: load it again"
            ) from None

    def _write(self, row: Row, material: Material, edits: Edits, edition: Edition) -> None:
        """newsletter.json last: where it is, everything is."""
        objects, printed = self._stores.newsletters, render(edition, material.client.client_profile.name)
        put_model(objects, self._key(row, "original.json"), material.original)
        put_model(objects, self._key(row, "edits.json"), edits)
        for extension, text in (("md", printed.markdown), ("txt", printed.text), ("html", printed.html)):
            objects.put(self._key(row, f"newsletter.{extension}"), text.encode(), _TYPES[extension])
        put_model(objects, self._key(row, "newsletter.json"), edition)

    def _added(
        self, tree: ConfigTree, edits: Edits, original: Edition, near: tuple[ItemReport, ...]
    ) -> dict[str, EditionItem]:
        """Near misses that the reviewer wants printed, in their own words."""
        printed = {item.item_id for section in original.sections for item in section.items}
        reports = {one.item_id: one for one in near if one.item_id in edits.items and one.item_id not in printed}
        rows = [row for item_id in reports if (row := self._stores.lake.get(item_id))]
        items = self._stores.lake.load(rows)
        words = wording(original.language)
        return {item.item_id: as_printed(item, reports[item.item_id], tree, words) for item in items}

    def _model(self, row: Row, name: str, kind: type[Model]) -> Model | None:
        body = self._stores.newsletters.get(self._key(row, name))
        return kind.model_validate_json(body) if body is not None else None

    @staticmethod
    def _key(row: Row, name: str) -> str:
        return f"{str(row['prefix']).rstrip('/')}/{name}"


def as_printed(item: NormalizedItem, report: ItemReport, tree: ConfigTree, words: Wording) -> EditionItem:
    """A near miss as the engine would print it."""
    facts = read_facts(item, tree)
    candidate = Candidate(facts, (), dict(report.contributions), report.score or 0.0)
    return own_item(Chosen(candidate, "kept in the review"), words)


def sections_of(client: ClientConfig) -> Mapping[str, str]:
    """Section id → title, in printing order."""
    return {section.id: section.title for section in client.newsletter_layout.sections}
