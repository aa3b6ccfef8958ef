"""Which messages leave the dead-letter queue by themselves: decided from a message, its item's row and the time.

Only throttling passes by itself, so only throttled items go back: after a wait that doubles, and a bounded number of
times. Everything else is for an operator (`vectora dlq`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.batch import RawMessage
from shared.storage.table import Row


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of the dead-letter queue; `message` is None when it is no reference to a raw item."""

    message_id: str
    receipt_handle: str
    message: RawMessage | None


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `per_sweep` messages return in a sweep, each at most `limit` times, the nth `wait`·2ⁿ⁻¹ seconds after
    its failure."""

    per_sweep: int
    limit: int
    wait: int


@dataclass(frozen=True, slots=True)
class Return:
    """Queue it again, for the `nth` time."""

    nth: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Its item is done: nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Leave:
    """It stays, for this reason."""

    reason: str


def decide(letter: Letter, row: Row | None, now: datetime, policy: Policy) -> Return | Drop | Leave:
    """What to do with a message. `row` is its item's row in its batch."""
    if letter.message is None:
        return Leave("no reference to a raw item")
    status = (row or {}).get("status")
    if status == "done":
        return Drop()
    if row is None or status != "failed":
        return Leave("no cause is recorded: the function died")
    if row.get("cause") != "throttled":
        return Leave(f"failed: {row.get('cause') or 'no cause'}")
    returned = int(row.get("recoveries", 0))
    if returned >= policy.limit:
        return Leave(f"returned {returned} times already")
    ready = _moment(row) + timedelta(seconds=policy.wait * 2**returned)
    return Return(returned + 1) if now >= ready else Leave(f"returns at {ready.isoformat(timespec='seconds')}")


def _moment(row: Row) -> datetime:
    """When the item failed, or returned last."""
    return max(datetime.fromisoformat(row[name]) for name in ("ended_at", "recovered_at") if row.get(name))
