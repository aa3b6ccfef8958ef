"""The words of the flow: a job, its verdict, and why one fails."""

from dataclasses import dataclass, field
from typing import Any, Literal

from shared.contracts.batch import RawMessage
from shared.storage.batches import Outcome

Cause = Literal[
    "throttled", "unavailable", "refused", "answer", "budget", "input", "taken", "config", "price", "internal"
]
"""Why an item did not get a result. Only `throttled` messages return from the dead-letter queue by themselves."""


@dataclass(frozen=True, slots=True)
class Job:
    """One message of RawQueue. `receives` counts this delivery."""

    message: RawMessage
    message_id: str
    receipt_handle: str
    receives: int

    @property
    def batch(self) -> tuple[str, str]:
        return self.message.client_id, self.message.batch_id


@dataclass(frozen=True, slots=True)
class Done:
    """The item has its result; the message is deleted."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Failed:
    """The item has failed for good: repeating cannot help; the message is deleted."""

    outcome: Outcome
    cause: Cause


@dataclass(frozen=True, slots=True)
class Again:
    """The message comes back after `seconds`; with its last receive the item fails."""

    cause: Cause
    reason: str
    seconds: int
    facts: dict[str, Any] = field(default_factory=dict)


Verdict = Done | Failed | Again
