"""Bad input: one clear message, a non-zero exit status, nothing half-written."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.support import CONFIG, Machine, new_machine, run

PERIOD = ("--as-of", "2025-12-10", "--period-days", "90")


@pytest.fixture
def empty_machine(tmp_path: Path) -> Machine:
    """A machine on which nothing was ever started."""
    return new_machine(tmp_path / "empty")


def assert_one_message(process: subprocess.CompletedProcess[str], status: int, *told: str) -> None:
    errors = [line for line in process.stderr.splitlines() if line.startswith("error: ")]
    assert process.returncode == status, process.stdout + process.stderr
    assert len(errors) == 1
    assert "Traceback" not in process.stderr
    for words in told:
        assert words in process.stderr


def test_an_unknown_client_is_bad_usage_and_the_known_ones_are_listed(empty_machine, tmp_path):
    outcome = run(empty_machine, tmp_path / "out", "nobody")
    assert_one_message(outcome.process, 2, "nobody", "demo", "lai_weekly")
    assert not (tmp_path / "out").exists()
    assert not empty_machine.home.exists()


def test_malformed_yaml_is_told_with_file_and_line(empty_machine, tmp_path):
    tree = tmp_path / "config"
    shutil.copytree(CONFIG, tree)
    client = tree / "clients" / "demo.yaml"
    lines = client.read_text().splitlines()
    client.write_text("\n".join([*lines, "broken: [1, 2", ""]))
    outcome = run(empty_machine, tmp_path / "out", "demo", "--config", tree)
    place = f"clients/demo.yaml:{len(lines) + 1}"
    assert_one_message(outcome.process, 2)
    assert place in outcome.process.stderr or f"clients/demo.yaml:{len(lines) + 2}" in outcome.process.stderr
    assert not (tmp_path / "out").exists()


def test_an_unknown_key_is_told_with_file_and_line(empty_machine, tmp_path):
    tree = tmp_path / "config"
    shutil.copytree(CONFIG, tree)
    client = tree / "clients" / "demo.yaml"
    lines = [*client.read_text().splitlines(), "colour: blue"]
    client.write_text("\n".join(lines) + "\n")
    checked = empty_machine.vectora("config", "check", tree)
    assert_one_message(checked, 2, f"clients/demo.yaml:{len(lines)}", "colour")


def test_a_taken_port_is_named_with_the_way_out(empty_machine, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        outcome = run(empty_machine, tmp_path / "out", "demo", VECTORA_LOCAL_PORT=port)
        empty_machine.vectora("local", "down", VECTORA_LOCAL_PORT=port)
    assert_one_message(outcome.process, 1, port, "VECTORA_LOCAL_PORT")
    assert not (tmp_path / "out").exists()


def test_a_gateway_that_is_not_there_is_named(empty_machine, tmp_path):
    outcome = run(empty_machine, tmp_path / "out", "demo", VECTORA_FETCH_GATEWAY="http://127.0.0.1:1")
    assert_one_message(outcome.process, 1, "http://127.0.0.1:1", "VECTORA_FETCH_GATEWAY")


@pytest.fixture
def dead_sources() -> Iterator[str]:
    """A gateway behind which every page is missing."""

    class Missing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Missing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_no_reachable_source_is_a_failure_and_never_an_empty_edition(machine, dead_sources, tmp_path):
    outcome = run(machine, tmp_path / "out", "lai_weekly", *PERIOD, VECTORA_FETCH_GATEWAY=dead_sources)
    assert_one_message(outcome.process, 1, "ingest failed", "source")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs more rights than this user has")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_is_left(machine, full_disk):
    outcome = run(machine, full_disk / "out", "demo")
    assert_one_message(outcome.process, 1, "disk full", "--output")
    assert list(full_disk.iterdir()) == []
