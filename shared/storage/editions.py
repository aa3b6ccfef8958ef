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
        self,
        client_id: str,
        edition_id: str,
        to: EditionStatus,
        allowed: Sequence[EditionStatus],
        unchanged: str | None = None,
        **facts: Any,
    ) -> Row:
        """Change the state, if it is one of `allowed` and, where `unchanged` is given, the content hash is still that.

        Raises ConflictError otherwise.
        """
        values: dict[str, str] = {f"s{number}": status for number, status in enumerate(allowed)}
        condition = "(" + " OR ".join(f"#status = :{name}" for name in values) + ")"
        if unchanged is not None:
            condition, values = f"{condition} AND #content_hash = :hash", {**values, "hash": unchanged}
        return self._table.update(
            keys.edition(client_id, edition_id),
            {"status": to, f"{to}_at": self._clock.now().isoformat(), **facts},
            condition=condition,
            values=values,
        )

    def revise(self, client_id: str, edition_id: str, base: str, digest: str, **facts: Any) -> Row:
        """Give a draft a new content, if it is a draft and its content is still `base`. Raises ConflictError."""
        return self._table.update(
            keys.edition(client_id, edition_id),
            {"content_hash": digest, "edited_at": self._clock.now().isoformat(), **facts},
            condition="#status = :draft AND #content_hash = :base",
            values={"draft": "draft", "base": base},
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

    def taken(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> dict[str, str]:
        """Of `item_ids`, those that another edition has sent → that edition."""
        printed = self.printed(client_id)
        rows = {item_id: printed[item_id] for item_id in item_ids if item_id in printed}
        return {item_id: row["edition_id"] for item_id, row in rows.items() if row["edition_id"] != edition_id}

    def reserve(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> dict[str, str]:
        """Become the one edition that prints these items; safe to repeat.

        Returns an empty dictionary, or item id → the edition that has it (then nothing stays reserved). Items are
        taken in one order by everybody, so that of two editions at once exactly one wins.
        """
        if conflicts := self.taken(client_id, edition_id, item_ids):
            return conflicts
        for item_id in sorted(item_ids):
            try:
                self._table.update(
                    keys.reserved(client_id, item_id),
                    {"edition_id": edition_id, "at": self._clock.now().isoformat()},
                    condition="attribute_not_exists(#edition_id) OR #edition_id = :me",
                    values={"me": edition_id},
                )
            except ConflictError:
                self.free(client_id, edition_id, item_ids)
                row = self._table.get(keys.reserved(client_id, item_id)) or {}
                return {item_id: row.get("edition_id", "another")}
        return {}

    def free(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> None:
        """Give up what this edition had reserved."""
        for item_id in item_ids:
            row = self._table.get(keys.reserved(client_id, item_id))
            if row and row["edition_id"] == edition_id:
                self._table.delete(keys.reserved(client_id, item_id))
