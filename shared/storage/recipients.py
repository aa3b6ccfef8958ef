"""Who wants and can get a client's newsletter, by the recipient's hash; no address is kept."""

from typing import Literal, cast

from shared.clock import Clock
from shared.errors import ConflictError
from shared.storage import keys
from shared.storage.table import StateTable

Standing = Literal["subscribed", "unsubscribed", "bounced", "complained"]
_WEAKER: dict[Standing, tuple[Standing, ...]] = {
    # what a new fact may replace: a complaint stays one whatever happens later, until the operator subscribes again
    "subscribed": (),
    "bounced": ("subscribed",),
    "unsubscribed": ("subscribed", "bounced"),
    "complained": ("subscribed", "bounced", "unsubscribed"),
}


class Recipients:
    """The recipients' state, one partition a client."""

    def __init__(self, table: StateTable, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def standings(self, client_id: str) -> dict[str, Standing]:
        """Recipient key → state, for everybody who was ever mailed or has said something."""
        rows = self._table.query(keys.recipient(client_id, "")[0])
        return {row["sk"]: cast("Standing", row["status"]) for row in rows}

    def record(self, client_id: str, key: str, standing: Standing, reason: str) -> bool:
        """Remember a new fact; False where a stronger one, or the same, is known already."""
        weaker = _WEAKER[standing]
        names = {f"w{number}": one for number, one in enumerate(weaker)}
        condition = " OR ".join(["attribute_not_exists(#status)", *(f"#status = :{name}" for name in names)])
        try:
            self._write(client_id, key, standing, reason, condition, names)
        except ConflictError:
            return False
        return True

    def subscribe(self, client_id: str, key: str, reason: str) -> None:
        """The operator's word that this recipient is to be mailed again."""
        self._write(client_id, key, "subscribed", reason, None, {})

    def _write(
        self,
        client_id: str,
        key: str,
        standing: Standing,
        reason: str,
        condition: str | None,
        values: dict[str, Standing],
    ) -> None:
        facts = {"status": standing, "reason": reason, "at": self._clock.now().isoformat()}
        self._table.update(keys.recipient(client_id, key), facts, condition=condition, values=values)
