"""A deployed local stack of the tests' own, the replay of real sources, and the command as a user runs it."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import boto3

from local.layout import layout
from local.stack import Stack, connect
from tests.ports import free_port

PROJECT = Path(__file__).resolve().parents[2]
CONFIG = PROJECT / "config"
COMMAND = Path(sys.executable).parent / "vectora"
RUN_SECONDS = 1200
_OWNER = "owner.pid"
"""In a machine's folder: the test process that it belongs to."""


def shared_folder() -> Path | None:
    """The folder of real material beside the checkout (VECTORA_SHARED), or None."""
    folder = Path(os.environ.get("VECTORA_SHARED") or PROJECT.parent / "shared")
    return folder if (folder / "replay" / "serve.py").is_file() else None


@dataclass
class Machine:
    """One local stack: its environment, and the command in it."""

    environment: dict[str, str]
    cwd: Path

    @property
    def home(self) -> Path:
        return Path(self.environment["VECTORA_LOCAL_DIR"])

    def vectora(self, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end; output as text."""
        return subprocess.run(
            [str(COMMAND), *map(str, arguments)],
            env=self.environment | variables,
            cwd=self.cwd,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )

    def stack(self) -> Stack:
        return connect(layout(self.environment))

    def model_calls(self) -> int:
        """Calls in the model endpoint's log."""
        log = self.home / "model-calls.jsonl"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def resource(self, service: str):
        stack = self.stack()
        return boto3.resource(
            service,
            endpoint_url=stack.endpoint,
            region_name=stack.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


def new_machine(folder: Path, **variables: str) -> Machine:
    """A machine whose stack lives in `folder`, on ports of its own; nothing is started yet."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("VECTORA_", "AWS_"))}
    ports = {"VECTORA_LOCAL_PORT": str(free_port()), "VECTORA_MODEL_PORT": str(free_port())}
    cwd = folder / "cwd"
    cwd.mkdir(parents=True)
    (folder / _OWNER).write_text(str(os.getpid()))
    return Machine(inherited | ports | {"VECTORA_LOCAL_DIR": str(folder / "stack")} | variables, cwd)


def stop_leftovers(sessions: Path) -> list[Path]:
    """Stop what the machines of killed test sessions still run, its schedules included; the folders of those machines.

    `sessions` holds the folder of each session, this one's too.
    """
    found = []
    for owner in sessions.glob(f"pytest-*/*/{_OWNER}"):
        with suppress(ProcessLookupError):
            os.kill(int(owner.read_text()), 0)
            continue
        home = {"VECTORA_LOCAL_DIR": str(owner.parent / "stack")}
        subprocess.run([str(COMMAND), "local", "down"], env=os.environ | home, capture_output=True, check=True)
        owner.unlink()
        found.append(owner.parent)
    return found


@dataclass
class Replay:
    """The replay of real sources, served as a fetch gateway."""

    folder: Path
    origin: str = ""
    process: subprocess.Popen[bytes] | None = None
    items: list[dict] = field(default_factory=list)

    def start(self, day: str, items: Path | None = None) -> "Replay":
        source = items or self.folder / "items.json"
        port = free_port()
        arguments = ("--port", str(port), "--items", str(source), "--day", day)
        self.items = json.loads(source.read_text())
        self.origin = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, str(self.folder / "serve.py"), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(f"{self.origin}/_replay/day")
        return self

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(60)


def wait_for(url: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@dataclass(frozen=True)
class Outcome:
    """A finished run and what it left in its output folder."""

    process: subprocess.CompletedProcess[str]
    folder: Path
    model_calls: int

    @property
    def text(self) -> str:
        return self.process.stdout + self.process.stderr

    @property
    def newsletter(self) -> dict:
        return json.loads((self.folder / "newsletter.json").read_text())

    @property
    def report(self) -> dict:
        return json.loads((self.folder / "report.json").read_text())

    @property
    def items(self) -> list[dict]:
        return [item for section in self.newsletter["sections"] for item in section["items"]]

    @property
    def mails(self) -> list[Path]:
        return sorted((self.folder / "mail").glob("*.eml"))


def run(machine: Machine, output: Path, *arguments: str | Path, **variables: str) -> Outcome:
    """`vectora run … --output`, and how many model calls it caused."""
    before = machine.model_calls()
    process = machine.vectora("run", *arguments, "--output", output, **variables)
    return Outcome(process, output, machine.model_calls() - before)


def config_copy(folder: Path, additions: Mapping[str, str]) -> Path:
    """A copy of the configuration tree with further files in it."""
    shutil.copytree(CONFIG, folder)
    for path, text in additions.items():
        (folder / path).write_text(text)
    return folder
