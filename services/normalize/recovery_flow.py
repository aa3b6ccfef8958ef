"""Carries out the return of throttled messages from the dead-letter queue."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.normalize.recovery import Drop, Leave, Letter, Policy, Return, decide
from shared.clock import Clock
from shared.contracts.batch import RawMessage
from shared.errors import ConflictError
from shared.observability import correlated, logger
from shared.storage import keys
from shared.storage.table import Row, StateTable

_HOLD_SECONDS = 120
_MOST_SEEN = 500
"""Messages looked at in one sweep; the others wait for the next."""


class DeadLetters(Protocol):
    """RawDeadLetterQueue."""

    def receive(self, hold: int) -> list[Letter]: ...
    def delete(self, letter: Letter) -> None: ...
    def show_again(self, letters: Sequence[Letter]) -> None: ...


class Sender(Protocol):
    """RawQueue."""

    def send(self, messages: list[RawMessage]) -> None: ...


@dataclass(frozen=True)
class Recovery:
    """Looks through the dead-letter queue once a sweep."""

    table: StateTable
    letters: DeadLetters
    queue: Sender
    clock: Clock
    policy: Policy

    def run(self) -> dict[str, int]:
        """Counts of messages returned, dropped and left. What is left is visible again at once."""
        counts: Counter[str] = Counter()
        left: list[Letter] = []
        try:
            while counts.total() < _MOST_SEEN and (found := self.letters.receive(_HOLD_SECONDS)):
                for letter in found:
                    full = counts["returned"] >= self.policy.per_sweep
                    with correlated(letter.message.batch_id if letter.message else ""):
                        verdict = self._handle(letter, full=full)
                    counts[verdict] += 1
                    if verdict == "left":
                        left.append(letter)
        finally:
            self.letters.show_again(left)
        return dict(counts)

    def _handle(self, letter: Letter, *, full: bool) -> str:
        decision = decide(letter, self._row(letter), self.clock.now(), self.policy)
        if isinstance(decision, Drop):
            self.letters.delete(letter)
            return "dropped"
        if isinstance(decision, Leave):
            logger.info(f"a dead letter stays: {decision.reason}", extra={"message_id": letter.message_id})
            return "left"
        if full or letter.message is None or not self._count(letter.message, decision):
            return "left"
        self.queue.send([letter.message])
        self.letters.delete(letter)
        logger.warning(
            f"throttled item returned from the dead-letter queue, time {decision.nth} of {self.policy.limit}",
            extra={"item_id": letter.message.item_id, "batch_id": letter.message.batch_id},
        )
        return "returned"

    def _row(self, letter: Letter) -> Row | None:
        return self.table.get(_key(letter.message)) if letter.message else None

    def _count(self, message: RawMessage, decision: Return) -> bool:
        """Count before sending, so that a sweep that dies returns a message once too seldom, never without bound."""
        try:
            self.table.update(
                _key(message),
                {"recoveries": decision.nth, "recovered_at": self.clock.now().isoformat()},
                condition="#status = :failed AND (attribute_not_exists(#recoveries) OR #recoveries = :before)",
                values={"failed": "failed", "before": decision.nth - 1},
            )
        except ConflictError:
            return False
        return True


def _key(message: RawMessage) -> tuple[str, str]:
    return keys.batch_item(message.client_id, message.batch_id, message.item_id)
