"""Batch completion: who brings a batch to its end, exactly once (design: "Batch completion")."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import ClientError

from shared.clock import Clock
from shared.contracts.batch import Manifest, Marker
from shared.errors import ConflictError, NotFoundError
from shared.observability import statistics
from shared.storage import keys
from shared.storage.objects import Objects, get_model, put_model
from shared.storage.table import Row, StateTable, is_code, update_op

_CONFLICT_TRIES = 12
_OPEN = {"open": "open"}
_LISTED = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one item of a batch ended. `facts` are stored with it (counts of refusals, calls, tokens, cost)."""

    item_id: str
    status: Literal["done", "failed"]
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


PAID = ("calls", "input_tokens", "output_tokens", "cost_usd")
"""Facts that add up over an item's deliveries."""


_EARLIER = "earlier_"
"""Before such a fact's name in an item's row: its sum over the deliveries before the last."""


def spent_on(row: Mapping[str, Any], name: str) -> float:
    """The sum of such a fact over all deliveries of an item."""
    return float(row.get(name) or 0) + float(row.get(f"{_EARLIER}{name}") or 0)


def _earlier(facts: Mapping[str, Any]) -> dict[str, int | float]:
    return {f"{_EARLIER}{name}": facts[name] for name in PAID if facts.get(name)}


@dataclass(frozen=True, slots=True)
class Batch:
    """The batch's state."""

    client_id: str
    batch_id: str
    kind: Literal["edition", "collect"]
    status: Literal["open", "complete"]
    expected: int
    done: int
    failed: int
    deadline: int
    as_of: str
    delivery: str
    restricted: bool
    edition_id: str | None

    @property
    def finished(self) -> bool:
        return self.done + self.failed >= self.expected


def _batch(row: Row) -> Batch:
    values: Any = {name: row.get(name) for name in Batch.__dataclass_fields__}
    return Batch(**values)


