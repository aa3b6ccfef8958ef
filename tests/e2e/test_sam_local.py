"""Each function for real with `sam local invoke`: built for Lambda's Python on x86_64, in a container, against a stack
of the test's own. Needs root, Debian's packages and ../shared/sam-local: it brings Docker and a stand-in base image."""

import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.emulator import neutral_environment
from shared.contracts.batch import Manifest
from shared.storage import keys
from tests.e2e.support import PROJECT, Machine, Replay

EVENTS = PROJECT / "tests" / "events"
CLIENT = "lai_weekly"
AS_OF = {"as_of": "2025-12-10", "period_days": 90}
FUNCTIONS = ("Ingest", "Normalize", "Engine", "Publisher", "Links", "Sweeper")
TARGET = ("--parameter-overrides", "Architecture=x86_64 PythonRuntime=python3.13")


@dataclass(frozen=True)
class SamLocal:
    """`sam local invoke` of one build; `variables` is the file for --env-vars."""

    tools: Path
    environment: Mapping[str, str]
    template: Path
    variables: Path

    def invoke(self, function: str, event: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """The payload. SAM ends with 0 even when the function raises, so only the payload tells."""
        file = folder / "event.json"
        file.write_text(json.dumps(event))
        command = [
            *(str(PROJECT / ".tools/sam/bin/python"), str(self.tools / "sam_hostnet.py")),
            *("local", "invoke", f"{function}Function", "-e", str(file), "-t", str(self.template)),
            *("--skip-pull-image", "--env-vars", str(self.variables), "--region", "eu-west-3", *TARGET),
        ]
        done = subprocess.run(
            command, env=dict(self.environment), cwd=folder, capture_output=True, text=True, timeout=600, check=False
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith(("{", "["))]
        assert lines, done.stderr
        payload: dict[str, Any] = json.loads(lines[-1])
        assert "errorMessage" not in payload, payload
        return payload


def event(name: str, **changes: Any) -> dict[str, Any]:
    """An event file of the repository, with `changes`."""
    read: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return read | changes


@pytest.fixture(scope="module")
def tools(shared: Path) -> Path:
    folder = shared / "sam-local"
    if not (folder / "sam_hostnet.py").is_file():
        pytest.skip("no sam-local beside the replay: Docker and its base image cannot be had here")
    if os.geteuid() != 0:
        pytest.skip("starting a Docker daemon of the test's own needs root")
    return folder


@pytest.fixture(scope="module")
def docker(tools: Path) -> Iterator[dict[str, str]]:
    """The environment of a Docker daemon of the test's own that has the base image."""
    home = Path(tempfile.mkdtemp(prefix="sam-"))
    environment = {**os.environ, "HB": str(home), "DOCKER_HOST": f"unix://{home}/docker.sock"}
    try:
        for step in (["./start-dockerd.sh", "--bridge=none"], ["./make-lambda-image.sh", "3.13"]):
            done = subprocess.run(
                step, cwd=tools, env=environment, capture_output=True, text=True, timeout=900, check=False
            )
            if done.returncode:
                pytest.skip(f"{step[0]} failed: {done.stderr[-300:]}")
        yield environment
    finally:
        pid = home / "docker.pid"
        if pid.exists():
            _stop(int(pid.read_text()))
        for mount in (home / "x" / "netns").glob("*"):  # the daemon leaves its network namespace mounted
            subprocess.run(["umount", str(mount)], check=False)
        shutil.rmtree(home, ignore_errors=True)


def _stop(pid: int) -> None:
    """End a daemon that is not our child and wait for it, through a process handle."""
    handle = os.pidfd_open(pid)
    os.kill(pid, signal.SIGTERM)
    select.select([handle], [], [], 30)
    os.close(handle)


@pytest.fixture(scope="module")
def sam(machine: Machine, tools: Path, docker: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> SamLocal:
    folder = tmp_path_factory.mktemp("sam")
    clean = neutral_environment(docker)
    build = subprocess.run(
        [
            *(str(PROJECT / ".tools/sam/bin/sam"), "build", "--build-dir", str(folder / "build"), *TARGET),
            *("--config-file", str(PROJECT / "samconfig.toml")),
        ],
        env=clean | {"VECTORA_BUILD_ARCH": "x86_64"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    variables = folder / "env.json"
    variables.write_text(json.dumps(_variables(machine)))
    # With credentials in its own environment SAM asks STS who they are, and no STS is here.
    without_keys = {name: value for name, value in clean.items() if name not in _KEYS}
    return SamLocal(tools, without_keys, folder / "build" / "template.yaml", variables)


_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def _variables(machine: Machine) -> dict[str, dict[str, str]]:
    """The deployed functions' own variables, by logical id."""
    stack = machine.stack()
    functions = stack.client("lambda")
    return {
        f"{one}Function": functions.get_function_configuration(FunctionName=stack.outputs[f"{one}FunctionName"])[
            "Environment"
        ]["Variables"]
        for one in FUNCTIONS
    }


@pytest.fixture(scope="module")
def ingested(sam: SamLocal, replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    small = event("test-ingest-small-batch.json", fetch_gateway=replay.origin, **AS_OF)
    return sam.invoke("Ingest", small, tmp_path_factory.mktemp("ingest"))


def test_ingest_takes_a_small_batch(ingested: dict[str, Any]) -> None:
    assert ingested["statusCode"] == 200
    body = ingested["body"]
    assert (body["client_id"], body["sources_processed"]) == (CLIENT, 1)
    assert body["items_ingested"] > 0
    assert body["batch_id"]


def test_the_check_of_ingest_queues_nothing(sam: SamLocal, replay: Replay, tmp_path: Path) -> None:
    answer = sam.invoke("Ingest", event("test-ingest-check.json", fetch_gateway=replay.origin), tmp_path)
    assert answer["statusCode"] == 200
    assert (answer["body"]["test"], answer["body"]["clients"]) == (True, [CLIENT])
    assert "batch_id" not in answer["body"]


def test_normalize_takes_a_message_of_that_batch(
    sam: SamLocal, ingested: dict[str, Any], machine: Machine, tmp_path: Path
) -> None:
    stack = machine.stack()
    key = keys.manifest(CLIENT, ingested["body"]["batch_id"])
    stored = stack.client("s3").get_object(Bucket=stack.outputs["DataBucketName"], Key=key)["Body"].read()
    manifest = Manifest.model_validate_json(stored)
    assert manifest.items, "the small batch queues something"
    one = event("test-normalize-one-item.json")
    body = json.loads(one["Records"][0]["body"]) | manifest.items[0].model_dump()
    body |= {name: getattr(manifest, name) for name in ("batch_id", "config_release", "as_of")}
    one["Records"][0]["body"] = json.dumps(body)
    assert sam.invoke("Normalize", one, tmp_path) == {"batchItemFailures": []}


def test_normalize_gives_back_a_message_of_no_batch(sam: SamLocal, tmp_path: Path) -> None:
    stranger = event("test-normalize-one-item.json")
    expected = [{"itemIdentifier": stranger["Records"][0]["messageId"]}]
    assert sam.invoke("Normalize", stranger, tmp_path) == {"batchItemFailures": expected}


def test_engine_writes_an_edition(sam: SamLocal, ingested: dict[str, Any], tmp_path: Path) -> None:
    answer = sam.invoke("Engine", event("test-engine-weekly.json", **AS_OF), tmp_path)
    assert answer["statusCode"] == 200
    assert answer["body"]["s3_output_path"].startswith(f"{CLIENT}/2025/12/10/")
    assert {"items_analyzed", "items_matched", "items_selected", "sections_generated"} <= answer["body"].keys()


def test_publisher_gives_back_a_message_about_no_edition(sam: SamLocal, tmp_path: Path) -> None:
    unknown = event("test-publisher-edition.json")
    expected = [{"itemIdentifier": unknown["Records"][0]["messageId"]}]
    assert sam.invoke("Publisher", unknown, tmp_path) == {"batchItemFailures": expected}


def test_links_refuse_a_forged_token(sam: SamLocal, tmp_path: Path) -> None:
    answer = sam.invoke("Links", event("test-links-page.json"), tmp_path)
    assert (answer["statusCode"], answer["headers"]["Content-Type"][:9]) == (403, "text/html")


def test_sweeper_sweeps_and_watches(sam: SamLocal, tmp_path: Path) -> None:
    assert sam.invoke("Sweeper", event("test-sweeper-sweep.json"), tmp_path)["statusCode"] == 200
    assert "week to" in sam.invoke("Sweeper", event("test-sweeper-digest.json"), tmp_path)["body"]["subject"]
    watched = sam.invoke("Sweeper", event("test-sweeper-watch.json"), tmp_path)["body"]
    assert watched.keys() == {"overdue", "budget_used", "silent", "failing"}


def test_every_event_file_is_used_here() -> None:
    used = Path(__file__).read_text()
    assert all(file.name in used for file in EVENTS.glob("*.json"))
