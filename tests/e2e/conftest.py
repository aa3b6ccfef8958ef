"""Fixtures of the end-to-end tests. Each module gets a stack in its initial state; deploying happens once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.support import Machine, Replay, new_machine, shared_folder, stop_leftovers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = shared_folder()
    if folder is None:
        pytest.skip("the real material is absent: set VECTORA_SHARED, or put it beside the checkout as ../shared")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of an earlier run that was killed takes time from this one."""
    stop_leftovers(tmp_path_factory.getbasetemp().parent)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, Path]]:
    """A machine on which the stack was deployed and stopped, and a copy of its files."""
    folder = tmp_path_factory.mktemp("machine")
    machine = new_machine(folder)
    up = machine.vectora("local", "up")
    machine.vectora("local", "down")
    assert up.returncode == 0, up.stderr
    pristine = folder / "pristine"
    shutil.copytree(machine.home, pristine, symlinks=True)
    yield machine, pristine
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def machine(deployed: tuple[Machine, Path]) -> Iterator[Machine]:
    """The deployed machine without any trace of an earlier module, up."""
    machine, pristine = deployed
    shutil.rmtree(machine.home)
    shutil.copytree(pristine, machine.home, symlinks=True)
    up = machine.vectora("local", "up")
    try:
        assert up.returncode == 0, up.stderr
        yield machine
    finally:
        machine.vectora("local", "down")


@pytest.fixture(scope="module")
def replay(shared: Path) -> Iterator[Replay]:
    """The real sources as they stood on 9 December 2025."""
    served = Replay(shared / "replay").start("2025-12-09")
    yield served
    served.stop()
