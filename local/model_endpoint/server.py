"""HTTP in front of the endpoint: Bedrock's two operations and the control API, on loopback only."""

import json
import urllib.parse
from http.server import BaseHTTPRequestHandler
from typing import Any

from pydantic import ValidationError

from local.http_server import LoopbackServer
from local.model_endpoint.endpoint import Endpoint
from local.model_endpoint.wire import WireError


class Server(LoopbackServer):
    """Serves one Endpoint."""

    def __init__(self, port: int, endpoint: Endpoint) -> None:
        super().__init__(port, Handler)
        self.endpoint = endpoint


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        endpoint = self.server.endpoint
        if url.path == "/_control/stats":
            return self._send(200, endpoint.log.stats())
        if url.path == "/_control/settings":
            return self._send(200, endpoint.settings.public())
        if url.path == "/_control/calls":
            return self._send(200, endpoint.log.recent())
        return self._send(404, {"message": f"nothing at {url.path}"})

    def do_POST(self) -> None:
        path = urllib.parse.urlsplit(self.path).path
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        except ValueError:
            return self._refuse(WireError("SerializationException", 400, "the body is not JSON"))
        if path.startswith("/_control/"):
            return self._control(path, body)
        try:
            return self._send(200, self.server.endpoint.call(path, self.headers.get("Authorization", ""), body))
        except WireError as error:
            return self._refuse(error)

    def _control(self, path: str, body: Any) -> None:
        endpoint = self.server.endpoint
        if path == "/_control/reset":
            endpoint.reset()
            return self._send(200, endpoint.log.stats())
        if path != "/_control/settings" or not isinstance(body, dict):
            return self._send(404, {"message": f"nothing at {path}"})
        try:
            endpoint.configure(body)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in error.errors())
            return self._send(400, {"message": faults})
        return self._send(200, endpoint.settings.public())

    def _refuse(self, error: WireError) -> None:
        self._send(error.status, {"message": error.message}, {"x-amzn-ErrorType": error.code})

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The log of calls says more than a line for each request."""
