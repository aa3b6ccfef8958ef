"""Which call goes wrong, and how a wrong answer looks: the same seed and the same calls give the same faults."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from local.model_endpoint.settings import Settings
from local.model_endpoint.wire import ModelAnswer, ModelRequest

# Nothing of this exists, so that whatever of it is printed was not grounded.
INVENTED_NAME = "Zyphorum Quantaxis"
INVENTED_NUMBER = "731.94"
INVENTED_SENTENCE = f"{INVENTED_NAME} agreed to pay ${INVENTED_NUMBER} million upfront."
FRENCH_SENTENCE = "La société annonce une nouvelle étape importante pour son produit, sans autre précision à ce jour."


class FaultPlan:
    """Draws the fault of each call from a hash of seed, request and how often that request came before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()

    def draw(self, settings: Settings, request: ModelRequest) -> str:
        """A kind of fault, or an empty text."""
        digest = hashlib.sha256(json.dumps(request.body, sort_keys=True, default=str).encode()).hexdigest()
        with self._lock:
            nth = self._seen[digest]
            self._seen[digest] += 1
        return _pick(settings.shares(), uniform(f"{settings.seed}/{digest}/{nth}"))

    def reset(self) -> None:
        """Begin anew."""
        with self._lock:
            self._seen.clear()


def uniform(key: str) -> float:
    """A number in [0, 1) that depends on `key` alone."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:7]) / 2**56


def spoil(kind: str, request: ModelRequest, answer: ModelAnswer) -> ModelAnswer:
    """The answer with the fault `kind` in it; unchanged for faults of another nature."""
    if kind == "echo":
        return ModelAnswer(None, request.text)
    if answer.input is None:
        return answer
    if kind == "fence":
        return ModelAnswer(None, f"```json\n{json.dumps(answer.input, indent=1)}\n```")
    if kind == "malformed":
        return ModelAnswer({"unexpected": json.dumps(answer.input)[:40]})
    if kind == "invent":
        return ModelAnswer(_invented(answer.input))
    if kind == "wrong_language":
        return ModelAnswer(_translated(answer.input))
    return answer


def _pick(shares: Mapping[str, float], draw: float) -> str:
    edge = 0.0
    for kind, share in shares.items():
        edge += share
        if draw < edge:
            return kind
    return ""


def _invented(value: Any) -> Any:
    """Every list of mappings gains one more with invented values; every list of texts, an invented sentence."""
    if isinstance(value, Mapping):
        return {key: _invented(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple) and value:
        extra = _imagined(value[-1])
        return [*map(_invented, value), extra]
    return value


def _imagined(model: Any) -> Any:
    if isinstance(model, Mapping):
        return {key: _imagined_field(key, inner) for key, inner in model.items()}
    return INVENTED_SENTENCE if isinstance(model, str) else model


def _imagined_field(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if key in ("kind", "role", "id", "item_id", "event_type", "label"):
        return value
    if key in ("name", "mention"):
        return INVENTED_NAME
    return INVENTED_NUMBER if key == "value" else INVENTED_SENTENCE


def _translated(value: Any) -> Any:
    """Sentences (texts with several words) become French ones; names, ids and evidence stay."""
    if isinstance(value, Mapping):
        return {
            key: inner if key in ("evidence", "mention", "name") else _translated(inner) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_translated(inner) for inner in value]
    return FRENCH_SENTENCE if isinstance(value, str) and value.count(" ") > 3 else value
