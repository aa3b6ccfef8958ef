"""The model endpoint without HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from cli.local_commands import share
from local.model_endpoint.calls import CallLog
from local.model_endpoint.editorial import write_edition
from local.model_endpoint.endpoint import Endpoint
from local.model_endpoint.faults import INVENTED_NAME, INVENTED_NUMBER
from local.model_endpoint.openai import from_openai, to_openai
from local.model_endpoint.quota import Quota
from local.model_endpoint.settings import FAULTS, Settings
from local.model_endpoint.wire import TOOL_PROMPT_TOKENS, ModelAnswer, ModelRequest, WireError, read_request
from shared.bedrock.converse import tool_reply
from shared.errors import InputError

MODEL = "us.vendor.model-v1:0"
ANSWER = {
    "companies": [{"name": "Acme", "role": "subject"}],
    "summary": [{"text": "It did this today.", "evidence": "x"}],
}


class Fixed:
    """Always answers ANSWER."""

    def answer(self, request: ModelRequest, settings: Settings) -> ModelAnswer:
        return ModelAnswer(ANSWER)


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


Caller = Callable[..., Any]


def endpoint(clock: Clock, **settings: Any) -> Endpoint:
    return Endpoint(Settings(**settings), Fixed(), CallLog(None), clock.sleep, clock)


def call(to: Endpoint, text: str = "question", region: str = "us-east-1", model: str = MODEL) -> Any:
    return to.call(f"/model/{model}/converse", signature(region), converse(text))


def signature(region: str) -> str:
    return f"AWS4-HMAC-SHA256 Credential=test/20261121/{region}/bedrock/aws4_request, Signature=0"


def converse(text: str) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": [{"text": text}]}],
        "inferenceConfig": {"maxTokens": 100},
        "toolConfig": {"tools": [{"toolSpec": {"name": "record_item", "inputSchema": {"json": {}}}}]},
    }


def content(answer: Any) -> dict[str, Any]:
    block: dict[str, Any] = answer["output"]["message"]["content"][0]
    return block


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_call_signed_for_a_region_that_the_profile_does_not_serve_is_refused(clock: Clock) -> None:
    with pytest.raises(WireError) as caught:
        call(endpoint(clock), region="eu-west-3")

    assert (caught.value.code, caught.value.status) == ("ValidationException", 400)
    assert "eu-west-3" in caught.value.message


def test_a_model_id_without_a_routing_prefix_is_refused(clock: Clock) -> None:
    with pytest.raises(WireError, match="inference profile"):
        call(endpoint(clock), model="vendor.model-v1:0")


def test_an_answer_comes_through_the_tool_with_its_usage(clock: Clock) -> None:
    answer = call(endpoint(clock))

    assert content(answer)["toolUse"]["input"] == ANSWER
    assert answer["stopReason"] == "tool_use"
    assert answer["usage"]["totalTokens"] == answer["usage"]["inputTokens"] + answer["usage"]["outputTokens"]


def test_the_request_quota_refills_continuously(clock: Clock) -> None:
    to = endpoint(clock, rpm=60)
    call(to, "1")
    with pytest.raises(WireError) as caught:
        call(to, "2")
    assert (caught.value.code, caught.value.status) == ("ThrottlingException", 429)

    clock.sleep(1.0)

    assert call(to, "3")


def test_tokens_are_reserved_at_the_start_and_settled_with_what_was_used(clock: Clock) -> None:
    quota = Quota(rpm=0, tpm=1000, burst=1, clock=clock)

    assert quota.start(900) == ""
    assert quota.start(200) != ""
    quota.settle(900, 300)

    assert quota.start(200) == ""


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_the_share_of_corrupt_answers_is_what_was_asked_for_and_the_same_each_time(clock: Clock, share: float) -> None:
    def outcomes() -> list[str]:
        to = endpoint(clock, corrupt=share, seed=7)
        for number in range(400):
            call(to, f"question {number}")
        return [row["outcome"] for row in to.log.recent()]

    first = outcomes()

    assert first == outcomes()
    assert first.count("ok") / 400 == pytest.approx(1 - share, abs=0.06)
    assert {"invent", "fence"} < set(first)


def test_the_same_question_asked_again_may_be_answered_well(clock: Clock) -> None:
    to = endpoint(clock, malformed=0.5, seed=1)
    for _ in range(40):
        call(to)

    assert 5 < to.log.stats()["outcome"]["ok"] < 35


def test_a_fence_is_text_with_markdown_instead_of_the_tool(clock: Clock) -> None:
    answer = call(endpoint(clock, fence=1.0))

    assert content(answer)["text"].startswith("```json\n")
    assert answer["stopReason"] == "end_turn"


def test_an_invention_adds_an_entity_and_a_sentence_that_no_source_holds(clock: Clock) -> None:
    spoiled = content(call(endpoint(clock, invent=1.0)))["toolUse"]["input"]

    assert [row["name"] for row in spoiled["companies"]] == ["Acme", INVENTED_NAME]
    assert INVENTED_NUMBER in spoiled["summary"][-1]["text"]


def test_an_answer_says_who_gave_it(clock: Clock) -> None:
    reply = tool_reply(call(endpoint(clock)), "record_item")
    assert (reply.input, reply.invoked) == (ANSWER, "local rules")


def test_a_hanging_answer_takes_as_long_as_was_said(clock: Clock) -> None:
    call(endpoint(clock, hang=1.0, hang_seconds=120))

    assert clock.now == 120


def test_the_log_names_region_model_purpose_and_outcome_and_never_a_text(clock: Clock) -> None:
    to = endpoint(clock, throttle=1.0)
    with pytest.raises(WireError):
        call(to, "a secret question")

    (row,) = to.log.recent()
    assert (row["region"], row["model"], row["purpose"]) == ("us-east-1", MODEL, "record_item")
    assert row["outcome"] == "ThrottlingException"
    assert "secret" not in str(row)


def test_changed_quotas_start_full(clock: Clock) -> None:
    to = endpoint(clock, rpm=1)
    call(to, "1")

    to.configure({"rpm": 60})

    assert call(to, "2")


def test_an_edition_is_written_from_its_facts_alone() -> None:
    facts = (
        "i1|partnership|2 May 2026|Acme signs with Beta|Acme signs. It pays. Third.\ni2|other|3 May 2026|News of Beta"
    )
    body = converse(facts) | {"system": [{"text": "You edit. tldr: up to 5 lines. items: title, and a summary."}]}

    written = write_edition(read_request(f"/model/{MODEL}/converse", signature("us-east-1"), body))

    assert written["intro"] == "Acme signs with Beta. News of Beta."
    assert written["tldr"][1] == {"text": "News of Beta.", "item_ids": ["i2"]}
    assert written["items"][0]["summary"] == "Acme signs. It pays."


def test_anthropic_messages_are_answered_in_their_own_shape(clock: Clock) -> None:
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "question"}],
        "tools": [{"name": "record_item", "input_schema": {}}],
    }

    answer = endpoint(clock).call(f"/model/{MODEL}/invoke", signature("us-east-1"), body)

    assert answer["content"][0]["input"] == ANSWER
    assert answer["stop_reason"] == "tool_use"


def test_a_forwarded_request_keeps_its_tool_and_its_answer_comes_back_through_it() -> None:
    request = read_request(f"/model/{MODEL}/converse", signature("us-east-1"), converse("question"))

    body = to_openai(request, "some-model")
    answer = {"choices": [{"message": {"tool_calls": [{"function": {"arguments": '{"a": 1}'}}]}}]}

    assert body["tool_choice"]["function"]["name"] == "record_item"
    assert body["messages"][-1] == {"role": "user", "content": "question"}
    assert from_openai(answer, "record_item").input == {"a": 1}


def test_the_counters_tell_which_models_were_called() -> None:
    to = endpoint(Clock())
    for model in (MODEL, MODEL, "us.vendor.small-v1:0"):
        call(to, model=model)
    assert to.log.stats()["model"] == {MODEL: 2, "us.vendor.small-v1:0": 1}


def test_every_kind_of_fault_can_be_asked_for_on_the_command_line() -> None:
    for kind in FAULTS:
        assert Settings(**dict([share(f"{kind}=0.5")])).shares()[kind] == 0.5
    assert Settings().shares().keys() == set(FAULTS)
    for wrong in ("hang", "hang=2", "hang=-1", "hang=nan", "latency=1", "seed=0.1"):
        with pytest.raises(InputError, match="KIND=SHARE"):
            share(wrong)


def test_a_forced_tool_counts_the_prompt_that_the_model_adds_for_it() -> None:
    body = converse("question")
    forced = read_request(f"/model/{MODEL}/converse", signature("us-east-1"), body).input_tokens
    plain = {name: value for name, value in body.items() if name != "toolConfig"}
    bare = read_request(f"/model/{MODEL}/converse", signature("us-east-1"), plain).input_tokens
    assert forced - bare >= TOOL_PROMPT_TOKENS
