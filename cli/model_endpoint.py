"""The control API of the local model endpoint."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from shared.errors import VectoraError

_TIMEOUT = 30.0


def configure(origin: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings of the endpoint at `origin`; returns its answer. Raises VectoraError with its reason."""
    return _ask(origin, "/_control/settings", dict(settings))


def stats(origin: str) -> dict[str, Any]:
    """The endpoint's counters since it started. Raises VectoraError."""
    return _ask(origin, "/_control/stats", None)


def _ask(origin: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{origin}{path}", data, {"Content-Type": "application/json"})  # noqa: S310 (loopback)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 (loopback)
            content = json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        reason = error.read().decode(errors="replace").strip() or error.reason
        raise VectoraError(f"the model endpoint refused ({error.code}): {reason}") from error
    except (OSError, ValueError) as error:
        raise VectoraError(f"the model endpoint {origin} does not answer ({error}): run vectora local up.") from error
    return dict(content)
