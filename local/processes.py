"""Detached processes with a pid file, a log and a health check."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalStackError, os_errors
from local.layout import HOST

POLL_SECONDS = 0.1
_TAIL_CHARACTERS = 600


@dataclass(frozen=True)
class Daemon:
    """A server of the stack.

    `healthy` tells whether the server that answers on the port is this very one; anything else there is a stranger.
    The seconds are a busy machine's: one that ends while starting is noticed at once.
    """

    name: str
    port: int
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    healthy: Callable[[], bool]
    start_seconds: float = 120
    stop_seconds: float = 120

    @property
    def pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def log_file(self) -> Path:
        return self.folder / f"{self.name}.log"


def http_get(url: str, timeout: float = 2) -> bytes | None:
    """Body of a 200 answer of a loopback server, or None when nobody answers so."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 - loopback addresses of this stack
            return bytes(answer.read()) if answer.status == 200 else None
    except (urllib.error.URLError, OSError, ValueError):
        return None


def running_pid(daemon: Daemon) -> int | None:
    """Process id of the daemon if it lives, else None. A reused id is told apart by the command line where possible."""
    try:
        pid = int(daemon.pid_file.read_text().split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return None
    return pid if _is_ours(pid, daemon) else None


def ensure(daemon: Daemon) -> bool:
    """Start the daemon unless it runs and is healthy; True when it was started.

    Raises LocalStackError when its port is taken by something else, when it runs on another port, or when it does not
    get ready in time.
    """
    pid = running_pid(daemon)
    if pid is not None:
        _require_same_port(daemon)
        _wait_ready(daemon, lambda: running_pid(daemon) is not None)
        return False
    if _port_answers(daemon.port):
        raise LocalStackError(
            f"port {daemon.port} is taken by another program, so the {daemon.name} cannot start: stop that program, "
            f"or set {_port_variable(daemon)} to a free port"
        )
    _start(daemon)
    return True


def stop(daemon: Daemon) -> bool:
    """Stop the daemon gracefully (it saves its state), by force after `stop_seconds`; True when it was running."""
    pid = running_pid(daemon)
    if pid is None:
        daemon.pid_file.unlink(missing_ok=True)
        return False
    os.kill(pid, signal.SIGTERM)
    if not _wait(lambda: running_pid(daemon) is None, daemon.stop_seconds):
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        _wait(lambda: running_pid(daemon) is None, 5)
    daemon.pid_file.unlink(missing_ok=True)
    return True


def _start(daemon: Daemon) -> None:
    with os_errors(f"starting the {daemon.name}"):
        daemon.folder.mkdir(parents=True, exist_ok=True)
        with daemon.log_file.open("wb") as log:
            process = subprocess.Popen(
                daemon.command,
                env=dict(daemon.environment),
                cwd=daemon.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        daemon.pid_file.write_text(f"{process.pid} {daemon.port}\n")
    _wait_ready(daemon, lambda: process.poll() is None)


def _wait_ready(daemon: Daemon, alive: Callable[[], bool]) -> None:
    ready = _wait(lambda: daemon.healthy() or not alive(), daemon.start_seconds)
    if not alive():
        raise LocalStackError(f"the {daemon.name} ended while starting: {_tail(daemon)} (log: {daemon.log_file})")
    if not ready:
        raise LocalStackError(
            f"the {daemon.name} was not ready within {daemon.start_seconds:.0f} s: see {daemon.log_file}"
        )


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _is_ours(pid: int, daemon: Daemon) -> bool:
    """False for a zombie and, where /proc exists, for a process that runs another command."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return not Path("/proc/self").exists()
    return state != "Z" and daemon.command[1:][-1] in command


def _port_answers(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _require_same_port(daemon: Daemon) -> None:
    recorded = daemon.pid_file.read_text().split()[1:]
    if recorded and recorded != [str(daemon.port)]:
        variable = _port_variable(daemon)
        raise LocalStackError(
            f"the {daemon.name} runs on port {recorded[0]}, not on {daemon.port}: set {variable}={recorded[0]}, or run "
            "`vectora local down` first"
        )


def _port_variable(daemon: Daemon) -> str:
    return "VECTORA_LOCAL_PORT" if daemon.name == "emulator" else "VECTORA_MODEL_PORT"


def _tail(daemon: Daemon) -> str:
    text = daemon.log_file.read_text(errors="replace")[-_TAIL_CHARACTERS:].strip()
    return " ".join(text.split()) or "it said nothing"
