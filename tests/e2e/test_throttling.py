"""A quota that is met and not overrun, on the deployed stack: the bench's measurement, shorter."""

import shutil

import pytest

from bench.normalize.measure import Conditions, measure, tokens
from bench.normalize.rig import CLIENT, CLIENT_FILE, Rig, connect
from bench.normalize.scenarios import SCENARIOS, Scenario
from tests.e2e.faults import reset
from tests.e2e.support import CONFIG, Machine

ITEMS, FEW = 16, 8
RPM = 30
"""Slow enough that a busy machine's late calls, by tenths of a second, are seldom too early for the quota."""
SELDOM = 0.2
"""The share of throttled calls that a machine which stands still now and then may cause; without pace it is 0.3 and
more. bench/ measures the product's own share, on a machine that does nothing else."""
LATENCY = 2.0
LIMIT, SHORT = 600, 60
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.fixture(scope="module")
def rig(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    folder = tmp_path_factory.mktemp("config") / "config"
    shutil.copytree(CONFIG, folder)
    (folder / "clients" / f"{CLIENT}.yaml").write_text(CLIENT_FILE)
    built = connect(machine.stack(), folder)
    reset(built)
    return built


def run(rig: Rig, name: str, items: int, limit: float) -> dict:
    known = BY_NAME[name]
    scenario = Scenario(name, known.what, known.variables, items_per_batch=items)
    used = tokens(rig.tree, rig.items(items, "estimate"))
    given = Conditions(LATENCY, RPM, int(RPM * max(used.reserved, used.counted)) + 1)
    return measure(rig, scenario, given, used, limit)


def test_the_shared_pace_loses_nothing_and_is_hardly_throttled(rig: Rig) -> None:
    result = run(rig, "ours", ITEMS, LIMIT)
    assert (result["done"], result["failed"], result["dead_letters"]) == (ITEMS, 0, 0)
    assert result["throttled_share"] <= SELDOM, result


def test_without_it_most_of_the_same_calls_are_throttled_and_yet_none_is_given_up(rig: Rig) -> None:
    result = run(rig, "no-pacing", FEW, SHORT)
    assert result["throttled_share"] > 0.3, result
    assert (result["failed"], result["dead_letters"]) == (0, 0)
