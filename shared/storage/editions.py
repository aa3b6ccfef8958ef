"""Editions and their states: building → draft → approved → sending → sent, or superseded; and what was printed."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.clock import Clock
from shared.contracts.edition import EditionStatus
from shared.errors import ConflictError, NotFoundError
from shared.storage import keys
from shared.storage.table import Row, StateTable


class Editions:
    """Edition records of all clients."""

    def __init__(self, table: StateTable, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def get(self, client_id: str, edition_id: str) -> Row:
        """Raises NotFoundError."""
        row = self.find(client_id, edition_id)
        if row is None:
            raise NotFoundError(f"no edition {edition_id} of {client_id}")
        return row

    def find(self, client_id: str, edition_id: str) -> Row | None:
        return self._table.get(keys.edition(client_id, edition_id))

    def history(self, client_id: str) -> list[Row]:
        """All editions of a client, oldest build first."""
        rows = self._table.query(keys.edition(client_id, "")[0])
        return sorted(rows, key=lambda row: (row.get("started_at", ""), row["sk"]))

    def last_sent(self, client_id: str) -> Row | None:
        """The sent edition whose window ends last, or None."""
        sent = [row for row in self.history(client_id) if row["status"] == "sent" and row.get("window_to")]
        return max(sent, key=lambda row: (row["window_to"], row.get("sent_at", "")), default=None)

    def begin(self, client_id: str, edition_id: str, owner: str, lease_seconds: int) -> bool:
        """Become the one engine that builds this edition. False when another builds it or it is built already.

        An owner that died is replaced when its lease has run out.
        """
        now = self._clock.now()
        try:
            self._table.update(
                keys.edition(client_id, edition_id),
                {
                    "client_id": client_id,
                    "edition_id": edition_id,
                    "status": "building",
                    "owner": owner,
                    "started_at": now.isoformat(),
                    "lease_until": int(now.timestamp()) + lease_seconds,
                },
                condition="attribute_not_exists(#status) OR "
                "(#status = :building AND (#lease_until < :now OR #owner = :me))",
                values={"building": "building", "now": int(now.timestamp()), "me": owner},
            )
        except ConflictError:
            return False
        return True

    def move(
        self, client_id: str, edition_id: str, to: EditionStatus, allowed: Sequence[EditionStatus], **facts: Any
    ) -> Row:
        """Change the state, if it is one of `allowed`. Raises ConflictError otherwise."""
        names = [f"s{number}" for number in range(len(allowed))]
        return self._table.update(
            keys.edition(client_id, edition_id),
            {"status": to, f"{to}_at": self._clock.now().isoformat(), **facts},
            condition=" OR ".join(f"#status = :{name}" for name in names),
            values=dict(zip(names, allowed, strict=True)),
        )

    def update(self, client_id: str, edition_id: str, facts: Mapping[str, Any]) -> None:
        self._table.update(keys.edition(client_id, edition_id), facts)

    def mark_printed(self, client_id: str, edition_id: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Remember what a sent edition printed. Each of `items` has item_id, title, url, published, and story facts."""
        for item in items:
            row = {**item, "edition_id": edition_id, "printed_at": self._clock.now().isoformat()}
            self._table.put(keys.printed(client_id, str(item["item_id"])), row)

    def printed(self, client_id: str) -> dict[str, Row]:
        """Item id → what was printed of it in sent editions."""
        return {row["sk"]: row for row in self._table.query(keys.printed(client_id, "")[0])}
