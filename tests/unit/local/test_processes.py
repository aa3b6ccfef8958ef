"""Servers of the local stack as processes."""

import os
import sys
from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.processes import Daemon, ensure, running_pid, stop


def server(folder: Path, port: int) -> Daemon:
    """A process that only sleeps, and passes for healthy."""
    program = "import time; time.sleep(600)"
    return Daemon("emulator", port, (sys.executable, "-c", program), os.environ, folder, healthy=lambda: True)


def test_a_server_that_runs_on_another_port_is_told_at_once_with_the_way_out(tmp_path: Path) -> None:
    here, elsewhere = server(tmp_path, 1), server(tmp_path, 2)
    try:
        assert ensure(here)
        assert not ensure(here), "it runs already"
        with pytest.raises(LocalStackError, match=r"runs on port 1, not on 2: set VECTORA_LOCAL_PORT=1, or .* down"):
            ensure(elsewhere)
        assert running_pid(here) is not None, "it is left alone"
    finally:
        assert stop(elsewhere), "the same process, whatever port is asked for"
