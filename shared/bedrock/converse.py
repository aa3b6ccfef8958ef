"""One call of Bedrock's Converse with a forced tool: retries for throttling alone, under a shared pace.

Names and defaults are the specification's (Normalize); the jitter is full (AWS Builders' Library, "Timeouts, retries
and backoff with jitter") instead of 0-100 ms, because several functions share one quota.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from shared.bedrock.errors import MalformedAnswer, ModelRefused, ModelUnavailable, OutOfTime, Throttled
from shared.bedrock.turns import NoPace, Pace, Turn
from shared.clock import Clock
from shared.observability import logger

_BYTES_PER_TOKEN = 3
"""Claude's tokens hold about 3.5 characters of English (Anthropic's glossary, "Tokens"); those of JSON less."""
TOOL_PROMPT_TOKENS = 340
"""Input tokens that a forced tool adds beside its own name and schema: 313 on Claude 4 models, 340 on Haiku 3 and 3.5,
the most that is told (Anthropic, "Tool use with Claude": tool use system prompt, choice `any` or `tool`)."""
THROTTLED = frozenset({"ThrottlingException", "TooManyRequestsException"})
_LAST_LOOK = 0.1
"""Seconds before a turn begins at which it is looked at again, so that the look does not delay the call."""
UNAVAILABLE = frozenset(
    {
        "InternalServerException",
        "ModelErrorException",
        "ModelNotReadyException",
        "ModelTimeoutException",
        "ServiceUnavailableException",
    }
)


class Converse(Protocol):
    """A boto3 `bedrock-runtime` client, or a test's fake."""

    def converse(self, **request: Any) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_retries` after the first attempt; waits of up to `base_delay`·2ⁿ seconds."""

    max_retries: int = 3
    base_delay: float = 0.5

    @property
    def attempts(self) -> int:
        return self.max_retries + 1


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A question that the model must answer through one tool.

    `schema` is the JSON schema of the tool's input; `max_tokens` bounds the answer and counts against the quota when
    the call starts. `note` follows the user's text as a block of its own (what a repeated question must mend).
    """

    system: str
    user: str
    tool: str
    description: str
    schema: Mapping[str, Any]
    max_tokens: int
    note: str = ""

    def body(self, model_id: str) -> dict[str, Any]:
        """Arguments of Converse."""
        texts = [self.user, self.note] if self.note else [self.user]
        return {
            "modelId": model_id,
            "system": [{"text": self.system}],
            "messages": [{"role": "user", "content": [{"text": text} for text in texts]}],
            "inferenceConfig": {"maxTokens": self.max_tokens, "temperature": 0.0},
            "toolConfig": {
                "tools": [
                    {
                        "toolSpec": {
                            "name": self.tool,
                            "description": self.description,
                            "inputSchema": {"json": dict(self.schema)},
                        }
                    }
                ],
                "toolChoice": {"tool": {"name": self.tool}},
            },
        }

    def estimated_tokens(self) -> int:
        """An upper bound of the input tokens: what the model adds for a forced tool, and the texts at three UTF-8 bytes
        a token."""
        pieces = (self.system, self.user, self.note, self.tool, self.description, json.dumps(self.schema))
        return TOOL_PROMPT_TOKENS + sum(len(piece.encode()) for piece in pieces) // _BYTES_PER_TOKEN + 1


@dataclass(frozen=True, slots=True)
class ToolReply:
    """The tool's input as the model gave it, and what the call used. `invoked`: who answered, where the answer names
    another than was asked (Converse: trace.promptRouter.invokedModelId)."""

    input: Mapping[str, Any]
    input_tokens: int
    output_tokens: int
    invoked: str = ""


class CallCounts:
    """What happened, for metrics: calls, throttles, retries, final_failures. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = self.throttles = self.retries = self.final_failures = 0

    def add(self, *, calls: int = 0, throttles: int = 0, retries: int = 0, final_failures: int = 0) -> None:
        with self._lock:
            self.calls += calls
            self.throttles += throttles
            self.retries += retries
            self.final_failures += final_failures

    def take(self) -> dict[str, int]:
        """The counts since the last look, which begin anew."""
        with self._lock:
            names = ("calls", "throttles", "retries", "final_failures")
            taken = {name: getattr(self, name) for name in names}
            self.calls = self.throttles = self.retries = self.final_failures = 0
        return taken


@dataclass
class Model:
    """One model in one region.

    `deadline` is the epoch second by which a call must have started; `output_weight` is how many tokens of quota one
    output token counts (five on Claude 4: Bedrock user guide, "Token burndown rates").
    """

    client: Converse
    region: str
    model_id: str
    clock: Clock
    policy: RetryPolicy = RetryPolicy()
    pace: Pace = field(default_factory=NoPace)
    counts: CallCounts = field(default_factory=CallCounts)
    output_weight: int = 5
    pause: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform

    def ask(self, request: ToolRequest, deadline: float) -> ToolReply:
        """Call, and call again while throttled. Raises an error of shared.bedrock.errors."""
        tokens = request.estimated_tokens() + request.max_tokens
        body = request.body(self.model_id)
        for attempt in range(1, self.policy.attempts + 1):
            turn = self._wait_turn(tokens, deadline)
            try:
                answer = self._call(body)
            except Throttled:
                self._throttled(turn, attempt, deadline)
                continue
            with suppress(OutOfTime):  # an answer that is paid for is not given up for the pace's bookkeeping
                self.pace.settle(turn, self._burned(answer))
            return tool_reply(answer, request.tool)
        raise Throttled(
            f"{self.model_id} in {self.region} throttled {self.policy.attempts} attempts", self.policy.attempts
        )

    def _burned(self, answer: Mapping[str, Any]) -> int:
        usage = answer.get("usage", {})
        return int(usage.get("inputTokens", 0)) + self.output_weight * int(usage.get("outputTokens", 0))

    def _now(self) -> float:
        return self.clock.now().timestamp()

    def _wait_turn(self, tokens: int, deadline: float) -> Turn:
        """Wait for a turn that still stands shortly before it begins."""
        turn = self.pace.reserve(tokens, deadline - self._now())
        while (wait := turn.start_at - self._now()) > 0:
            self._pause_for(wait - _LAST_LOOK)
            renewed = self.pace.renew(turn, deadline - self._now())
            if renewed == turn:
                self._pause_for(turn.start_at - self._now())
                break
            turn = renewed
        return turn

    def _pause_for(self, seconds: float) -> None:
        if seconds > 0:
            self.pause(seconds)

    def _call(self, body: dict[str, Any]) -> dict[str, Any]:
        self.counts.add(calls=1)
        try:
            return self.client.converse(**body)
        except ClientError as error:
            raise classified(error, self.region, self.model_id) from error
        except (ConnectionError, HTTPClientError) as error:
            raise ModelUnavailable(f"{self.model_id} in {self.region}: {type(error).__name__}: {error}") from error
        except BotoCoreError as error:
            raise ModelRefused(f"{self.model_id} in {self.region}: {type(error).__name__}: {error}") from error

    def _throttled(self, turn: Turn, attempt: int, deadline: float) -> None:
        """Count, log and wait before the next attempt; raise when there is none or no time for it."""
        self.counts.add(throttles=1)
        self.pace.throttled(turn)
        where = f"Bedrock throttled {self.model_id} in {self.region}"
        if attempt == self.policy.attempts:
            self.counts.add(final_failures=1)
            logger.error(f"{where}: abandoned after attempt {attempt} of {self.policy.attempts}")
            return
        wait = self.jitter(0, self.policy.base_delay * 2 ** (attempt - 1))
        if self._now() + wait > deadline:
            self.counts.add(final_failures=1)
            logger.error(f"{where}: abandoned after attempt {attempt} of {self.policy.attempts}, no time left")
            raise OutOfTime(f"{where} and no time is left for attempt {attempt + 1}", wait)
        self.counts.add(retries=1)
        logger.warning(f"{where}: attempt {attempt} of {self.policy.attempts}, next in {wait:.2f} s")
        self.pause(wait)


def classified(error: ClientError, region: str, model_id: str) -> Exception:
    """The kind of failure behind a botocore error; the message names region, model and what to look at."""
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = f"{model_id} in {region}: {code}: {error.response.get('Error', {}).get('Message', '')}"
    if code in THROTTLED:
        return Throttled(message, 1)
    if code in UNAVAILABLE or status >= 500:
        return ModelUnavailable(message)
    return ModelRefused(f"{message}; check model id, region and bedrock:InvokeModel on the inference profile")


def tool_reply(answer: Mapping[str, Any], tool: str) -> ToolReply:
    """The tool's input in an answer of Converse. Raises MalformedAnswer when there is none."""
    usage = answer.get("usage", {})
    message = answer.get("output", {}).get("message", {})
    uses = [block["toolUse"] for block in message.get("content", []) if "toolUse" in block]
    use = next((one for one in uses if one.get("name") == tool and isinstance(one.get("input"), Mapping)), None)
    tokens = (int(usage.get("inputTokens", 0)), int(usage.get("outputTokens", 0)))
    if use is None or answer.get("stopReason") == "max_tokens":
        raise MalformedAnswer(
            f"no complete answer through the tool {tool!r} (stop reason {answer.get('stopReason')!r})", *tokens
        )
    router = (answer.get("trace") or {}).get("promptRouter") or {}
    return ToolReply(use["input"], *tokens, invoked=str(router.get("invokedModelId", "")))
