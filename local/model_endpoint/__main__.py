"""`python -m local.model_endpoint --port N [--log FILE] [--set name=value ...]`"""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from local.model_endpoint.answers import Answers
from local.model_endpoint.calls import CallLog
from local.model_endpoint.endpoint import Endpoint
from local.model_endpoint.server import Server
from local.model_endpoint.settings import from_environment


def main() -> None:
    """Serve until a signal asks to stop."""
    arguments = _arguments()
    settings = from_environment().changed(dict(map(_pair, arguments.set)))
    endpoint = Endpoint(settings, Answers(), CallLog(arguments.log))
    try:
        server = Server(arguments.port, endpoint)
    except OSError as error:
        sys.exit(f"port {arguments.port} cannot be used: {error.strerror}")
    stop = threading.Thread(target=server.shutdown, daemon=True)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.start() if not stop.is_alive() else None)
    server.serve_forever(poll_interval=0.2)
    server.server_close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="model_endpoint", description="A Bedrock-like model endpoint on loopback.")
    parser.add_argument("--port", type=int, default=4570)
    parser.add_argument("--log", type=Path, default=None, help="file that gets one JSON line a call")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="an initial setting")
    return parser.parse_args()


def _pair(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


if __name__ == "__main__":
    main()
