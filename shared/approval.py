"""Approving and dropping a draft: by the command, by the review page and by the owner's signed links alike."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from shared.contracts.edition import EditionMessage, EditionStatus
from shared.errors import ConflictError, InputError
from shared.ids import content_hash
from shared.storage.objects import Objects
from shared.storage.table import Row

Announce = Callable[[EditionMessage], None]


class Drafts(Protocol):
    """What approving needs of shared.storage.editions.Editions."""

    def get(self, client_id: str, edition_id: str) -> Row: ...
    def move(
        self,
        client_id: str,
        edition_id: str,
        to: EditionStatus,
        allowed: Sequence[EditionStatus],
        unchanged: str | None = None,
        **facts: Any,
    ) -> Row: ...
    def taken(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> dict[str, str]: ...
    def reserve(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> dict[str, str]: ...
    def free(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> None: ...


def message_of(row: Row) -> EditionMessage:
    """What NewsletterTopic is told of an edition, from its record."""
    return EditionMessage(
        client_id=row["client_id"],
        edition_id=row["edition_id"],
        prefix=row["prefix"],
        status=row["status"],
        edition_date=row["edition_date"],
        as_of=row["as_of"],
        config_release=row["config_release"],
        content_hash=row["content_hash"],
        delivery=row["delivery"],
        items=row["items"],
        correlation_id=str(row.get("correlation_id", row["edition_id"])),
    )


def written_hash(objects: Objects, row: Row) -> str:
    """The hash of what an edition's folder holds, as the engine computes it; empty where nothing is there."""
    body = objects.get(f"{str(row['prefix']).rstrip('/')}/newsletter.json")
    return content_hash(body.decode()) if body is not None else ""


def approve(editions: Drafts, objects: Objects, ids: tuple[str, str], digest: str, by: str, announce: Announce) -> Row:
    """Let exactly the draft with this content hash be sent; safe to repeat. `by` says through what it was approved.

    Raises InputError when the draft was rebuilt or edited since, is no draft any more, or prints an item that another
    edition has sent or is about to send.
    """
    row = editions.get(*ids)
    if row["status"] == "approved" and row["content_hash"] == digest:
        announce(message_of(row))  # an earlier approval may have ended before it was told
        return row
    _refuse_changed(row, digest, objects)
    if conflicts := editions.reserve(*ids, row.get("item_ids", [])):
        raise InputError(
            f"edition {ids[1]} prints {len(conflicts)} item(s) that edition {next(iter(conflicts.values()))} has sent "
            f"or is about to send: rebuild it with `vectora edition rebuild {ids[0]} {ids[1]}`"
        )
    try:
        row = editions.move(*ids, "approved", ["draft"], unchanged=digest, approved_by=by)
    except ConflictError:
        editions.free(*ids, row.get("item_ids", []))
        _refuse_changed(editions.get(*ids), digest, objects)
        raise
    announce(message_of(row))
    return row


def drop(editions: Drafts, ids: tuple[str, str], digest: str, by: str) -> Row:
    """Decide that the draft with this content hash is never sent; its items may appear in a later edition.

    Raises InputError when it changed since or is no draft any more.
    """
    row = editions.get(*ids)
    if row["status"] == "superseded" and row.get("dropped_by"):
        return row
    _refuse_changed(row, digest)
    try:
        row = editions.move(*ids, "superseded", ["draft"], unchanged=digest, dropped_by=by)
    except ConflictError:
        _refuse_changed(editions.get(*ids), digest)
        raise
    editions.free(*ids, row.get("item_ids", []))
    return row


def _refuse_changed(row: Row, digest: str, objects: Objects | None = None) -> None:
    edition_id = row["edition_id"]
    if row["status"] != "draft":
        raise InputError(f"edition {edition_id} is {row['status']}, not a draft: nothing was changed")
    if row["content_hash"] != digest:
        raise InputError(f"edition {edition_id} was rebuilt or edited since: look at it again and take its new hash")
    if objects is not None and written_hash(objects, row) != digest:
        raise InputError(f"edition {edition_id}: an edit of it was not saved to its end; save it again in the review")
