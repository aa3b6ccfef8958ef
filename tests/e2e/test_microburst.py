"""AWS itself failing now and then, by a proxy between the function and the emulator.

Runs where `microburst` is installed (`uv tool install microburst`, or a path in VECTORA_MICROBURST).
"""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from bench.normalize.rig import CLIENT, CLIENT_FILE, Rig, connect
from tests.e2e.faults import check_every_item_ended_once, reset, wait_complete
from tests.e2e.support import CONFIG, Machine, wait_for
from tests.ports import free_port

RULES = [
    {"service": "dynamodb", "probability": 0.1, "error": {"code": "ProvisionedThroughputExceededException"}},
    {"service": "s3", "probability": 0.1, "error": {"code": "SlowDown", "status": 503}},
    {"service": "sqs", "probability": 0.2, "error": {"code": "ServiceUnavailable", "status": 503}},
    {"service": "*", "probability": 0.03, "reset": True},
    {"service": "*", "probability": 0.3, "latency": {"min": 20, "max": 200}},
]


@pytest.fixture
def proxy(machine: Machine) -> Iterator[str]:
    command = os.environ.get("VECTORA_MICROBURST") or shutil.which("microburst")
    if not command:
        pytest.skip("microburst is not installed: uv tool install microburst, or set VECTORA_MICROBURST")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    arguments = ("--upstream", machine.stack().endpoint, "--port", str(port), "--host", "127.0.0.1")
    process = subprocess.Popen([command, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"{endpoint}/_microburst/health")
        rules = urllib.request.Request(f"{endpoint}/_microburst/rules", json.dumps(RULES).encode())
        rules.add_header("Content-Type", "application/json")
        urllib.request.urlopen(rules, timeout=60).close()
        yield endpoint
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def rig(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("config") / "config"
    shutil.copytree(CONFIG, folder)
    (folder / "clients" / f"{CLIENT}.yaml").write_text(CLIENT_FILE)
    built = connect(machine.stack(), folder)
    reset(built)
    yield built
    built.function({"AWS_ENDPOINT_URL": built.stack.endpoint})


def test_with_every_service_failing_now_and_then_every_item_ends_once(rig: Rig, proxy: str) -> None:
    rig.endpoint(throttle=0.1, fence=0.1, error=0.05)
    rig.function({"AWS_ENDPOINT_URL": proxy})
    messages = rig.open_batch(rig.items(30, "microburst"), "microburst")
    rig.send(messages)
    wait_complete(rig, messages)
    with urllib.request.urlopen(f"{proxy}/_microburst/stats", timeout=60) as answer:
        assert json.loads(answer.read())["requests"]["faulted"] > 0
    check_every_item_ended_once(rig, messages)
    assert rig.batch(messages).done >= len(messages) - 3, "two bad answers in a row are rare"
