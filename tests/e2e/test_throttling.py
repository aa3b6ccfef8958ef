"""A quota that is met and not overrun, on the deployed stack: the bench's measurement, shorter and faster."""

import shutil

import pytest

from bench.normalize.measure import Conditions, measure, tokens
from bench.normalize.rig import CLIENT, CLIENT_FILE, Rig, connect
from bench.normalize.scenarios import SCENARIOS, Scenario
from tests.e2e.faults import reset
from tests.e2e.support import CONFIG, Machine

ITEMS = 40
RPM = 120
LATENCY = 2.0
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.fixture(scope="module")
def rig(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    folder = tmp_path_factory.mktemp("config") / "config"
    shutil.copytree(CONFIG, folder)
    (folder / "clients" / f"{CLIENT}.yaml").write_text(CLIENT_FILE)
    built = connect(machine.stack(), folder)
    reset(built)
    return built


def run(rig: Rig, name: str) -> dict:
    known = BY_NAME[name]
    scenario = Scenario(name, known.what, known.variables, items_per_batch=ITEMS)
    used = tokens(rig.tree, rig.items(ITEMS, "estimate"))
    given = Conditions(LATENCY, RPM, int(RPM * max(used.reserved, used.counted)) + 1)
    return measure(rig, scenario, given, used, 240)


def test_the_shared_pace_loses_nothing_and_is_hardly_throttled(rig: Rig) -> None:
    result = run(rig, "ours")
    assert (result["done"], result["failed"], result["dead_letters"]) == (ITEMS, 0, 0)
    assert result["throttled_share"] <= 0.05
    assert result["wall_over_least"] <= 1.6


def test_without_it_most_of_the_same_calls_are_throttled_and_still_none_is_lost(rig: Rig) -> None:
    result = run(rig, "no-pacing")
    assert result["throttled_share"] > 0.2
    assert result["done"] == ITEMS
