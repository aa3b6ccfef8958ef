"""The log of calls: JSON lines on disk, and counters. Never the text of a request or an answer."""

import json
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_KEPT = 10_000


@dataclass(frozen=True)
class Call:
    """One call. `purpose` is the tool that had to answer; `outcome` ok, a kind of fault, or an error code."""

    time: str
    region: str
    model: str
    purpose: str
    input_tokens: int
    output_tokens: int
    outcome: str
    seconds: float


class CallLog:
    """Thread-safe. `path` None keeps nothing on disk."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=_KEPT)
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, call: Call) -> None:
        """Remember a call."""
        with self._lock:
            self._calls.append(call)
            self._counts.update(
                {
                    ("total", "calls"): 1,
                    ("total", "input_tokens"): call.input_tokens,
                    ("total", "output_tokens"): call.output_tokens,
                    ("purpose", call.purpose or "text"): 1,
                    ("outcome", call.outcome): 1,
                    ("region", call.region): 1,
                    ("model", call.model): 1,
                }
            )
            if self._path is not None:
                with self._path.open("a") as file:
                    file.write(json.dumps(asdict(call)) + "\n")

    def recent(self, limit: int = _KEPT) -> list[dict[str, Any]]:
        """The latest calls, oldest first."""
        with self._lock:
            return [asdict(call) for call in list(self._calls)[-limit:]]

    def stats(self) -> Mapping[str, Any]:
        """calls, input_tokens, output_tokens, and counts by purpose, outcome, region and model."""
        with self._lock:
            groups: dict[str, dict[str, int]] = {"purpose": {}, "outcome": {}, "region": {}, "model": {}}
            totals = {"calls": 0, "input_tokens": 0, "output_tokens": 0}
            for (group, name), count in self._counts.items():
                (totals if group == "total" else groups[group])[name] = count
            return {**totals, **groups}

    def reset(self) -> None:
        """Forget everything in memory; the file stays."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()
