"""Whose turn it is to call the model: the pace as its callers see it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """A call of `tokens` may start at `start_at`; it was asked for at `asked_at` (epoch seconds)."""

    tokens: int
    asked_at: float
    start_at: float


class Pace(Protocol):
    """Who says when the next model call may start (`shared.storage.pace`)."""

    def reserve(self, tokens: int, longest_wait: float) -> Turn:
        """A turn for a call that reserves `tokens`. Raises OutOfTime when it is beyond `longest_wait` seconds."""

    def renew(self, turn: Turn, longest_wait: float) -> Turn:
        """The same turn while it stands, a later one when it does not. Raises OutOfTime as `reserve`."""

    def settle(self, turn: Turn, used: int) -> None:
        """The call has ended and used `used` tokens of quota."""

    def throttled(self, turn: Turn) -> None:
        """The call was throttled."""


class NoPace:
    """No limit of our own: every turn is now."""

    def reserve(self, tokens: int, longest_wait: float) -> Turn:  # noqa: ARG002
        return Turn(tokens, 0.0, 0.0)

    def renew(self, turn: Turn, longest_wait: float) -> Turn:  # noqa: ARG002
        return turn

    def settle(self, turn: Turn, used: int) -> None:
        """Nothing was reserved."""

    def throttled(self, turn: Turn) -> None:
        """Nothing to slow down."""
