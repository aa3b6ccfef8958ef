"""One price: a result is made once for (item, content, normalizer), under a lease."""

from typing import Literal

from shared.clock import Clock
from shared.errors import ConflictError
from shared.storage import keys
from shared.storage.table import StateTable


class Results:
    """Results and the leases on making them."""

    def __init__(self, table: StateTable, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def ready(self, item_id: str, content_hash: str, signature: str) -> str | None:
        """Object key of a finished result, or None."""
        row = self._table.get(keys.result(item_id, content_hash, signature))
        return str(row["key"]) if row and row.get("status") == "ready" else None

    def lease(
        self, item_id: str, content_hash: str, signature: str, owner: str, seconds: int
    ) -> Literal["mine", "ready", "taken"]:
        """Try to become the one who makes this result, for `seconds`; an owner renews its own lease."""
        now = int(self._clock.now().timestamp())
        try:
            self._table.update(
                keys.result(item_id, content_hash, signature),
                {"status": "leased", "owner": owner, "lease_until": now + seconds},
                condition="attribute_not_exists(#status) OR "
                "(#status = :leased AND (#lease_until < :now OR #owner = :me))",
                values={"leased": "leased", "now": now, "me": owner},
            )
        except ConflictError:
            return "ready" if self.ready(item_id, content_hash, signature) else "taken"
        return "mine"

    def finish(self, item_id: str, content_hash: str, signature: str, key: str) -> None:
        """The result is in the lake under `key`."""
        self._table.update(keys.result(item_id, content_hash, signature), {"status": "ready", "key": key})

    def forget(self, item_id: str, content_hash: str, signature: str, key: str) -> None:
        """What is under `key` is this result no more; no effect once somebody has made it anew."""
        try:
            self._table.update(
                keys.result(item_id, content_hash, signature),
                {"status": "leased", "owner": "", "lease_until": 0},
                condition="#status = :ready AND #key = :key",
                values={"ready": "ready", "key": key},
            )
        except ConflictError:
            return

    def release(self, item_id: str, content_hash: str, signature: str, owner: str) -> None:
        """Give up a lease, so that the next one need not wait for its end; no effect on somebody else's."""
        try:
            self._table.update(
                keys.result(item_id, content_hash, signature),
                {"lease_until": 0},
                condition="#status = :leased AND #owner = :me",
                values={"leased": "leased", "me": owner},
            )
        except ConflictError:
            return
