"""One pace for all running functions: when the next model call may start, so that the quota is met, not overrun.

The row of a (region, model) holds two theoretical arrival times (GCRA, ITU-T I.371): a caller reserves the next free
moment by a conditional write and waits until then, so that nobody spins and calls start evenly. A request bucket that
refills continuously and holds a single request accepts exactly such calls. Tokens are reserved as Bedrock reserves
them, input plus max_tokens when a call starts, and settled when it ends.

A throttle cuts the rate and voids every turn that was reserved before it and has not begun, so that only calls already
under way can still be throttled. docs/throttling.md says why the constants are what they are.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from shared.bedrock.errors import OutOfTime
from shared.bedrock.turns import Turn
from shared.clock import Clock
from shared.errors import ConflictError
from shared.storage import keys
from shared.storage.table import StateTable

_TRIES = 40
_LEAST_RATE = 0.02
_MILD_CUT = 0.97
"""For one throttle after a quiet time: late by some milliseconds, or another user of the same quota."""
_HARD_CUT = 0.5
"""For a throttle at a rate that was cut a moment ago: the quota is far below."""
_AT_ONCE = 2.5
"""Intervals after a cut within which another throttle comes when the quota is half of the rate or less: a bucket of one
admits at most one call in between."""
_FAST_GROWTH, _FAIR_GROWTH, _SLOW_GROWTH = 0.05, 0.01, 0.0005
"""Growth of the rate by a success: well below the rate that was last throttled; below it after a single hard cut, which
two late calls cause as well; near it."""
_FAR, _NEAR = 0.7, 0.95
_FORGET_SECONDS = 900
"""After this time without a throttle the quota is tried at its full rate again."""


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests and tokens a minute (0: no limit); `headroom` is the share of the requests that is left unused.

    `token_burst`: seconds' worth of tokens that may be spent in advance. Bedrock's bucket holds a minute's worth; calls
    differ in size, and without a burst every large one would hold up small ones. `lead`: seconds between asking and the
    earliest start, longer than the asking takes: a call that starts later than its turn makes the next one too early.
    """

    rpm: float
    tpm: float
    headroom: float = 0.055
    token_burst: float = 20.0
    lead: float = 0.1

    @property
    def limited(self) -> bool:
        return self.rpm > 0 or self.tpm > 0


@dataclass(frozen=True, slots=True)
class PaceState:
    """`request_at` and `token_at`: epoch seconds up to which the quota is given away; `rate`: share of it in use.

    `cut_at`: when the rate was last cut, from `ceiling`; `hard`: how many of the last cuts were hard ones. `version`
    guards the conditional write.
    """

    request_at: float = 0.0
    token_at: float = 0.0
    rate: float = 1.0
    cut_at: float = 0.0
    ceiling: float = 0.0
    hard: int = 0
    version: int = 0


def reserve(state: PaceState, quota: Quota, tokens: int, now: float) -> tuple[PaceState, float]:
    """The state after reserving a call of `tokens`, and the epoch second at which it may start."""
    if now - state.cut_at > _FORGET_SECONDS:
        state = replace(state, rate=1.0, ceiling=0.0, hard=0)
    start = now + quota.lead
    if quota.rpm:
        start = max(start, state.request_at)
    if quota.tpm:
        start = max(start, state.token_at - quota.token_burst)
    return (
        replace(
            state,
            request_at=start + _spacing(state, quota),
            token_at=max(state.token_at, start) + _token_seconds(state, quota, tokens),
        ),
        start,
    )


def settle(state: PaceState, quota: Quota, reserved: int, used: int, asked_at: float) -> PaceState:
    """Give back what a call reserved and did not use, or charge the surplus; its success speeds up a little.

    A call that was asked for before the last cut says nothing about the rate since.
    """
    settled = replace(state, token_at=state.token_at - _token_seconds(state, quota, reserved - used))
    if asked_at < state.cut_at:
        return settled
    return replace(settled, rate=min(1.0, state.rate * (1 + _growth(state))))


def _growth(state: PaceState) -> float:
    if state.rate < _FAR * state.ceiling:
        return _FAST_GROWTH
    return _FAIR_GROWTH if state.hard == 1 and state.rate < _NEAR * state.ceiling else _SLOW_GROWTH


def slow_down(state: PaceState, quota: Quota, turn: Turn, now: float) -> PaceState:
    """Cut the rate for a throttled call, once for all that were asked for before the cut.

    The next call starts one interval of the new rate from now: the turns given out before are void, and with them
    their tokens.
    """
    if turn.asked_at < state.cut_at:
        return state
    interval = max(_spacing(state, quota), _token_seconds(state, quota, turn.tokens))
    again = state.ceiling > 0 and turn.start_at - state.cut_at < _AT_ONCE * interval
    hard = state.hard + 1 if again else 0
    rate = max(_LEAST_RATE, state.rate * (_HARD_CUT if again else _MILD_CUT))
    token_at = min(state.token_at - _token_seconds(state, quota, turn.tokens), now + quota.token_burst)
    cut = replace(state, token_at=token_at, rate=rate, cut_at=now, ceiling=state.rate, hard=hard)
    return replace(cut, request_at=now + _spacing(cut, quota))


def _spacing(state: PaceState, quota: Quota) -> float:
    return 60 / (quota.rpm * state.rate * (1 - quota.headroom)) if quota.rpm else 0.0


def _token_seconds(state: PaceState, quota: Quota, tokens: int) -> float:
    return tokens * 60 / (quota.tpm * state.rate) if quota.tpm else 0.0


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

    def reserve(self, tokens: int, longest_wait: float) -> Turn:
        """The next free turn. Raises OutOfTime, reserving nothing, when it is beyond `longest_wait` seconds."""
        turns: list[Turn] = []

        def change(state: PaceState, now: float) -> PaceState:
            after, start = reserve(state, self._quota, tokens, now)
            if start - now > longest_wait:
                raise OutOfTime(f"the pace allows the next call in {start - now:.0f} s", start - now)
            turns.append(Turn(tokens, now, start))
            return after

        self._change(change)
        return turns[-1]

    def renew(self, turn: Turn, longest_wait: float) -> Turn:
        """The turn itself while it stands; a new one when a throttle has voided it. Raises OutOfTime as `reserve`."""
        if self._read().cut_at <= turn.asked_at:
            return turn
        return self.reserve(turn.tokens, longest_wait)

    def settle(self, turn: Turn, used: int) -> None:
        """See `settle` above."""
        self._change(lambda state, _: settle(state, self._quota, turn.tokens, used, turn.asked_at))

    def throttled(self, turn: Turn) -> None:
        """See `slow_down` above."""
        self._change(lambda state, now: slow_down(state, self._quota, turn, now))

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _change(self, change: Callable[[PaceState, float], PaceState]) -> None:
        """Read, change, write if nobody else wrote meanwhile; again otherwise."""
        for attempt in range(_TRIES):
            before = self._read()
            if self._write(before, change(before, self._now())):
                return
            self._pause(random.uniform(0, min(0.5, 0.005 * 2**attempt)))  # noqa: S311 (jitter)
        raise OutOfTime(f"the pace of {self._key[1]} changed {_TRIES} times under way", 1.0)

    def _read(self) -> PaceState:
        row: dict[str, Any] = self._table.get(self._key) or {}
        return PaceState(**{name: row[name] for name in PaceState.__dataclass_fields__ if name in row})

    def _write(self, before: PaceState, after: PaceState) -> bool:
        changes = {name: getattr(after, name) for name in PaceState.__dataclass_fields__} | {
            "version": before.version + 1
        }
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
