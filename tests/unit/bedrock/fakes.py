"""A hand-written Bedrock: answers from a script, raises what boto3 raises."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def bedrock_error(code: str, status: int = 400) -> ClientError:
    """What boto3 raises for an error of Bedrock."""
    response: Any = {"Error": {"Code": code, "Message": "told so"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Converse")


def tool_answer(
    answer: Any,
    *,
    tool: str = "record_item",
    input_tokens: int = 1000,
    output_tokens: int = 300,
    stop: str = "tool_use",
) -> dict[str, Any]:
    """A Converse answer through the tool."""
    content = [{"toolUse": {"toolUseId": "t-1", "name": tool, "input": answer}}]
    return converse_answer(content, input_tokens, output_tokens, stop)


def text_answer(text: str) -> dict[str, Any]:
    """A Converse answer in plain text, which is none."""
    return converse_answer([{"text": text}], 1000, 300, "end_turn")


def converse_answer(content: list[Any], input_tokens: int, output_tokens: int, stop: str) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop,
        "usage": {
            "inputTokens": input_tokens,
            "outputTokens": output_tokens,
            "totalTokens": input_tokens + output_tokens,
        },
    }


class ScriptedBedrock:
    """Answers or raises what the script says, in order; the last one again and again. Thread-safe."""

    def __init__(self, *script: Mapping[str, Any] | Exception) -> None:
        self._script = list(script)
        self.requests: list[dict[str, Any]] = []
        self._lock = Lock()

    def converse(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            self.requests.append(request)
            step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if isinstance(step, Exception):
            raise step
        return dict(step)


class Time:
    """A clock that moves only when somebody waits. Thread-safe."""

    def __init__(self) -> None:
        self.moment = START
        self.pauses: list[float] = []
        self._lock = Lock()

    def now(self) -> datetime:
        return self.moment

    def pause(self, seconds: float) -> None:
        with self._lock:
            self.pauses.append(seconds)
            self.moment += timedelta(seconds=seconds)

    def deadline(self, seconds: float) -> float:
        return self.moment.timestamp() + seconds
