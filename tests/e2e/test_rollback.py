"""Deploy, verify, roll back: a deployment that does not work is found by the smoke test and undone in one command."""

import json
import shutil
from pathlib import Path

import pytest

from local import deploy
from local.stack import complete
from tests.e2e.support import CONFIG, Machine

LIMIT = 300


def good(process) -> str:
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def verified(machine: Machine) -> Machine:
    """A machine whose present state has passed its smoke test."""
    assert "kept for `vectora rollback --stack local`" in good(machine.vectora("smoke"))
    return machine


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    file = folder / "clients" / "demo.yaml"
    file.write_text(file.read_text().replace("name: Depot Watch", "name: Changed Watch", 1))
    assert file.read_text() != (CONFIG / "clients" / "demo.yaml").read_text()
    return folder


def deploy_broken(machine: Machine) -> None:
    """Deploy packages whose engine cannot start and that say they were built from another commit."""
    stack = machine.stack()
    package = machine.home / "build" / "EngineFunction"
    (package / "services" / "engine" / "handler.py").write_text("raise RuntimeError('a bad build')\n")
    for record in (machine.home / "build").glob("*/BUILD.json"):
        record.write_text(json.dumps(json.loads(record.read_text()) | {"commit": "badbadbadbad0000", "source": "0"}))
    deploy.deploy(stack.layout)
    complete(stack)


def test_there_is_nothing_to_go_back_to_while_nothing_changed(verified: Machine) -> None:
    done = verified.vectora("rollback")
    assert done.returncode == 2
    assert "never found working in another state" in done.stderr


def test_a_bad_deployment_is_found_and_undone_in_one_command(verified: Machine, edited: Path) -> None:
    release = current(verified)
    good(verified.vectora("config", "push", edited))
    deploy_broken(verified)
    listed = good(verified.vectora("inventory"))
    assert "badbadbadbad" in listed
    doctor = verified.vectora("doctor")
    assert "built from badbadbadbad" in doctor.stdout
    smoke = verified.vectora("smoke", VECTORA_STALL_SECONDS="10")
    assert smoke.returncode == 1
    assert "`vectora rollback --stack local`" in smoke.stdout
    good(verified.vectora("config", "push", edited))
    dry = good(verified.vectora("rollback", "--dry-run"))
    assert "code: badbadbadbad" in dry
    assert f"→ {release}" in dry
    assert current(verified) != release
    told = good(verified.vectora("rollback"))
    seconds = int(told.rsplit("rolled back in ", 1)[1].split(" s", 1)[0])
    assert seconds < LIMIT
    assert current(verified) == release
    assert "badbadbadbad" not in good(verified.vectora("inventory"))
    assert "built from badbadbadbad" not in verified.vectora("doctor").stdout
    assert "smoke: it works" in good(verified.vectora("smoke"))


def test_configuration_alone_goes_back(verified: Machine, edited: Path) -> None:
    release = current(verified)
    good(verified.vectora("config", "push", edited))
    told = good(verified.vectora("rollback", "--only", "configuration"))
    assert "code:" not in told
    assert current(verified) == release


def current(machine: Machine) -> str:
    stack = machine.stack()
    body = stack.client("s3").get_object(Bucket=stack.outputs["ConfigBucketName"], Key="current.json")["Body"]
    return str(json.loads(body.read())["release"])
