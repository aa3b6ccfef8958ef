"""An emulator of the tests' own, on free ports, with its state in a temporary folder."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from local import emulator
from local.layout import PROJECT, Layout
from local.processes import ensure, stop
from tests.ports import free_port

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], seconds: float = 180.0) -> Found:
    """What `look` finds, as soon as it finds something; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing happened within {seconds:.0f} s"
        time.sleep(0.05)
    return found


def start(home: Path) -> Layout:
    found = Layout(PROJECT, home, free_port(), free_port())
    if not found.emulator_python.exists():
        pytest.skip("the emulator is not installed: run make setup")
    emulator.make_folders(found)
    ensure(emulator.daemon(found))
    return found


@pytest.fixture(scope="session")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    found = start(tmp_path_factory.mktemp("emulator"))
    yield found
    stop(emulator.daemon(found))


@pytest.fixture(scope="session")
def client(layout: Layout) -> Callable[[str], Any]:
    made: dict[str, Any] = {}

    def get(service: str) -> Any:
        if service not in made:
            made[service] = emulator.client(layout, service)
        return made[service]

    return get
