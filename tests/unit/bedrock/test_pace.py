"""The pace against a quota as Bedrock applies it, in simulated time: workers, latency, late calls, a falling quota."""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from local.model_endpoint.quota import Quota as Bedrock
from shared.bedrock.turns import Turn
from shared.storage.pace import PaceState, Quota, reserve, settle, slow_down

LATENCY = 4.0
INPUT, MAX_TOKENS, OUTPUT = 2000, 1000, 350
RESERVED, USED = INPUT + MAX_TOKENS, INPUT + 5 * OUTPUT


@dataclass
class World:
    """One run: `workers` share `items` calls; `late` is the mean seconds by which a call starts late.

    `stalls`: share of calls that start half a second late.
    """

    rpm: int
    items: int
    workers: int = 8
    late: float = 0.01
    drop_after: float = float("inf")
    drop_to: int = 0
    stalls: float = 0.0
    seed: int = 1
    now: float = 1000.0
    state: PaceState = field(default_factory=PaceState)
    throttles: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    running: int = 0
    running_at_drop: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.quota = Quota(self.rpm, self.rpm * USED)
        self.bedrock = Bedrock(self.rpm, self.rpm * USED, 1.0, lambda: self.now)
        self.left = self.items

    def run(self) -> float:
        """Seconds until every item is done."""
        started = self.now
        agents = [self.worker() for _ in range(self.workers)] + [self.dropper(started)]
        events = [(started, number) for number in range(len(agents))]
        heapq.heapify(events)
        ended = started
        while events:
            self.now, number = heapq.heappop(events)
            wake = next(agents[number], None)
            if wake is not None:
                heapq.heappush(events, (max(wake, self.now), number))
            elif number < self.workers:
                ended = max(ended, self.now)
        return ended - started

    def dropper(self, started: float) -> Iterator[float]:
        if self.drop_to:
            yield started + self.drop_after
            self.running_at_drop = self.running
            self.bedrock = Bedrock(self.drop_to, self.drop_to * USED, 1.0, lambda: self.now)

    def worker(self) -> Iterator[float]:
        while self.left:
            self.left -= 1
            yield from self.item()

    def item(self) -> Iterator[float]:
        for attempt in range(20):
            asked, start = self.now, 0.0
            self.state, start = reserve(self.state, self.quota, RESERVED, self.now)
            while start > self.now:
                yield start - 0.1
                if self.state.cut_at <= asked:
                    yield start
                    break
                asked = self.now
                self.state, start = reserve(self.state, self.quota, RESERVED, self.now)
            stall = 0.5 if self.random.random() < self.stalls else 0.0
            yield self.now + self.random.expovariate(1 / self.late) + stall
            self.calls.append(self.now)
            if not self.bedrock.start(RESERVED):
                self.running += 1
                yield self.now + LATENCY
                self.running -= 1
                self.bedrock.settle(RESERVED, USED)
                self.state = settle(self.state, self.quota, RESERVED, USED, asked)
                return
            self.throttles.append(self.now)
            self.state = slow_down(self.state, self.quota, Turn(RESERVED, asked, start), self.now)
            yield self.now + self.random.uniform(0, 0.5 * 2 ** min(attempt, 3))
        raise AssertionError("an item was throttled twenty times")

    def share(self, since: float = 0.0) -> float:
        calls = sum(at >= since for at in self.calls)
        return sum(at >= since for at in self.throttles) / calls


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("items", "workers"), [(104, 8), (312, 8), (312, 40)])
def test_the_quota_is_met_and_not_overrun(items: int, workers: int, seed: int) -> None:
    world = World(60, items, workers=workers, seed=seed)
    least = items - 1 + LATENCY
    assert world.run() <= 1.15 * least
    assert world.share() <= 0.02


def test_calls_that_stall_now_and_then_hardly_ever_cost_the_run() -> None:
    worlds = [World(60, 312, stalls=0.01, seed=seed) for seed in range(30)]
    slow = [took for world in worlds if (took := world.run()) > 1.15 * 315]
    assert len(slow) <= 3, "two stalls within three calls look like a quota that has fallen"
    assert max(slow, default=0) <= 1.3 * 315
    assert all(world.share() <= 0.04 for world in worlds)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("workers", [4, 8, 40])
