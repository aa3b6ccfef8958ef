"""Forwards a request to a server that speaks OpenAI's chat completions, tools translated both ways."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.model_endpoint.settings import Settings
from local.model_endpoint.wire import ModelAnswer, ModelRequest, WireError

_SECONDS = 300


def forward(request: ModelRequest, settings: Settings) -> ModelAnswer:
    """The server's answer. Raises WireError: ThrottlingException for its 429, else that it failed."""
    url = settings.openai_base_url.rstrip("/") + "/chat/completions"
    if not url.startswith(("http://", "https://")):
        raise WireError(
            "ValidationException", 400, f"VECTORA_OPENAI_BASE_URL={settings.openai_base_url!r} is no http address"
        )
    headers = {"Content-Type": "application/json"}
    if settings.openai_api_key:
        headers["Authorization"] = f"Bearer {settings.openai_api_key}"
    call = urllib.request.Request(url, json.dumps(to_openai(request, settings.openai_model)).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(call, timeout=_SECONDS) as answer:  # noqa: S310 - the scheme is checked above
            return replace(from_openai(json.loads(answer.read()), request.tool), by=settings.openai_model)
    except urllib.error.HTTPError as error:
        code, status = ("ThrottlingException", 429) if error.code == 429 else ("ModelErrorException", 424)
        raise WireError(code, status, f"the model server answered {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        raise WireError("ServiceUnavailableException", 503, f"the model server does not answer: {error}") from error


def to_openai(request: ModelRequest, model: str) -> dict[str, Any]:
    """The request in OpenAI's shape."""
    roles = [message.get("role", "user") for message in request.body["messages"]]
    messages = [{"role": role, "content": text} for role, text in zip(roles, request.messages, strict=True)]
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "system", "content": request.system}, *messages],
        "max_tokens": request.max_tokens,
        "temperature": 0,
    }
    if request.tool:
        body["tools"] = [{"type": "function", "function": {"name": request.tool, "parameters": dict(request.schema)}}]
        body["tool_choice"] = {"type": "function", "function": {"name": request.tool}}
    return body


def from_openai(answer: Mapping[str, Any], tool: str) -> ModelAnswer:
    """The answer's tool input, or its text. Raises ValueError for any other shape."""
    try:
        message = answer["choices"][0]["message"]
        calls = message.get("tool_calls") or []
        if tool and calls:
            return ModelAnswer(json.loads(calls[0]["function"]["arguments"]))
        return ModelAnswer(None, message.get("content") or "")
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"not a chat completion: {error!r}") from error
