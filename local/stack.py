"""The one-machine stack as a whole: up, down, status."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import deploy, emulator
from local.errors import LocalStackError, os_errors
from local.layout import REGION, Layout
from local.layout import layout as read_layout
from local.processes import Daemon, ensure, http_get, running_pid, stop

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """A deployed stack on this machine. `outputs` are the template's outputs by name."""

    layout: Layout
    outputs: Mapping[str, str]
    region: str = REGION

    @property
    def endpoint(self) -> str:
        return self.layout.endpoint

    @property
    def model_endpoint(self) -> str:
        return self.layout.model_endpoint

    def client(self, service: str) -> Any:
        """A boto3 client of the stack."""
        return emulator.client(self.layout, service, self.region)


@dataclass(frozen=True)
class Status:
    """What runs and whether what is deployed is what the checkout holds."""

    emulator: bool
    model_endpoint: bool
    deployed: bool
    current: bool
    home: Path

    @property
    def ready(self) -> bool:
        return self.emulator and self.model_endpoint and self.deployed and self.current


def up(progress: Progress = lambda _: None, layout: Layout | None = None) -> Stack:
    """Start what is missing, build and deploy what changed, and set what the emulator drops. Idempotent.

    `progress` is told each step in a few words. Raises LocalStackError with one line that names the next step.
    """
    layout = layout or read_layout()
    _require_tools(layout)
    with os_errors("preparing the local stack's folder"):
        emulator.make_folders(layout)
    for server in _daemons(layout):
        if ensure(server):
            progress(f"{server.name} started on port {server.port}")
    _deploy_changes(layout, progress)
    return connect(layout)


def connect(layout: Layout | None = None) -> Stack:
    """The running, deployed stack. Raises LocalStackError when it is not there."""
    layout = layout or read_layout()
    outputs = _outputs(layout)
    if not outputs:
        raise LocalStackError("the local stack is not up: run vectora local up")
    return Stack(layout, outputs)


def down(layout: Layout | None = None) -> bool:
    """Stop everything gracefully; lake, editions and state stay. True when something was running."""
    layout = layout or read_layout()
    stopped = [stop(server) for server in reversed(_daemons(layout))]
    return any(stopped)


def status(layout: Layout | None = None) -> Status:
    """What runs, without changing anything."""
    layout = layout or read_layout()
    servers = _daemons(layout)
    alive = {server.name: running_pid(server) is not None and server.healthy() for server in servers}
    deployed = alive["emulator"] and bool(_outputs(layout))
    current = deployed and deploy.read_mark(layout) == deploy.source_hash(layout)
    return Status(alive["emulator"], alive["model endpoint"], deployed, current, layout.home)


def _deploy_changes(layout: Layout, progress: Progress) -> None:
    wanted = deploy.source_hash(layout)
    if deploy.read_mark(layout) == wanted and _outputs(layout):
        return
    emulator.prepare(layout, deploy.STACK_NAME)
    progress("building the functions")
    deploy.build(layout)
    progress("deploying the stack")
    deploy.deploy(layout)
    complete(Stack(layout, _outputs(layout)))
    deploy.write_mark(layout, wanted)


def complete(stack: Stack) -> None:
    """Set what the emulator's CloudFormation drops, after each change of the stack."""
    reserves = {
        stack.outputs["NormalizeFunctionName"]: deploy.NORMALIZE_CONCURRENCY,
        stack.outputs["EngineFunctionName"]: deploy.ENGINE_CONCURRENCY,
    }
    emulator.complete(stack.layout, stack.outputs, reserves)


def _outputs(layout: Layout) -> dict[str, str]:
    try:
        described = emulator.client(layout, "cloudformation").describe_stacks(StackName=deploy.STACK_NAME)
    except (ClientError, BotoCoreError):
        return {}
    return {row["OutputKey"]: row["OutputValue"] for row in described["Stacks"][0].get("Outputs", [])}


def _require_tools(layout: Layout) -> None:
    for tool in (layout.emulator_python, layout.sam):
        if not tool.exists():
            raise LocalStackError(f"{tool} is missing: run make setup")


def _daemons(layout: Layout) -> tuple[Daemon, ...]:
    return (_model_daemon(layout), emulator.daemon(layout))


def _model_daemon(layout: Layout) -> Daemon:
    arguments = ("--port", str(layout.model_port), "--log", str(layout.home / "model-calls.jsonl"))
    return Daemon(
        name="model endpoint",
        port=layout.model_port,
        command=(sys.executable, "-m", "local.model_endpoint", *arguments),
        environment=_model_environment(layout),
        folder=layout.home,
        healthy=lambda: http_get(f"{layout.model_endpoint}/_control/stats") is not None,
    )


def _model_environment(layout: Layout) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name.startswith("VECTORA_")}
    return emulator.neutral_environment() | {"PYTHONPATH": str(layout.project)} | own
