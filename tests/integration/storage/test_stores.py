"""Results and their leases, the lake, editions, spend and pace."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from shared.bedrock.errors import OutOfTime
from shared.contracts.items import DatedBy, NormalizedItem, Normalizer, Usage
from shared.errors import ConflictError, NotFoundError
from shared.storage.editions import Editions
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects
from shared.storage.pace import Quota, SharedPace
from shared.storage.results import Results
from shared.storage.spend import BudgetExceeded, Spend
from shared.storage.table import StateTable
from tests.unit.bedrock.fakes import Time

KEY = ("item", "hash", "signature")


def item(kind: str = "model", **changes: Any) -> NormalizedItem:
    values: dict[str, Any] = {
        "item_id": "i1",
        "content_hash": "h",
        "url": "https://example.org/a",
        "title": "A title",
        "published": "2025-12-09",
        "dated_by": DatedBy(origin="feed", confidence="high"),
        "source_key": "s",
        "source_name": "S",
        "source_type": "press_sector",
        "sources": ("s",),
        "raw_key": "raw/i1/h.json",
        "event_type": "other",
        "event_confidence": 0.5,
        "entities": (),
        "summary": (),
        "normalizer": Normalizer(kind=kind, model_id="m", region="", signature=kind),  # type: ignore[arg-type]
        "normalized_at": "2026-01-05T08:00:00+00:00",
        **changes,
    }
    return NormalizedItem(**values)


def test_one_makes_a_result_and_the_others_wait_for_it(table: StateTable) -> None:
    results = Results(table, Time())
    assert results.lease(*KEY, "first", 60) == "mine"
    assert results.lease(*KEY, "first", 60) == "mine"
    assert results.lease(*KEY, "second", 60) == "taken"
    results.finish(*KEY, "normalized/x.json")
    assert results.lease(*KEY, "second", 60) == "ready"
    assert results.ready(*KEY) == "normalized/x.json"
    results.release(*KEY, "first")
    assert results.ready(*KEY) == "normalized/x.json"


def test_a_lease_ends_by_time_or_by_its_owner_alone(table: StateTable) -> None:
    time = Time()
    results = Results(table, time)
    results.lease(*KEY, "first", 60)
    results.release(*KEY, "second")
    assert results.lease(*KEY, "second", 60) == "taken"
    results.release(*KEY, "first")
    assert results.lease(*KEY, "second", 60) == "mine"
    time.moment += timedelta(seconds=61)
    assert results.lease(*KEY, "third", 60) == "mine"


def test_a_changed_date_moves_an_item_and_rules_never_replace_a_model(table: StateTable, objects: S3Objects) -> None:
    lake = Lake(table, objects)
    lake.put(item())
    lake.put(item("rules", event_type="clinical"))
    (row,) = lake.published_in("2025-12-09", "2025-12-10")
    assert lake.load([row])[0].event_type == "other"
    lake.put(item(published="2025-12-08"))
    assert lake.published_in("2025-12-09", "2025-12-10") == []
    assert len(lake.published_in("2025-12-01", "2025-12-31")) == 1
    assert len(lake.arrived_in("2026-01-05", "2026-01-06")) == 1


def test_what_is_normalized_anew_stays_when_it_came_unless_its_content_is_new(
    table: StateTable, objects: S3Objects
) -> None:
    lake = Lake(table, objects)
    lake.put(item("rules"))
    lake.put(item(normalized_at="2026-02-01T08:00:00+00:00"))
    (row,) = lake.arrived_in("2026-01-05", "2026-01-06")
    assert (row["normalizer"], row["normalized_at"][:10], row["arrived_at"][:10]) == (
        "model",
        "2026-02-01",
        "2026-01-05",
    )
    assert lake.arrived_in("2026-02-01", "2026-02-02") == []
    lake.put(item(normalized_at="2026-03-01T08:00:00+00:00", content_hash="h2"))
    assert lake.arrived_in("2026-01-05", "2026-01-06") == []
    assert len(lake.arrived_in("2026-03-01", "2026-03-02")) == 1


def test_one_engine_builds_an_edition_and_states_go_one_way(table: StateTable) -> None:
    time = Time()
    editions = Editions(table, time)
    assert editions.begin("c", "ed", "one", 60)
    assert not editions.begin("c", "ed", "two", 60)
    time.moment += timedelta(seconds=61)
    assert editions.begin("c", "ed", "two", 60)
    editions.move("c", "ed", "draft", ("building",), window_to="2026-01-05")
    with pytest.raises(ConflictError):
        editions.move("c", "ed", "sent", ("sending",))
    assert editions.last_sent("c") is None
    editions.move("c", "ed", "sent", ("draft",))
    last = editions.last_sent("c")
    assert last is not None
    assert last["edition_id"] == "ed"
    editions.mark_printed("c", "ed", [{"item_id": "i1", "title": "A title"}])
    assert editions.printed("c")["i1"]["edition_id"] == "ed"
    with pytest.raises(NotFoundError):
        editions.get("c", "none")


def test_a_budget_is_reserved_before_and_settled_after(table: StateTable) -> None:
    spend = Spend(table, Time())
    first = spend.reserve("c", 0.4, 1.0)
    second = spend.reserve("c", 0.4, 1.0)
    with pytest.raises(BudgetExceeded, match=r"raise budget\.monthly_usd"):
        spend.reserve("c", 0.4, 1.0)
    spend.settle(first, Usage(calls=1, input_tokens=10, output_tokens=5, cost_usd=0.1))
    spend.settle(second, Usage())
    spend.reserve("c", 0.9, 1.0)
    row = spend.month("c", "2026-01")
    assert (row["spent"], row["committed"], row["calls"]) == (0.1, 1.0, 1)
    with pytest.raises(BudgetExceeded):
        spend.reserve("other", 2.0, 1.0)
    assert spend.reserve("uncapped", 1000.0, None).amount == 1000.0


def waits(pace: SharedPace, time: Time, count: int, tokens: int = 1, longest: float = 600) -> list[float]:
    """Seconds from now at which the next `count` turns begin."""
    return [pace.reserve(tokens, longest).start_at - time.now().timestamp() for _ in range(count)]


def test_a_dead_function_s_reservation_is_freed_when_its_time_is_over(table: StateTable) -> None:
    time = Time()
    spend = Spend(table, time)
    dead = spend.reserve("c", 0.9, 1.0)
    with pytest.raises(BudgetExceeded):
        spend.reserve("c", 0.9, 1.0)
    time.moment += timedelta(seconds=901)
    alive = spend.reserve("c", 0.9, 1.0)
    spend.settle(alive, Usage(calls=1, cost_usd=0.1))
    assert spend.month("c", "2026-01")["committed"] == pytest.approx(0.1)
    spend.settle(dead, Usage(calls=1, cost_usd=0.2))
    row = spend.month("c", "2026-01")
    assert (row["committed"], row["calls"]) == (pytest.approx(0.3), 2), "it was not dead after all, and is counted"


def test_calls_of_all_functions_start_one_after_the_other(table: StateTable) -> None:
    time = Time()
    paces = [SharedPace(table, "r", "m", Quota(60, 0, headroom=0, lead=0), time, lambda _s: None) for _ in range(2)]
    taken = [waits(paces[number % 2], time, 1, 100, 60)[0] for number in range(4)]
    assert taken == pytest.approx([0, 1, 2, 3], abs=0.01)
    with pytest.raises(OutOfTime):
        paces[0].reserve(100, 3)
    assert waits(paces[1], time, 1) == pytest.approx([4], abs=0.01), "a refused caller holds no place"


def test_threads_that_reserve_together_get_different_moments(table: StateTable) -> None:
    time = Time()
    pace = SharedPace(table, "r", "m", Quota(60, 0, headroom=0, lead=0), time, lambda _s: None)
    with ThreadPoolExecutor(4) as pool:
        taken = sorted(pool.map(lambda _n: waits(pace, time, 1)[0], range(12)))
    assert taken == pytest.approx(list(range(12)), abs=0.01)


def test_tokens_are_reserved_and_the_unused_given_back(table: StateTable) -> None:
    time = Time()
    pace = SharedPace(table, "r", "m", Quota(0, 6000, headroom=0, lead=0, token_burst=0), time, lambda _s: None)
    first = pace.reserve(1000, 60)
    assert waits(pace, time, 1, 1000) == pytest.approx([10], abs=0.01)
    pace.settle(first, 400)
    assert waits(pace, time, 1, 1000) == pytest.approx([14], abs=0.01)


def test_a_throttle_slows_down_once_for_all_calls_under_way_and_voids_their_turns(table: StateTable) -> None:
    time = Time()
    pace = SharedPace(table, "r", "m", Quota(60, 0, headroom=0, lead=0), time, lambda _s: None)
    turns = [pace.reserve(1, 60) for _ in range(3)]
    time.moment += timedelta(seconds=10)
    standing = pace.reserve(1, 60)
    assert pace.renew(standing, 60) == standing
    time.moment += timedelta(seconds=1)
    for turn in turns:
        pace.throttled(turn)
    renewed = pace.renew(standing, 60)
    assert renewed.start_at - time.now().timestamp() == pytest.approx(1 / 0.97, abs=0.01)
    assert waits(pace, time, 1) == pytest.approx([2 / 0.97], abs=0.01)
