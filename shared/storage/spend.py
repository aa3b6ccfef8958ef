"""What each client spends in a month: reserved before a call, settled after it.

`committed` is what is spent or reserved; the cap is checked against it in the same conditional write that raises it, so
that functions that run together cannot pass it.
"""

from dataclasses import dataclass

from shared.clock import Clock
from shared.contracts.items import Usage
from shared.errors import ConflictError, VectoraError
from shared.storage import keys
from shared.storage.table import Row, StateTable


class BudgetExceeded(VectoraError):
    """The month's budget does not allow another call."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Dollars set aside for one result, in the month in which it began."""

    client_id: str
    month: str
    amount: float


class Spend:
    """The spend of all clients, in US dollars."""

    def __init__(self, table: StateTable, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def reserve(self, client_id: str, amount: float, monthly_cap: float | None) -> Reservation:
        """Set `amount` aside. Raises BudgetExceeded when the month's commitments would pass `monthly_cap`."""
        month = self._clock.now().strftime("%Y-%m")
        limits = {}
        if monthly_cap is not None:
            if amount > monthly_cap:
                raise BudgetExceeded(_message(client_id, month, monthly_cap))
            limits = {
                "condition": "attribute_not_exists(#committed) OR #committed <= :room",
                "values": {"room": monthly_cap - amount},
            }
        try:
            self._table.update(keys.spend(client_id, month), add={"committed": amount}, **limits)  # type: ignore[arg-type]
        except ConflictError as error:
            raise BudgetExceeded(_message(client_id, month, monthly_cap)) from error
        return Reservation(client_id, month, amount)

    def settle(self, reservation: Reservation, usage: Usage) -> None:
        """Put what was really used in the place of the reservation."""
        self._table.update(
            keys.spend(reservation.client_id, reservation.month),
            add={
                "committed": usage.cost_usd - reservation.amount,
                "spent": usage.cost_usd,
                "calls": usage.calls,
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
            },
        )

    def month(self, client_id: str, month: str) -> Row:
        """What stands there: committed, spent, calls, input_tokens, output_tokens; empty when nothing was spent."""
        return self._table.get(keys.spend(client_id, month)) or {}


def _message(client_id: str, month: str, cap: float | None) -> str:
    return f"budget of {client_id} for {month} is used up (${cap:.2f}); raise budget.monthly_usd or wait for next month"
