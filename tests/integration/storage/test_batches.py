"""Batch completion: each item once, the marker once, whatever comes twice or late."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.clock import FixedClock
from shared.contracts.batch import Manifest, Marker, QueuedItem, Window
from shared.errors import NotFoundError
from shared.storage import keys
from shared.storage.batches import BatchStore, Outcome
from shared.storage.objects import S3Objects, get_model
from shared.storage.table import StateTable

CLOCK = FixedClock(datetime(2026, 1, 5, 8, 0, tzinfo=UTC))


def manifest(*items: str, kind: str = "edition", batch_id: str = "b1") -> Manifest:
    values: dict[str, Any] = {
        "client_id": "c",
        "batch_id": batch_id,
        "kind": kind,
        "run_id": "r",
        "as_of": CLOCK.now().isoformat(),
        "window": Window.model_validate({"from": "2025-12-29", "to": "2026-01-05"}),
        "config_release": "r1",
        "created_at": CLOCK.now().isoformat(),
        "items": tuple(QueuedItem(item_id=name, raw_key=name, content_hash="h") for name in items),
        "seen": (),
        "sources": (),
    }
    return Manifest(**values)


@pytest.fixture
def store(table: StateTable, objects: S3Objects) -> BatchStore:
    return BatchStore(table, objects, CLOCK, lambda _seconds: None)


def done(*names: str, **facts: Any) -> list[Outcome]:
    return [Outcome(name, "done", "ok", facts) for name in names]


def marker(objects: S3Objects, kind: str = "edition") -> Marker | None:
    key = keys.marker("c", "b1", kind)
    return get_model(objects, key, Marker) if objects.get(key) else None


def test_the_last_item_completes_the_batch_and_writes_the_marker(store: BatchStore, objects: S3Objects) -> None:
    store.open(manifest("a", "b"), 0)
    store.mark_sent("c", "b1", ["a", "b"])
    assert store.record("c", "b1", done("a", cost_usd=0.01)).status == "open"
    assert marker(objects) is None
    batch = store.record("c", "b1", [Outcome("b", "failed", "throttled")])
    assert (batch.status, batch.done, batch.failed) == ("complete", 1, 1)
    written = marker(objects)
    assert written is not None
    assert (written.expected, written.done, written.failed, written.late) == (2, 1, 1, False)
    items = store.items("c", "b1")
    assert (items["a"]["cost_usd"], items["b"]["reason"]) == (0.01, "throttled")


def test_duplicates_in_one_call_and_across_calls_count_once(store: BatchStore) -> None:
    store.open(manifest("a", "b", "c"), 0)
    store.record("c", "b1", done("a", "a"))
    batch = store.record("c", "b1", done("a", "b"))
    assert (batch.done, batch.status) == (2, "open")


def test_an_item_that_failed_and_is_done_after_all_moves_both_counters_while_its_batch_is_open(
    store: BatchStore, objects: S3Objects
) -> None:
    store.open(manifest("a", "b"), 0)
    store.record("c", "b1", [Outcome("a", "failed", "throttled: four attempts", {"cause": "throttled"})])
    store.record("c", "b1", [Outcome("a", "failed", "throttled: again", {"cause": "throttled"})])
    batch = store.get("c", "b1")
    assert (batch.done, batch.failed) == (0, 1)
    assert store.items("c", "b1")["a"]["reason"] == "throttled: again"
    store.record("c", "b1", done("a"))
    batch = store.record("c", "b1", [*done("a"), Outcome("a", "failed", "too late", {})])
    assert (batch.done, batch.failed, batch.status) == (1, 0, "open")
    item = store.items("c", "b1")["a"]
    assert (item["status"], item["cause"]) == ("done", "")
    assert store.record("c", "b1", done("b")).status == "complete"
    written = marker(objects)
    assert written is not None
    assert (written.done, written.failed) == (2, 0)


def test_a_late_outcome_is_remembered_and_counted_nowhere(store: BatchStore, objects: S3Objects) -> None:
    opened, _ = store.open(manifest("a", "b"), 0)
    store.record("c", "b1", done("a"))
    store.close(opened, late=True)
    batch = store.record("c", "b1", done("b"))
    assert (batch.done, batch.status) == (1, "complete")
    assert store.items("c", "b1")["b"]["late"] is True
    written = marker(objects)
    assert written is not None
    assert written.late


def test_a_resumed_run_finds_its_batch_and_keeps_the_first_manifest(store: BatchStore, objects: S3Objects) -> None:
    store.open(manifest("a", "b"), 5)
    store.record("c", "b1", done("a"))
    again, _ = store.open(manifest("a", "b", "c"), 9)
    assert (again.expected, again.done, again.deadline) == (2, 1, 5)
    assert len(get_model(objects, keys.manifest("c", "b1"), Manifest).items) == 2


def test_of_two_manifests_of_one_run_the_first_stands_and_counts(store: BatchStore) -> None:
    first, second = manifest("a", "b"), manifest("a", "b", "c")
    assert store.open(first, 9)[1] == first

    batch, stands = store.open(second, 9)
    assert (batch.expected, stands) == (2, first)


def test_a_batch_whose_start_was_cut_off_is_passed_over(store: BatchStore, table: StateTable) -> None:
    store.open(manifest("a"), deadline=5)
    table.put(keys.run("c", CLOCK.now().isoformat(), "cut-off"), {"batch_id": "cut-off"})

    assert [batch.batch_id for batch in store.since("c", CLOCK.now())] == ["b1"]


def test_a_collect_batch_writes_its_own_marker_and_is_settled(store: BatchStore, objects: S3Objects) -> None:
    store.open(manifest("a", kind="collect"), 0)
    assert store.unsettled() == [("c", "b1")]
    store.record("c", "b1", done("a"))
    assert marker(objects, "collect") is not None
    assert marker(objects) is None
    assert store.unsettled() == []


def test_an_edition_batch_is_settled_by_its_edition(store: BatchStore) -> None:
    store.open(manifest("a"), 0)
    store.record("c", "b1", done("a"))
    assert store.unsettled() == [("c", "b1")]
    store.settle("c", "b1", "ed-1")
    assert (store.unsettled(), store.get("c", "b1").edition_id) == ([], "ed-1")


def test_the_marker_is_written_by_one(store: BatchStore) -> None:
    batch, _ = store.open(manifest("a"), 0)
    assert store.write_marker(batch) is True
    assert store.write_marker(batch) is False


def test_an_unknown_batch_is_an_error(store: BatchStore) -> None:
    with pytest.raises(NotFoundError):
        store.get("c", "none")


class Contended(StateTable):
    """Refuses the first transactions as DynamoDB does when two write the same row."""

    refusals = 3

    def transact(self, operations: list[dict[str, Any]], token: str | None = None) -> None:
        if self.refusals:
            self.refusals -= 1
            reasons = [{"Code": "TransactionConflict"}] + [{"Code": "None"}] * (len(operations) - 1)
            response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(response, "TransactWriteItems")
        super().transact(operations, token)


def test_transaction_conflicts_are_retried_with_jitter(table: StateTable, objects: S3Objects) -> None:
    contended = Contended.__new__(Contended)
    contended.__dict__.update(table.__dict__)
    pauses: list[float] = []
    store = BatchStore(contended, objects, CLOCK, pauses.append)
    store.open(manifest("a"), 0)
    assert store.record("c", "b1", done("a")).status == "complete"
    assert len(pauses) == 3
