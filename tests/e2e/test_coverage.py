"""A feed that turned over completely between two polls, as analyst and operator see it."""

from pathlib import Path

import pytest

from tests.e2e.slow_sources import CLIENT, slow_config, slow_web
from tests.e2e.support import Machine, Outcome, run

RUN = (CLIENT, "--as-of", "2025-12-10", "--period-days", "7")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return slow_config(tmp_path_factory.mktemp("coverage") / "config", 2)


@pytest.fixture(scope="module")
def runs(machine: Machine, config: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Outcome]:
    """Two runs; between them everything that the feeds list has changed."""
    folder = tmp_path_factory.mktemp("runs")
    with slow_web(seconds=0.0, items=6) as web:
        arguments = (*RUN, "--config", config)
        first = run(machine, folder / "first", *arguments, VECTORA_FETCH_GATEWAY=web.origin)
        web.turn = "-later"
        second = run(machine, folder / "second", *arguments, VECTORA_FETCH_GATEWAY=web.origin)
    return first, second


def test_the_edition_tells_the_gap_and_the_interval(runs: tuple[Outcome, Outcome]) -> None:
    first, second = runs
    assert first.process.returncode == second.process.returncode == 0, first.text + second.text
    assert "gaps" not in first.newsletter["coverage"]
    assert "Possible gaps: Example Company 0 (poll every 5 h)" in second.newsletter["coverage"]
    assert "(poll every 5 h)" in (second.folder / "newsletter.md").read_text()


def test_the_report_and_the_terminal_tell_it(runs: tuple[Outcome, Outcome]) -> None:
    _, second = runs
    assert [(source["gap"], source["poll_hours"]) for source in second.report["sources"]] == [(True, 5.0)] * 2
    assert "turned over between two polls; poll every 5 h" in (second.folder / "report.html").read_text()
    assert "items may be missing; poll it every 5 h" in second.text


def test_sources_check_tells_it_in_a_narrow_terminal(
    machine: Machine, config: Path, runs: tuple[Outcome, Outcome]
) -> None:
    shown = machine.vectora("sources", "check", CLIENT, "--config", config, COLUMNS="60")
    assert shown.returncode == 0, shown.stderr
    assert max(map(len, shown.stdout.splitlines())) <= 60
    assert "every 5 h" in " ".join(shown.stdout.split())


def test_sources_check_tells_a_source_that_fails(machine: Machine, config: Path, tmp_path: Path) -> None:
    with slow_web(seconds=0.0, items=6, broken=frozenset({"s1.example.org"})) as web:
        outcome = run(machine, tmp_path / "out", *RUN, "--config", config, VECTORA_FETCH_GATEWAY=web.origin)
    assert "Not reached: Example Company 1." in outcome.newsletter["coverage"]
    shown = machine.vectora("sources", "check", CLIENT, "--config", config, COLUMNS="120")
    assert shown.returncode == 1
    (failing,) = (line for line in shown.stdout.splitlines() if "robots.txt: answered 500" in line)
    assert "press_corporate__s1" in failing
