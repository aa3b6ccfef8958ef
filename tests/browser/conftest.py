"""A deployed stack of the tests' own with drafts on it, and a headless Chromium."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import deployed, machine  # noqa: F401 (fixtures)
from tests.e2e.support import COMMAND, Machine, run

CHROMIUM = os.environ.get("VECTORA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
WINDOWS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless browser; the tests skip where there is none, or no driver for it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="install infra/tools/browser.lock")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: install the system's package, or set VECTORA_CHROMIUM")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=list(WINDOWS))
def window(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(chromium: Any, window: str) -> Iterator[Any]:
    context = chromium.new_context(viewport=WINDOWS[window])
    found = context.new_page()
    found.set_default_timeout(60_000)
    yield found
    context.close()


@dataclass
class Reviewed:
    """A running `vectora review` of a fresh draft."""

    machine: Machine
    address: str
    edition_id: str
    output: Path


@pytest.fixture
def reviewed(machine: Machine, tmp_path: Path) -> Iterator[Reviewed]:  # noqa: F811 (pytest's way)
    """A draft of the demonstration that prints something, under review. What an earlier test sent is forgotten."""
    forget(machine)
    held = run(machine, tmp_path / "out", "demo", "--review")
    assert held.process.returncode == 0, held.text
    process = subprocess.Popen(
        [str(COMMAND), "review", "demo", "--no-browser"],
        env=machine.environment,
        cwd=machine.cwd,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    address = process.stdout.readline().split()[-1]
    yield Reviewed(machine, address, held.newsletter["edition_id"], tmp_path / "out")
    process.terminate()
    process.wait(60)


def forget(machine: Machine) -> None:  # noqa: F811
    """Remove what sent editions printed, what reviews said, and the editions themselves."""
    table = machine.resource("dynamodb").Table(machine.stack().outputs["StateTableName"])
    for row in table.scan()["Items"]:
        if str(row["pk"]).startswith(("PRINTED#", "RESERVED#", "LABEL#", "EDITION#")):
            table.delete_item(Key={"pk": row["pk"], "sk": row["sk"]})
