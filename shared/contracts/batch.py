"""A batch: one ingest run for one client, from its manifest to its completion marker."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Record
from shared.contracts.events import Kind

Stage = Literal["ingest", "normalize", "engine", "publisher"]
Delivery = Literal["client", "send", "review"]


class Window(Contract):
    """Publication days [from, to) in the client's time zone, as YYYY-MM-DD."""

    start: str = Field(alias="from")
    end: str = Field(alias="to")


class Disposition(Contract):
    """What happened to an item at one stage, and why (owner's rule 3: there is always an answer)."""

    stage: Stage
    outcome: str
    reason: str


class SeenItem(Contract):
    """Anything that a source listed, kept or not."""

    item_id: str
    url: str
    title: str
    published: str | None = None
    source_key: str
    dispositions: tuple[Disposition, ...]


class QueuedItem(Contract):
    """An item that the batch waits for."""

    item_id: str
    raw_key: str
    content_hash: str


class SourceReport(Contract):
    """How a source did in this run. `partial`: some of its pages could not be read, `error` says why. `gap`: its
    listing shared nothing with the one before, so that items may be missing; `poll_hours` is then the interval that
    would miss none. `silent_days`: without anything new, when that is longer than usual for it. An edition made without
    a run says only which sources its items came from: `collected`, `listed` of them."""

    source_key: str
    source_name: str
    source_type: str
    status: Literal["ok", "not_modified", "partial", "failed", "collected"]
    listed: int = 0
    queued: int = 0
    error: str = ""
    gap: bool = False
    seconds: float = 0.0
    silent_days: int = 0
    poll_hours: float | None = None


class Manifest(Record):
    """batches/{client_id}/{batch_id}/manifest.json: everything a batch is, written before anything is queued.

    `already_normalized` of its items were in the lake with the same content when it was written.
    """

    client_id: str
    batch_id: str
    kind: Kind
    run_id: str
    as_of: str
    window: Window
    config_release: str
    restricted: bool = False
    delivery: Delivery = "client"
    created_at: str
    items: tuple[QueuedItem, ...]
    seen: tuple[SeenItem, ...]
    sources: tuple[SourceReport, ...]
    already_normalized: int = 0


class Marker(Record):
    """COMPLETE.json (starts the engine) or COLLECTED.json (starts nothing)."""

    client_id: str
    batch_id: str
    kind: Kind
    as_of: str
    expected: int
    done: int
    failed: int
    late: bool = False
    completed_at: str


class RawMessage(Record):
    """Body of a message on RawQueue: a reference, never the article itself."""

    client_id: str
    batch_id: str
    item_id: str
    content_hash: str
    raw_key: str
    config_release: str
    as_of: str
    kind: Kind
