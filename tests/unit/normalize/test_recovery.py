"""Which messages leave the dead-letter queue by themselves."""

from datetime import timedelta
from typing import Any

import pytest

from services.normalize.recovery import Drop, Leave, Letter, Policy, Return, decide
from shared.contracts.batch import RawMessage
from tests.unit.bedrock.fakes import START

POLICY = Policy(per_sweep=50, limit=3, wait=300)
MESSAGE = RawMessage(
    client_id="c",
    batch_id="b",
    item_id="i",
    content_hash="h",
    raw_key="raw/i/h.json",
    config_release="r1",
    as_of=START.isoformat(),
    kind="edition",
)
LETTER = Letter("m-1", "handle", MESSAGE)


def row(**changes: Any) -> dict[str, Any]:
    return {"status": "failed", "cause": "throttled", "ended_at": START.isoformat(), **changes}


def after(seconds: float) -> Any:
    return START + timedelta(seconds=seconds)


def test_a_throttled_item_returns_after_its_wait_and_not_before() -> None:
    assert isinstance(decide(LETTER, row(), after(299), POLICY), Leave)
    assert decide(LETTER, row(), after(300), POLICY) == Return(1)


@pytest.mark.parametrize(("recoveries", "wait"), [(1, 600), (2, 1200)])
def test_the_wait_doubles_with_every_return(recoveries: int, wait: int) -> None:
    failed_again = row(recoveries=recoveries, recovered_at=after(-1000).isoformat())
    assert isinstance(decide(LETTER, failed_again, after(wait - 1), POLICY), Leave)
    assert decide(LETTER, failed_again, after(wait), POLICY) == Return(recoveries + 1)


def test_a_message_left_behind_by_a_sweep_that_died_waits_for_the_item_it_has_just_returned() -> None:
    returned = row(recoveries=1, recovered_at=after(1000).isoformat())
    assert isinstance(decide(LETTER, returned, after(1001), POLICY), Leave)


def test_no_item_returns_without_bound() -> None:
    assert decide(LETTER, row(recoveries=3), after(10**6), POLICY) == Leave("returned 3 times already")


@pytest.mark.parametrize("cause", ["unavailable", "internal", "taken", "", None])
def test_what_does_not_pass_by_itself_stays(cause: str | None) -> None:
    assert isinstance(decide(LETTER, row(cause=cause), after(10**6), POLICY), Leave)


@pytest.mark.parametrize("found", [None, {"status": "queued"}])
def test_without_a_cause_the_function_died_and_an_operator_looks(found: dict[str, Any] | None) -> None:
    assert decide(LETTER, found, after(10**6), POLICY) == Leave("no cause is recorded: the function died")


def test_a_message_of_an_item_that_is_done_is_dropped() -> None:
    assert decide(LETTER, row(status="done", cause=""), after(0), POLICY) == Drop()


def test_a_poison_message_stays() -> None:
    assert isinstance(decide(Letter("m-1", "handle", None), None, after(10**6), POLICY), Leave)
