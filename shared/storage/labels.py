"""The owner's judgement on items: kept or dropped, with label and reason; the next edition obeys it."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from shared.clock import Clock
from shared.contracts.base import Contract
from shared.storage import keys
from shared.storage.table import Row, StateTable

Verdict = Literal["keep", "drop"]


class Label(Contract):
    """One judgement on one item for one client. `label` is the owner's own word (noise, strategic…), may be empty.

    The item's facts make its story recognisable under another address (see services.engine.stories).
    """

    item_id: str
    verdict: Verdict
    label: str = Field(default="", max_length=80)
    reason: str = Field(default="", max_length=500)
    title: str
    headline: str = ""
    url: str
    published: str
    event_type: str
    source_key: str
    source_name: str = ""
    companies: tuple[str, ...] = ()
    molecules: tuple[str, ...] = ()
    trademarks: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    edition_id: str = ""


class Labels:
    """Labels in the state table, one partition a client; the last judgement on an item counts."""

    def __init__(self, table: StateTable, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def put(self, client_id: str, labels: Sequence[Label]) -> None:
        for label in labels:
            row = {**label.model_dump(), "at": self._clock.now().isoformat()}
            self._table.put(keys.label(client_id, label.item_id), row)

    def remove(self, client_id: str, item_id: str) -> None:
        """Forget a judgement."""
        self._table.delete(keys.label(client_id, item_id))

    def all(self, client_id: str) -> dict[str, Label]:
        """Item id → label."""
        return {item_id: _label(row) for item_id, row in self._rows(client_id).items()}

    def dropped(self, client_id: str) -> dict[str, Row]:
        """Item id → facts of what was dropped (as Editions.printed has them), with `label` and `reason`."""
        return {item_id: row for item_id, row in self._rows(client_id).items() if row["verdict"] == "drop"}

    def _rows(self, client_id: str) -> dict[str, Row]:
        return {row["sk"]: row for row in self._table.query(keys.label(client_id, "")[0])}


def _label(row: Row) -> Label:
    return Label.model_validate({name: row[name] for name in Label.model_fields if name in row})