def test_a_quota_that_falls_to_a_third_is_found_within_the_calls_under_way(workers: int, seed: int) -> None:
    world = World(60, 300, workers=workers, drop_after=54, drop_to=20, seed=seed)
    world.run()
    dropped = 1000 + 54
    found = [at for at in world.throttles if dropped <= at < dropped + 30]
    assert 0 < len(found) <= world.running_at_drop
    assert world.share(since=dropped + 30) <= 0.02


@pytest.mark.parametrize("seed", range(4))
def test_a_quota_that_stays_at_a_third_is_used_well(seed: int) -> None:
    world = World(60, 300, drop_after=0, drop_to=20, seed=seed)
    assert world.run() <= 1.35 * 3 * 299
    assert world.share() <= 0.03


def test_one_late_call_costs_seconds_and_not_the_run() -> None:
    state = slow_down(PaceState(), Quota(60, 0), Turn(0, 10.0, 10.0), 10.0)
    assert state.rate == 0.97
    for _ in range(100):
        state = settle(state, Quota(60, 0), 0, 0, 11.0)
    assert state.rate == 1.0


def test_a_busy_machine_makes_calls_late_and_the_rate_is_not_halved_for_it() -> None:
    quota = Quota(60, 0)
    once = slow_down(PaceState(), quota, Turn(0, 10.0, 10.0), 10.0)
    twice = slow_down(once, quota, Turn(0, 10.5, 14.5), 14.5)
    assert twice.rate == pytest.approx(0.97**2)


def test_throttles_of_calls_from_before_a_cut_change_nothing() -> None:
    quota = Quota(60, 6000)
    cut = slow_down(PaceState(), quota, Turn(0, 10.0, 10.0), 12.0)
    assert slow_down(cut, quota, Turn(500, 11.0, 11.0), 13.0) == cut


def test_a_cut_voids_the_turns_given_out_before_it_and_their_tokens() -> None:
    quota, state = Quota(60, 6000), PaceState()
    for _ in range(40):
        state, _ = reserve(state, quota, 1000, 10.0)
    cut = slow_down(state, quota, Turn(1000, 10.0, 12.0), 12.0)
    assert reserve(cut, quota, 1000, 12.0)[1] == pytest.approx(12 + 60 / (60 * 0.97 * 0.945))


def test_after_a_quiet_time_the_full_quota_is_tried_again() -> None:
    cut = slow_down(slow_down(PaceState(), Quota(60, 0), Turn(0, 0.0, 0.0), 0.0), Quota(60, 0), Turn(0, 1.0, 1.0), 1.0)
    assert cut.rate == pytest.approx(0.485)
    assert reserve(cut, Quota(60, 0), 1, 900.0)[0].rate == pytest.approx(0.485)
    assert reserve(cut, Quota(60, 0), 1, 902.0)[0].rate == 1.0


def test_a_call_that_need_not_wait_starts_after_the_asking_is_over() -> None:
    """Its turn begins when it really starts, so that the next one, which waits, does not come too early."""
    quota = Quota(60, 0)
    state, start = reserve(PaceState(), quota, 1, 10.0)
    assert start == 10.0 + quota.lead
    assert reserve(state, quota, 1, 10.0)[1] == pytest.approx(start + 1 / 0.945)


def test_two_late_calls_in_a_row_cost_half_a_minute_and_a_fall_to_a_third_is_not_probed() -> None:
    quota = Quota(60, 0)
    once = slow_down(PaceState(), quota, Turn(0, 0.0, 0.0), 0.0)
    twice = slow_down(once, quota, Turn(0, 1.0, 1.0), 1.0)
    thrice = slow_down(twice, quota, Turn(0, 2.0, 2.0), 2.0)
    assert after(twice, 40) > 0.9
    assert thrice.rate < after(thrice, 40) < 1 / 3 / 0.945


def after(state: PaceState, successes: int) -> float:
    """The rate after so many calls that were not throttled."""
    for _ in range(successes):
        state = settle(state, Quota(60, 0), 0, 0, 3.0)
    return state.rate
