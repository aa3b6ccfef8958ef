"""The four retry scenarios of the specification, and the lines that they log."""

from typing import Any

import pytest

from shared.bedrock.converse import Model, RetryPolicy, ToolRequest
from shared.bedrock.errors import ModelRefused, OutOfTime, Throttled
from tests.unit.bedrock.fakes import ScriptedBedrock, Time, bedrock_error, tool_answer

REQUEST = ToolRequest("system", "user", "record_item", "record", {"type": "object"}, 100)
THROTTLE = bedrock_error("ThrottlingException", 429)


def model(client: ScriptedBedrock, time: Time, **policy: Any) -> Model:
    return Model(
        client,
        "us-east-1",
        "some.model",
        time,
        RetryPolicy(**policy),
        pause=time.pause,
        jitter=lambda _low, high: high,
    )


def logged(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records]


def test_success_at_the_first_attempt_makes_one_call_and_waits_for_nothing() -> None:
    client, time = ScriptedBedrock(tool_answer({"x": 1})), Time()
    reply = model(client, time).ask(REQUEST, time.deadline(60))
    assert reply.input == {"x": 1}
    assert (len(client.requests), time.pauses) == (1, [])


def test_success_after_a_throttle_makes_two_calls_and_waits_once(caplog: pytest.LogCaptureFixture) -> None:
    client, time = ScriptedBedrock(THROTTLE, tool_answer({"x": 2})), Time()
    asked = model(client, time)
    assert asked.ask(REQUEST, time.deadline(60)).input == {"x": 2}
    assert (len(client.requests), time.pauses) == (2, [0.5])
    counts = asked.counts
    assert (counts.calls, counts.throttles, counts.retries, counts.final_failures) == (2, 1, 1, 0)
    ((level, message),) = logged(caplog)
    assert level == "WARNING"
    assert "attempt 1 of 4, next in 0.50 s" in message


def test_retries_used_up_make_four_calls_by_default_and_raise(caplog: pytest.LogCaptureFixture) -> None:
    client, time = ScriptedBedrock(THROTTLE), Time()
    asked = model(client, time)
    with pytest.raises(Throttled, match="4 attempts"):
        asked.ask(REQUEST, time.deadline(60))
    assert (len(client.requests), time.pauses) == (4, [0.5, 1.0, 2.0])
    assert (asked.counts.retries, asked.counts.final_failures) == (3, 1)
    levels = [level for level, _ in logged(caplog)]
    assert levels == ["WARNING", "WARNING", "WARNING", "ERROR"]


def test_retries_used_up_with_two_retries_make_three_calls() -> None:
    client, time = ScriptedBedrock(THROTTLE), Time()
    with pytest.raises(Throttled):
        model(client, time, max_retries=2).ask(REQUEST, time.deadline(60))
    assert (len(client.requests), len(time.pauses)) == (3, 2)


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_any_other_error_is_raised_at_once(code: str) -> None:
    client, time = ScriptedBedrock(bedrock_error(code)), Time()
    with pytest.raises(ModelRefused, match=code):
        model(client, time).ask(REQUEST, time.deadline(60))
    assert (len(client.requests), time.pauses) == (1, [])


def test_back_off_never_passes_the_time_that_is_left() -> None:
    client, time = ScriptedBedrock(THROTTLE), Time()
    with pytest.raises(OutOfTime, match="no time is left"):
        model(client, time).ask(REQUEST, time.deadline(1.2))
    assert time.pauses == [0.5]


def test_jitter_is_full_between_nothing_and_the_exponential_bound() -> None:
    bounds: list[tuple[float, float]] = []
    client, time = ScriptedBedrock(THROTTLE), Time()

    def jitter(low: float, high: float) -> float:
        bounds.append((low, high))
        return low

    asked = Model(client, "r", "m", time, RetryPolicy(3, 1.0), pause=time.pause, jitter=jitter)
    with pytest.raises(Throttled):
        asked.ask(REQUEST, time.deadline(60))
    assert bounds == [(0, 1.0), (0, 2.0), (0, 4.0)]
