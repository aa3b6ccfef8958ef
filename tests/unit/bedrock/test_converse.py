"""One call: the forced tool, the kinds of failure, what is not an answer."""

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from shared.bedrock.client import bedrock_client
from shared.bedrock.converse import Model, ToolRequest, tool_reply
from shared.bedrock.errors import MalformedAnswer, ModelUnavailable, OutOfTime
from shared.bedrock.turns import NoPace, Turn
from tests.unit.bedrock.fakes import ScriptedBedrock, Time, bedrock_error, text_answer, tool_answer

REQUEST = ToolRequest("system", "user", "record_item", "record", {"type": "object"}, 100, note="mend this")


def test_the_tool_is_forced_and_the_note_is_a_block_of_its_own() -> None:
    client, time = ScriptedBedrock(tool_answer({})), Time()
    Model(client, "r", "a.model", time).ask(REQUEST, time.deadline(9))
    (body,) = client.requests
    assert body["modelId"] == "a.model"
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": "record_item"}}
    assert body["inferenceConfig"]["maxTokens"] == 100
    assert [block["text"] for block in body["messages"][0]["content"]] == ["user", "mend this"]


@pytest.mark.parametrize(
    "error",
    [
        bedrock_error("ModelTimeoutException", 408),
        bedrock_error("InternalServerException", 500),
        bedrock_error("ServiceUnavailableException", 503),
        bedrock_error("Unheard", 502),
        ReadTimeoutError(endpoint_url="http://bedrock"),
        EndpointConnectionError(endpoint_url="http://bedrock"),
    ],
)
def test_what_may_pass_is_unavailable_and_not_retried_here(error: Exception) -> None:
    client, time = ScriptedBedrock(error), Time()
    with pytest.raises(ModelUnavailable):
        Model(client, "r", "m", time, pause=time.pause).ask(REQUEST, time.deadline(9))
    assert len(client.requests) == 1


def test_an_answer_is_kept_when_its_tokens_cannot_be_settled() -> None:
    class Contended(NoPace):
        def settle(self, turn: Turn, used: int) -> None:
            raise OutOfTime("the pace changed 40 times under way", 1.0)

    client, time = ScriptedBedrock(tool_answer({"x": 1})), Time()
    reply = Model(client, "r", "m", time, pace=Contended()).ask(REQUEST, time.deadline(9))
    assert (reply.input, reply.input_tokens) == ({"x": 1}, 1000)


def test_json_in_a_markdown_fence_is_no_answer() -> None:
    with pytest.raises(MalformedAnswer) as caught:
        tool_reply(text_answer('```json\n{"event_type": "other"}\n```'), "record_item")
    assert (caught.value.input_tokens, caught.value.output_tokens) == (1000, 300)


def test_an_answer_cut_off_at_max_tokens_is_no_answer() -> None:
    with pytest.raises(MalformedAnswer, match="max_tokens"):
        tool_reply(tool_answer({"event_type": "x"}, stop="max_tokens"), "record_item")


@pytest.mark.parametrize("answer", ["a string", None, ["a list"]])
def test_a_tool_input_that_is_no_object_is_no_answer(answer: object) -> None:
    with pytest.raises(MalformedAnswer):
        tool_reply(tool_answer(answer), "record_item")


def test_another_tool_is_no_answer() -> None:
    with pytest.raises(MalformedAnswer):
        tool_reply(tool_answer({}, tool="something_else"), "record_item")


def test_botocore_does_not_retry_beside_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = bedrock_client("us-east-1", read_timeout=9, connections=4)
    assert client.meta.config.retries["total_max_attempts"] == 1
    assert client.meta.region_name == "us-east-1"


@pytest.mark.parametrize(
    ("user", "characters_per_token"),
    [("The company said that the first patient was treated in March. " * 40, 3.5), ('{"share": 12.5, "of": [' * 90, 3)],
    ids=["prose at what Anthropic tells of English", "names, numbers and braces"],
)
def test_the_estimate_is_above_what_a_forced_tool_really_takes(user: str, characters_per_token: float) -> None:
    request = ToolRequest("system", user, "record_item", "record", {"type": "object"}, 100)
    told_by_anthropic = {"claude 4": 313, "haiku 3.5": 340}
    for tool_prompt in told_by_anthropic.values():
        assert request.estimated_tokens() > tool_prompt + len(user) / characters_per_token
    assert request.estimated_tokens() < 2 * (340 + len(user) / characters_per_token), "and no more than is sensible"


def test_a_turn_is_asked_for_with_the_tool_s_own_prompt_and_the_whole_answer() -> None:
    asked: list[int] = []

    class Noted(NoPace):
        def reserve(self, tokens: int, longest_wait: float) -> Turn:
            asked.append(tokens)
            return super().reserve(tokens, longest_wait)

    client, time = ScriptedBedrock(tool_answer({})), Time()
    Model(client, "r", "m", time, pace=Noted()).ask(REQUEST, time.deadline(9))
    assert asked == [REQUEST.estimated_tokens() + REQUEST.max_tokens]
    assert asked[0] > 340 + REQUEST.max_tokens
