"""Ports for servers that are started a while after their port was chosen."""

import random
import socket
from contextlib import suppress

_RANGE = range(20_000, 30_000)
"""Below the ports that the system hands out by itself, so that nobody is given one of these meanwhile."""


def free_port() -> int:
    """A port of the loopback interface on which nobody listens."""
    for port in random.SystemRandom().sample(_RANGE, 200):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"of 200 ports from {_RANGE.start} to {_RANGE.stop} none is free")
