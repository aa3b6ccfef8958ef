"""What each client spends in a month: reserved before a call, settled after it.

`committed` is what is spent or reserved; the cap is checked against it in the same conditional write that raises it, so
that functions that run together cannot pass it. A reservation is an attribute of the month's row and ends at a moment:
that of a function that died is freed when the room is needed.
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass

from shared.clock import Clock
from shared.contracts.items import Usage
from shared.errors import ConflictError, VectoraError
from shared.storage import keys
from shared.storage.table import Row, StateTable

_HOLD_SECONDS = 900
"""The longest that a function runs (Lambda quotas)."""
_HOLD = "hold_"


class BudgetExceeded(VectoraError):
    """The month's budget does not allow another call."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Dollars set aside for one result, in the month in which it began."""

    client_id: str
    month: str
    amount: float
    hold: str


class Spend:
    """The spend of all clients, in US dollars."""

    def __init__(self, table: StateTable, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def reserve(self, client_id: str, amount: float, monthly_cap: float | None) -> Reservation:
        """Set `amount` aside. Raises BudgetExceeded when the month's commitments would pass `monthly_cap`."""
        now = self._clock.now()
        reservation = Reservation(client_id, now.strftime("%Y-%m"), amount, f"{_HOLD}{uuid.uuid4().hex}")
        if monthly_cap is not None and amount > monthly_cap:
            raise BudgetExceeded(_message(client_id, reservation.month, monthly_cap))
        try:
            self._commit(reservation, monthly_cap)
        except ConflictError as error:
            if not self._free_expired(client_id, reservation.month):
                raise BudgetExceeded(_message(client_id, reservation.month, monthly_cap)) from error
            return self.reserve(client_id, amount, monthly_cap)
        return reservation

    def _commit(self, reservation: Reservation, monthly_cap: float | None) -> None:
        """Raises ConflictError when there is no room."""
        room = None if monthly_cap is None else monthly_cap - reservation.amount
        until = int(self._clock.now().timestamp()) + _HOLD_SECONDS
        self._table.update(
            keys.spend(reservation.client_id, reservation.month),
            {reservation.hold: {"amount": reservation.amount, "until": until}},
            add={"committed": reservation.amount},
            condition=None if room is None else "attribute_not_exists(#committed) OR #committed <= :room",
            values=None if room is None else {"room": room},
        )

    def settle(self, reservation: Reservation, usage: Usage) -> None:
        """Put what was really used in the place of the reservation."""
        used: dict[str, int | float] = {
            "spent": usage.cost_usd,
            "calls": usage.calls,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
        }
        try:
            self._end(reservation, used | {"committed": usage.cost_usd - reservation.amount})
        except ConflictError:  # it ran out and was freed meanwhile: what was used counts all the same
            key = keys.spend(reservation.client_id, reservation.month)
            self._table.update(key, add=used | {"committed": usage.cost_usd})

    def _end(self, reservation: Reservation, add: dict[str, int | float]) -> None:
        """Remove a reservation and count. Raises ConflictError when it is gone."""
        self._table.update(
            keys.spend(reservation.client_id, reservation.month),
            add=add,
            remove=[reservation.hold],
            condition=f"attribute_exists(#{reservation.hold})",
        )

    def _free_expired(self, client_id: str, month: str) -> int:
        """Free the reservations of functions that died; returns how many there were."""
        row = self._table.get(keys.spend(client_id, month)) or {}
        now, freed = self._clock.now().timestamp(), 0
        for name, held in row.items():
            if name.startswith(_HOLD) and held["until"] < now:
                with suppress(ConflictError):  # settled or freed by another function this moment
                    self._end(Reservation(client_id, month, held["amount"], name), {"committed": -held["amount"]})
                freed += 1
        return freed

    def month(self, client_id: str, month: str) -> Row:
        """What stands there: committed, spent, calls, input_tokens, output_tokens; empty when nothing was spent."""
        row = self._table.get(keys.spend(client_id, month)) or {}
        return {name: value for name, value in row.items() if not name.startswith(_HOLD)}


def _message(client_id: str, month: str, cap: float | None) -> str:
    return f"budget of {client_id} for {month} is used up (${cap:.2f}); raise budget.monthly_usd or wait for next month"
