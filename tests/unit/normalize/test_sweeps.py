"""What the sweeper decides about a batch."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.normalize.sweeps import (
    CloseBatch,
    Graces,
    RestartEngine,
    SendItems,
    Settle,
    Sight,
    WriteMarker,
    decide,
)
from shared.contracts.batch import Manifest, QueuedItem, Window
from shared.storage.batches import Batch

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
GRACES = Graces(unsent=120, engine=900)
ITEMS = tuple(QueuedItem(item_id=name, raw_key=f"raw/{name}", content_hash="h") for name in ("a", "b", "c"))


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def sight(
    rows: dict[str, str], *, created: float = 600, deadline: float = 600, marked: bool = False, **changes: Any
) -> Sight:
    values: dict[str, Any] = {
        "client_id": "c",
        "batch_id": "b1",
        "kind": "edition",
        "status": "open",
        "expected": 3,
        "done": sum(status == "done" for status in rows.values()),
        "failed": sum(status == "failed" for status in rows.values()),
        "deadline": int(NOW.timestamp() + deadline),
        "as_of": NOW.isoformat(),
        "delivery": "client",
        "restricted": False,
        "edition_id": None,
    }
    completed_at = changes.pop("completed_at", None)
    manifest = Manifest(
        client_id="c",
        batch_id="b1",
        kind="edition",
        run_id="r",
        as_of=NOW.isoformat(),
        window=Window.model_validate({"from": "2025-12-01", "to": "2025-12-08"}),
        config_release="r1",
        created_at=ago(created),
        items=ITEMS,
        seen=(),
        sources=(),
    )
    items = {name: {"status": status} for name, status in rows.items()}
    return Sight(Batch(**{**values, **changes}), manifest, items, marked, completed_at)


def test_items_never_sent_are_queued_after_the_grace() -> None:
    seen = sight({"a": "queued", "b": "done"})
    assert decide(seen, NOW, GRACES) == [SendItems((ITEMS[2],))]


def test_items_of_a_young_batch_are_left_to_ingest() -> None:
    assert decide(sight({}, created=60), NOW, GRACES) == []


def test_a_batch_that_is_waiting_for_queued_items_is_left_alone() -> None:
    assert decide(sight({"a": "queued", "b": "queued", "c": "done"}), NOW, GRACES) == []


def test_a_batch_past_its_deadline_is_closed_with_what_it_has() -> None:
    seen = sight({"a": "done", "b": "queued"}, deadline=-1)
    assert decide(seen, NOW, GRACES) == [CloseBatch(("b", "c"))]


def test_a_batch_with_all_outcomes_and_no_end_is_ended() -> None:
    assert decide(sight({"a": "done", "b": "done", "c": "failed"}), NOW, GRACES) == [WriteMarker()]


def test_a_complete_batch_without_marker_gets_one() -> None:
    assert decide(sight({}, status="complete"), NOW, GRACES) == [WriteMarker()]


@pytest.mark.parametrize(("age", "intents"), [(800, []), (1000, [RestartEngine()])])
def test_an_engine_whose_marker_has_no_edition_is_restarted_after_its_grace(age: float, intents: list[Any]) -> None:
    seen = sight({}, status="complete", marked=True, completed_at=ago(age))
    assert decide(seen, NOW, GRACES) == intents


def test_what_is_finished_leaves_the_list() -> None:
    assert decide(sight({}, status="complete", marked=True, edition_id="ed-1"), NOW, GRACES) == [Settle()]
    assert decide(sight({}, status="complete", marked=True, kind="collect"), NOW, GRACES) == [Settle()]
