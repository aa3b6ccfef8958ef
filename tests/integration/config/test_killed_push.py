"""A push whose process is killed: a real process, a real kill, over HTTP."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from botocore.config import Config

from shared.config.loader import DirectorySource
from shared.config.store import CURRENT, S3ConfigStore

PROJECT = Path(__file__).parents[3]
FILES = DirectorySource(PROJECT / "config").files()
BUCKET = "config"
PATIENCE = 120.0
PUSH = """
import sys
from pathlib import Path
from shared.config.loader import DirectorySource
from tests.integration.config.test_killed_push import store
files = DirectorySource(Path("config")).files()
files["clients/demo.yaml"] += b"notes: changed\\n"
store(sys.argv[1]).push(files)
"""


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as a push asks for. The server's `objects` are what was put; once `left` is used up, a put is kept
    waiting for an answer that never comes."""

    server: "Server"
    protocol_version = "HTTP/1.1"
    """Answers `Expect: 100-continue`, for which boto3 waits a second at each put."""

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.left == 0:
            self.server.stuck.set()
            self.server.ended.wait(PATIENCE)
            return
        self.server.left -= 1
        self.server.objects[self._key()] = body
        self._answer(200, b"")

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            prefix = query.get("prefix", [""])[0]
            keys = sorted(key for key in self.server.objects if key.startswith(prefix))
            rows = "".join(
                f"<Contents><Key>{key}</Key><Size>{len(self.server.objects[key])}</Size></Contents>" for key in keys
            )
            self._answer(200, f"<ListBucketResult>{rows}</ListBucketResult>".encode())
        elif self._key() in self.server.objects:
            self._answer(200, self.server.objects[self._key()])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}/")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Bucket)
        self.objects: dict[str, bytes] = {}
        self.left = -1
        self.stuck, self.ended = threading.Event(), threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


def store(address: str) -> S3ConfigStore:
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, read_timeout=PATIENCE)
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", config=config,
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    return S3ConfigStore(client, BUCKET)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.ended.set()
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("written", [0, len(FILES) // 2, len(FILES)], ids=["nothing", "half", "all but current.json"])
def test_a_killed_push_leaves_the_old_release_current_and_the_next_one_succeeds(server: Server, written: int) -> None:
    kept = store(server.address)
    old = kept.push(FILES)
    before = server.objects[CURRENT]
    server.left = written
    process = subprocess.Popen([sys.executable, "-c", PUSH, server.address], cwd=PROJECT)
    try:
        assert server.stuck.wait(PATIENCE), "the push never came so far"
        assert process.poll() is None
    finally:
        process.kill()
    assert process.wait(PATIENCE) == -9
    assert server.objects[CURRENT] == before
    assert kept.current() == old
    assert kept.files(old) == FILES
    half = {key.split("/")[1] for key in server.objects if key.startswith("releases/")} - {old}
    assert len(half) == (1 if written else 0)

    server.left = -1
    changed = {**FILES, "clients/demo.yaml": FILES["clients/demo.yaml"] + b"notes: changed\n"}
    new = kept.push(changed)
    assert kept.current() == new
    assert half <= {new}
    assert kept.files(new) == changed
