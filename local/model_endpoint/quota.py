"""Quotas as Bedrock applies them: a bucket that refills continuously, charged at the start and settled at the end.

Bedrock user guide, "How tokens are counted in Amazon Bedrock": a call reserves its input tokens and max_tokens when it
starts; when it ends, input and output (times the model's burndown rate) count instead.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

_MINUTE = 60.0


@dataclass
class Bucket:
    """`per_minute` units flow in; at most `capacity` are kept. A settlement may leave it below zero."""

    per_minute: float
    capacity: float
    level: float
    at: float

    def refill(self, now: float) -> None:
        self.level = min(self.capacity, self.level + max(0.0, now - self.at) * self.per_minute / _MINUTE)
        self.at = now


class Quota:
    """Requests and tokens a minute of one model in one region; 0 means no limit. `clock` gives monotonic seconds.

    `burst` is the requests that may come at once; the token bucket holds a minute's worth.
    """

    def __init__(self, rpm: int, tpm: int, burst: float, clock: Callable[[], float]) -> None:
        now = clock()
        self._clock = clock
        self._lock = threading.Lock()
        self._requests = Bucket(rpm, burst, burst, now) if rpm else None
        self._tokens = Bucket(tpm, tpm, tpm, now) if tpm else None

    def start(self, tokens: int) -> str:
        """Reserve one request and `tokens`; empty text when granted, else which quota refused."""
        with self._lock:
            now = self._clock()
            for bucket, need, name in ((self._requests, 1, "requests"), (self._tokens, tokens, "tokens")):
                if bucket is not None:
                    bucket.refill(now)
                    if bucket.level < need:
                        return f"Too many {name}, please wait before trying again."
            self._take(self._requests, 1)
            self._take(self._tokens, tokens)
            return ""

    def settle(self, reserved: int, used: float) -> None:
        """Count `used` tokens instead of `reserved`."""
        with self._lock:
            self._take(self._tokens, used - reserved)

    @staticmethod
    def _take(bucket: Bucket | None, units: float) -> None:
        if bucket is not None:
            bucket.level = min(bucket.capacity, bucket.level - units)