class BatchStore:
    """Batches in the state table and their files in the data bucket."""

    def __init__(
        self, table: StateTable, objects: Objects, clock: Clock, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._table, self._objects, self._clock, self._pause = table, objects, clock, pause

    def open(self, manifest: Manifest, deadline: int) -> tuple[Batch, Manifest]:
        """Write manifest and state; the batch, with the manifest that stands: the one that a run of the same run_id,
        earlier or beside this one, has written, where there is one. `deadline` is epoch seconds.

        Nothing may be queued before this returns.
        """
        manifest = self._standing(manifest)
        pk_sk = keys.batch_meta(manifest.client_id, manifest.batch_id)
        row = {
            "client_id": manifest.client_id,
            "batch_id": manifest.batch_id,
            "kind": manifest.kind,
            "status": "open",
            "expected": len(manifest.items),
            "done": 0,
            "failed": 0,
            "deadline": deadline,
            "as_of": manifest.as_of,
            "delivery": manifest.delivery,
            "restricted": manifest.restricted,
            "edition_id": None,
            "created_at": manifest.created_at,
        }
        self._table.put(keys.open_batch(manifest.client_id, manifest.batch_id), {"created_at": manifest.created_at})
        self._list(manifest)
        try:
            self._table.put(pk_sk, row, once=True)
        except ConflictError:
            return self.get(manifest.client_id, manifest.batch_id), manifest
        return _batch(row), manifest

    def _standing(self, manifest: Manifest) -> Manifest:
        key = keys.manifest(manifest.client_id, manifest.batch_id)
        try:
            put_model(self._objects, key, manifest, once=True)
        except ConflictError:
            return get_model(self._objects, key, Manifest)
        return manifest

    def _list(self, manifest: Manifest) -> None:
        """Keep the batch in its client's list for as long as a digest may ask for it."""
        listed = keys.run(manifest.client_id, manifest.created_at, manifest.batch_id)
        until = datetime.fromisoformat(manifest.created_at) + _LISTED
        self._table.put(listed, {"batch_id": manifest.batch_id, "expires_at": int(until.timestamp())})

    def since(self, client_id: str, moment: datetime) -> list[Batch]:
        """A client's batches that began at `moment` or later, the newest first. One whose start was cut off after it
        was listed has no record, and is none."""
        found = []
        for row in self._table.query(keys.run(client_id, "", "")[0], ascending=False):
            if datetime.fromisoformat(row["sk"].rpartition("#")[0]) < moment:
                break
            record = self._table.get(keys.batch_meta(client_id, row["batch_id"]))
            if record is not None:
                found.append(_batch(record))
        return found

    def get(self, client_id: str, batch_id: str) -> Batch:
        """Raises NotFoundError."""
        row = self._table.get(keys.batch_meta(client_id, batch_id))
        if row is None:
            raise NotFoundError(f"no batch {batch_id} of {client_id}")
        return _batch(row)

    def items(self, client_id: str, batch_id: str) -> dict[str, Row]:
        """Item id → {status: queued|done|failed, reason, …facts} of every item sent or ended so far."""
        pk, _ = keys.batch_meta(client_id, batch_id)
        return {row["sk"].removeprefix("ITEM#"): row for row in self._table.query(pk, prefix="ITEM#")}

    def mark_sent(self, client_id: str, batch_id: str, item_ids: Sequence[str]) -> None:
        """Remember that these items' messages were queued; an item that has ended meanwhile stays ended."""
        now = self._clock.now().isoformat()
        for item_id in item_ids:
            try:
                self._table.put(
                    keys.batch_item(client_id, batch_id, item_id), {"status": "queued", "sent_at": now}, once=True
                )
            except ConflictError:
                continue  # it ended before this line ran

    def record(self, client_id: str, batch_id: str, outcomes: Sequence[Outcome], *, late: bool = False) -> Batch:
        """End items, each once, in one transaction with the batch's counters; duplicates are dropped.

        An item that failed and is done after all counts as done: a replay mends its batch while that is open. Items of
        a batch that was closed meanwhile are recorded as late and counted nowhere. At most 99 outcomes a call.
        Completes the batch when these were the last (`late`: because its deadline passed). Raises botocore's
        ClientError when DynamoDB keeps refusing.
        """
        pending = list({outcome.item_id: outcome for outcome in outcomes}.values())
        for attempt in range(_CONFLICT_TRIES):
            if not pending:
                break
            try:
                self._table.transact(self._ending(client_id, batch_id, pending))
                break
            except ClientError as error:
                pending = self._after_refusal(error, client_id, batch_id, pending, attempt)
        else:
            raise RuntimeError(f"the state table refused {len(pending)} outcomes of {batch_id} {_CONFLICT_TRIES} times")
        batch = self.get(client_id, batch_id)
        return self.close(batch, late=late) if batch.finished else batch

    def paid(self, client_id: str, batch_id: str, item_id: str, facts: Mapping[str, Any]) -> None:
        """Remember what an item cost that comes back: its end will tell of its last delivery alone.

        Raises ConflictError when another delivery has ended it meanwhile.
        """
        if spent := _earlier(facts):
            self._table.update(
                keys.batch_item(client_id, batch_id, item_id),
                {"status": "queued"},
                add=spent,
                condition="attribute_not_exists(#status) OR #status = :queued",
                values={"queued": "queued"},
            )

    def _ending(self, client_id: str, batch_id: str, outcomes: Sequence[Outcome]) -> list[Row]:
        now = self._clock.now().isoformat()
        counts = {
            status: amount
            for status in ("done", "failed")
            if (amount := sum(outcome.status == status for outcome in outcomes))
        }
        counter = update_op(keys.batch_meta(client_id, batch_id), add=counts, condition="#status = :open", values=_OPEN)
        return [counter] + [
            update_op(
                keys.batch_item(client_id, batch_id, outcome.item_id),
                {"status": outcome.status, "reason": outcome.reason, "ended_at": now, **outcome.facts},
                condition="attribute_not_exists(#status) OR #status = :queued",
                values={"queued": "queued"},
            )
            for outcome in outcomes
        ]

    def _after_refusal(
        self, error: ClientError, client_id: str, batch_id: str, pending: list[Outcome], attempt: int
    ) -> list[Outcome]:
        """What is left to record after a refused transaction."""
        if is_code(
            error, "TransactionInProgressException", "ThrottlingException", "ProvisionedThroughputExceededException"
        ):
            self._pause(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 (jitter)
            return pending
        if not is_code(error, "TransactionCanceledException"):
            raise error
        codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
        if codes and codes[0] == "ConditionalCheckFailed":
            self._record_late(client_id, batch_id, pending)
            return []
        if "ConditionalCheckFailed" in codes:
            ended = [one for one, code in zip(pending, codes[1:], strict=True) if code == "ConditionalCheckFailed"]
            for outcome in ended:
                self._amend(client_id, batch_id, outcome)
            return [one for one in pending if one not in ended]
        if any(code not in ("None", "TransactionConflict", "ThrottlingError") for code in codes):
            raise error
        self._pause(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 (jitter)
        return pending

    def _amend(self, client_id: str, batch_id: str, outcome: Outcome) -> None:
        """An item that has ended ends again: done stays done, failed becomes done, the last reason of a failure counts.

        Raises RuntimeError when the state table keeps refusing.
        """
        for attempt in range(_CONFLICT_TRIES):
            try:
                self._table.transact(self._amendment(client_id, batch_id, outcome))
                return
            except ClientError as error:
                if not is_code(error, "TransactionCanceledException"):
                    raise
                codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
                if codes and codes[0] == "ConditionalCheckFailed":
                    self._record_late(client_id, batch_id, [outcome])
                    return
                if "ConditionalCheckFailed" in codes:
                    return
                self._pause(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 (jitter)
        raise RuntimeError(f"the state table refused to amend {outcome.item_id} of {batch_id} {_CONFLICT_TRIES} times")

    def _amendment(self, client_id: str, batch_id: str, outcome: Outcome) -> list[Row]:
        mended = outcome.status == "done"
        counts = {"done": 1, "failed": -1} if mended else {"failed": 0}
        meta, key = keys.batch_meta(client_id, batch_id), keys.batch_item(client_id, batch_id, outcome.item_id)
        changes = {"status": outcome.status, "reason": outcome.reason, "ended_at": self._clock.now().isoformat()}
        failed = self._table.get(key) or {}
        return [
            update_op(meta, add=counts, condition="#status = :open", values=_OPEN),
            update_op(
                key,
                {**changes, "cause": "", **outcome.facts},
                add=_earlier(failed) if mended else None,
                condition="#status = :failed",
                values={"failed": "failed"},
            ),
        ]

    def _record_late(self, client_id: str, batch_id: str, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            key = keys.batch_item(client_id, batch_id, outcome.item_id)
            row = self._table.get(key) or {}
            if row.get("status") != "done":
                ended = {"status": outcome.status, "reason": outcome.reason, "ended_at": self._clock.now().isoformat()}
                before = _earlier(row) if outcome.status == "done" else None
                self._table.update(key, {**ended, "late": True, "cause": "", **outcome.facts}, add=before)

    def close(self, batch: Batch, *, late: bool = False) -> Batch:
        """End the batch and write its marker once; safe to repeat. `late`: its deadline passed with items missing."""
        try:
            row = self._table.update(
                keys.batch_meta(batch.client_id, batch.batch_id),
                {"status": "complete", "completed_at": self._clock.now().isoformat(), "late": late},
                condition="#status = :open",
                values=_OPEN,
            )
            batch = _batch(row)
            self._tell(batch, row, late=late)
        except ConflictError:
            batch = self.get(batch.client_id, batch.batch_id)
        self.write_marker(batch, late=late)
        return batch

    def _tell(self, batch: Batch, row: Row, *, late: bool) -> None:
        """The batch's own statistics line, by the one who ends it."""
        seconds = (self._clock.now() - datetime.fromisoformat(row["created_at"])).total_seconds()
        facts = {name: getattr(batch, name) for name in ("client_id", "batch_id", "kind", "expected", "done", "failed")}
        statistics("batch", **facts, late=late, seconds=round(seconds, 2))

    def write_marker(self, batch: Batch, *, late: bool = False) -> bool:
        """Write COMPLETE.json or COLLECTED.json where it is missing; False when it was there."""
        marker = Marker(
            client_id=batch.client_id,
            batch_id=batch.batch_id,
            kind=batch.kind,
            as_of=batch.as_of,
            expected=batch.expected,
            done=batch.done,
            failed=batch.failed,
            late=late,
            completed_at=self._clock.now().isoformat(),
        )
        written = True
        try:
            put_model(self._objects, keys.marker(batch.client_id, batch.batch_id, batch.kind), marker, once=True)
        except ConflictError:
            written = False
        if batch.kind == "collect":
            self._table.delete(keys.open_batch(batch.client_id, batch.batch_id))
        return written

    def settle(self, client_id: str, batch_id: str, edition_id: str) -> None:
        """The engine has made the batch's edition: nothing is left for the sweeper."""
        self._table.update(keys.batch_meta(client_id, batch_id), {"edition_id": edition_id})
        self._table.delete(keys.open_batch(client_id, batch_id))

    def unsettled(self) -> list[tuple[str, str]]:
        """(client_id, batch_id) of batches that are open, or complete without edition."""
        pairs = (row["sk"].rsplit("#", 1) for row in self._table.query("OPEN"))
        return [(client_id, batch_id) for client_id, batch_id in pairs]
