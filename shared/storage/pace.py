"""One pace for all running functions: when the next model call may start, so that the quota is met, not overrun.

The row of a (region, model) holds two theoretical arrival times (GCRA, ITU-T I.371): a caller reserves the next free
moment by a conditional write and waits until then, so that nobody spins and calls start evenly. A bucket that refills
continuously and holds a single request accepts exactly such calls. Tokens are reserved as Bedrock reserves them, input
plus max_tokens when a call starts, and given back when it ends. A throttle slows everybody down; success speeds up.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.bedrock.errors import OutOfTime
from shared.clock import Clock
from shared.errors import ConflictError
from shared.storage import keys
from shared.storage.table import StateTable

_TRIES = 40
_LEAST_RATE = 0.05
_CUT = 0.5
_RECOVERY = 0.02


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests and tokens a minute (0: no limit); `headroom` is the share of them that is left unused."""

    rpm: float
    tpm: float
    headroom: float = 0.04

    @property
    def limited(self) -> bool:
        return self.rpm > 0 or self.tpm > 0


@dataclass(frozen=True, slots=True)
class PaceState:
    """`request_at` and `token_at`: epoch seconds from which the next call is free; `rate`: share of the quota in use.

    `cut_at`: when the rate was last cut; `version` guards the conditional write.
    """

    request_at: float = 0.0
    token_at: float = 0.0
    rate: float = 1.0
    cut_at: float = 0.0
    version: int = 0


def reserve(state: PaceState, quota: Quota, tokens: int, now: float) -> tuple[PaceState, float]:
    """The state after reserving a call of `tokens`, and the epoch second at which it may start."""
    start = max(now, state.request_at if quota.rpm else now, state.token_at if quota.tpm else now)
    share = state.rate * (1 - quota.headroom)
    return (
        PaceState(
            request_at=start + 60 / (quota.rpm * share) if quota.rpm else 0.0,
            token_at=start + tokens * 60 / (quota.tpm * share) if quota.tpm else 0.0,
            rate=state.rate,
            cut_at=state.cut_at,
            version=state.version + 1,
        ),
        start,
    )


def settle(state: PaceState, quota: Quota, reserved: int, used: int) -> PaceState:
    """Give back what a call reserved and did not use, or charge the surplus; a success speeds up a little."""
    share = state.rate * (1 - quota.headroom)
    back = (reserved - used) * 60 / (quota.tpm * share) if quota.tpm else 0.0
    return PaceState(
        state.request_at,
        state.token_at - back,
        min(1.0, state.rate + _RECOVERY * state.rate),
        state.cut_at,
        state.version + 1,
    )


def slow_down(state: PaceState, started_at: float, now: float) -> PaceState:
    """Cut the rate, once for all calls under way together: one from before the last cut changes nothing."""
    if started_at <= state.cut_at:
        return state
    return PaceState(state.request_at, state.token_at, max(_LEAST_RATE, state.rate * _CUT), now, state.version + 1)


class SharedPace:
    """The pace of one model in one region, kept in the state table. Safe to share between threads and functions."""

    def __init__(
        self,
        table: StateTable,
        region: str,
        model_id: str,
        quota: Quota,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table, self._quota, self._clock, self._pause = table, quota, clock, pause
        self._key = keys.pace(region, model_id)

    def reserve(self, tokens: int, longest_wait: float) -> float:
        """Seconds to wait before the call. Raises OutOfTime, reserving nothing, when beyond `longest_wait`."""
        if not self._quota.limited:
            return 0.0
        waits: list[float] = []

        def change(state: PaceState, now: float) -> PaceState:
            after, start = reserve(state, self._quota, tokens, now)
            if start - now > longest_wait:
                raise OutOfTime(f"the pace allows the next call in {start - now:.0f} s", start - now)
            waits.append(start)
            return after

        self._change(change)
        return max(0.0, waits[-1] - self._now())

    def settle(self, reserved: int, used: int) -> None:
        """See `settle` above."""
        if self._quota.limited:
            self._change(lambda state, _: settle(state, self._quota, reserved, used))

    def throttled(self, started_at: float) -> None:
        """See `slow_down` above."""
        if self._quota.limited:
            self._change(lambda state, now: slow_down(state, started_at, now))

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _change(self, change: Callable[[PaceState, float], PaceState]) -> None:
        """Read, change, write if nobody else wrote meanwhile; again otherwise."""
        for attempt in range(_TRIES):
            before = self._read()
            after = change(before, self._now())
            if after is before or self._write(before, after):
                return
            self._pause(random.uniform(0, min(0.5, 0.005 * 2**attempt)))  # noqa: S311 (jitter)
        raise OutOfTime(f"the pace of {self._key[1]} changed {_TRIES} times under way", 1.0)

    def _read(self) -> PaceState:
        row: dict[str, Any] = self._table.get(self._key) or {}
        return PaceState(**{name: row[name] for name in PaceState.__dataclass_fields__ if name in row})

    def _write(self, before: PaceState, after: PaceState) -> bool:
        changes = {name: getattr(after, name) for name in PaceState.__dataclass_fields__}
        try:
            self._table.update(
                self._key,
                changes,
                condition="attribute_not_exists(#version) OR #version = :before",
                values={"before": before.version},
            )
        except ConflictError:
            return False
        return True
