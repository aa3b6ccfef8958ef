"""Requests and answers of Bedrock's Converse and InvokeModel (Anthropic messages), read and written in one shape."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

_PATH = re.compile(r"^/model/(?P<model>[^/]+)/(?P<operation>converse|invoke)$")
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[a-z0-9-]+)/")
_CHARACTERS_PER_TOKEN = 4
TOOL_PROMPT_TOKENS = 313
"""What Claude 4 models add for a forced tool (Anthropic, "Tool use with Claude": tool use system prompt)."""


class WireError(Exception):
    """A request that Bedrock would refuse: its error code, HTTP status and message."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code, self.status, self.message = code, status, message


@dataclass(frozen=True)
class ModelRequest:
    """One call. `tool` is the tool that must answer, empty for plain text; `body` is the request as it came."""

    operation: Literal["converse", "invoke"]
    model_id: str
    region: str
    system: str
    messages: tuple[str, ...]
    tool: str
    schema: Mapping[str, Any]
    max_tokens: int
    body: Mapping[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        """All that the user said."""
        return "\n\n".join(self.messages)

    @property
    def input_tokens(self) -> int:
        own = TOOL_PROMPT_TOKENS if self.tool else 0
        return own + estimate_tokens(self.system, self.text, str(self.schema or ""))


@dataclass(frozen=True)
class ModelAnswer:
    """Tool input, or plain text where `input` is None; `by`: who gave it."""

    input: Mapping[str, Any] | None
    text: str = ""
    by: str = "local rules"

    @property
    def output_tokens(self) -> int:
        return estimate_tokens(str(self.input) if self.input is not None else self.text)


def estimate_tokens(*texts: str) -> int:
    """Tokens at four characters each, at least one: the usual rule of thumb for English, not the model's tokenizer."""
    return max(1, sum(len(text) for text in texts) // _CHARACTERS_PER_TOKEN)


def read_request(path: str, authorization: str, body: Any) -> ModelRequest:
    """Raises WireError as Bedrock would for a path, signature or body that it cannot use."""
    match = _PATH.match(path)
    if match is None:
        raise WireError("UnknownOperationException", 404, f"no operation {path}")
    scope = _SCOPE.search(authorization)
    if scope is None:
        raise WireError("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
    if not isinstance(body, Mapping) or not isinstance(body.get("messages"), list) or not body["messages"]:
        raise WireError("ValidationException", 400, "messages: at least one message is required")
    read = _read_converse if match["operation"] == "converse" else _read_invoke
    return read(unquote(match["model"]), scope["region"], body)


def write_answer(request: ModelRequest, answer: ModelAnswer, seconds: float) -> dict[str, Any]:
    """The answer in the shape of the operation that was called."""
    write = _write_converse if request.operation == "converse" else _write_invoke
    return write(request, answer, seconds)


def _read_converse(model_id: str, region: str, body: Mapping[str, Any]) -> ModelRequest:
    config = body.get("toolConfig") or {}
    tools = {row["toolSpec"]["name"]: row["toolSpec"] for row in config.get("tools", []) if "toolSpec" in row}
    tool = (config.get("toolChoice", {}).get("tool") or {}).get("name") or next(iter(tools), "")
    return ModelRequest(
        operation="converse",
        model_id=model_id,
        region=region,
        system="\n".join(block.get("text", "") for block in body.get("system", [])),
        messages=tuple(_texts(message) for message in body["messages"]),
        tool=tool,
        schema=tools.get(tool, {}).get("inputSchema", {}).get("json", {}),
        max_tokens=int(body.get("inferenceConfig", {}).get("maxTokens", 4096)),
        body=body,
    )


def _read_invoke(model_id: str, region: str, body: Mapping[str, Any]) -> ModelRequest:
    if "anthropic_version" not in body or "max_tokens" not in body:
        raise WireError("ValidationException", 400, "anthropic_version and max_tokens are required")
    tools = {row["name"]: row for row in body.get("tools", [])}
    tool = (body.get("tool_choice") or {}).get("name") or next(iter(tools), "")
    system = body.get("system", "")
    return ModelRequest(
        operation="invoke",
        model_id=model_id,
        region=region,
        system=system if isinstance(system, str) else "\n".join(block.get("text", "") for block in system),
        messages=tuple(_texts(message) for message in body["messages"]),
        tool=tool,
        schema=tools.get(tool, {}).get("input_schema", {}),
        max_tokens=int(body["max_tokens"]),
        body=body,
    )


def _texts(message: Mapping[str, Any]) -> str:
    content = message.get("content", "")
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if isinstance(block.get("text"), str))


def _write_converse(request: ModelRequest, answer: ModelAnswer, seconds: float) -> dict[str, Any]:
    block: dict[str, Any] = {"text": answer.text}
    if answer.input is not None:
        block = {"toolUse": {"toolUseId": _tool_use_id(), "name": request.tool, "input": answer.input}}
    tokens = (request.input_tokens, answer.output_tokens)
    return {
        "output": {"message": {"role": "assistant", "content": [block]}},
        "stopReason": "end_turn" if answer.input is None else "tool_use",
        "usage": {"inputTokens": tokens[0], "outputTokens": tokens[1], "totalTokens": sum(tokens)},
        "metrics": {"latencyMs": int(seconds * 1000)},
        "trace": {"promptRouter": {"invokedModelId": answer.by}},
    }


def _write_invoke(request: ModelRequest, answer: ModelAnswer, seconds: float) -> dict[str, Any]:  # noqa: ARG001
    block: dict[str, Any] = {"type": "text", "text": answer.text}
    if answer.input is not None:
        block = {"type": "tool_use", "id": _tool_use_id(), "name": request.tool, "input": answer.input}
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": request.model_id,
        "content": [block],
        "stop_reason": "end_turn" if answer.input is None else "tool_use",
        "usage": {"input_tokens": request.input_tokens, "output_tokens": answer.output_tokens},
    }


def _tool_use_id() -> str:
    return f"tooluse_{uuid.uuid4().hex[:22]}"
