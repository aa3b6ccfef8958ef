"""What the sweeper decides: pure functions from a batch's state and the time to intents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.batch import Manifest, QueuedItem
from shared.storage.batches import Batch
from shared.storage.table import Row


@dataclass(frozen=True, slots=True)
class SendItems:
    """Queue these items: the manifest lists them and no message was ever sent."""

    items: tuple[QueuedItem, ...]


@dataclass(frozen=True, slots=True)
class CloseBatch:
    """The deadline has passed: these items fail with the reason "deadline" and the batch ends."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteMarker:
    """The batch has ended, or has all its outcomes, and nothing says so in the bucket."""


@dataclass(frozen=True, slots=True)
class RestartEngine:
    """The marker has no edition for too long."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Nothing is left to do, yet the batch is still listed as open."""


Intent = SendItems | CloseBatch | WriteMarker | RestartEngine | Settle


@dataclass(frozen=True, slots=True)
class Sight:
    """What the sweeper sees of a batch. `completed_at` and `created_at` are ISO moments; `marked`: a marker exists."""

    batch: Batch
    manifest: Manifest
    items: Mapping[str, Row]
    marked: bool
    completed_at: str | None


@dataclass(frozen=True, slots=True)
class Graces:
    """Seconds: how old an unsent item must be, and how long a marker may go without edition."""

    unsent: int
    engine: int


def decide(sight: Sight, now: datetime, graces: Graces) -> list[Intent]:
    """What to do about a batch, in order."""
    batch = sight.batch
    if batch.status == "complete":
        return _after_completion(sight, now, graces)
    if batch.finished:
        return [WriteMarker()]
    if now.timestamp() > batch.deadline:
        return [CloseBatch(_missing(sight))]
    unsent = _unsent(sight) if _age(sight.manifest.created_at, now) > graces.unsent else ()
    return [SendItems(unsent)] if unsent else []


def _after_completion(sight: Sight, now: datetime, graces: Graces) -> list[Intent]:
    if not sight.marked:
        return [WriteMarker()]
    if sight.batch.kind == "collect" or sight.batch.edition_id is not None:
        return [Settle()]
    late = sight.completed_at is not None and _age(sight.completed_at, now) > graces.engine
    return [RestartEngine()] if late else []


def _unsent(sight: Sight) -> tuple[QueuedItem, ...]:
    return tuple(item for item in sight.manifest.items if item.item_id not in sight.items)


def _missing(sight: Sight) -> tuple[str, ...]:
    ended = {item_id for item_id, row in sight.items.items() if row.get("status") in ("done", "failed")}
    return tuple(item.item_id for item in sight.manifest.items if item.item_id not in ended)


def _age(moment: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(moment)).total_seconds()
