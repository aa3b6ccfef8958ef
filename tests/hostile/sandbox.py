"""A child process that reads documents as ingest does, under limits that the operating system enforces.

`python -m tests.hostile.sandbox` takes length-prefixed JSON headers and bodies on stdin and answers one JSON line each:
the outcome, the processor time, and the peak memory so far.
"""

import json
import os
import resource
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

MEMORY_MB = 512
"""What the function has; the process may never have held more."""
ADDRESS_SPACE = 1_100_000_000
"""Bytes. Above the memory limit, because libraries reserve what they never use."""
ALLOCATOR = {"MALLOC_ARENA_MAX": "1"}
"""As the template sets it: freed memory is free for all threads."""
SECONDS = 15.0
"""Processor time of the worst document, on one slow core; ordinary ones take milliseconds."""
HANGING = 600.0
"""Seconds after which a document counts as one that hangs, however busy the machine is."""
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`told`: how many entries or characters were read, or the one-line reason why not."""

    ok: bool
    told: str
    seconds: float
    peak_mb: float


class Sandbox:
    """The child, started again whenever a document has ended it."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None

    def read(self, kind: str, body: bytes, content_type: str = "", url: str = "", times: int = 1) -> Outcome:
        """Read a document as a listing of `kind` or as an article, so many `times` at once in threads.

        Raises RuntimeError when it ended the process.
        """
        child = self._child = self._child or self._start()
        assert child.stdin and child.stdout
        asked = {"kind": kind, "content_type": content_type, "url": url, "size": len(body), "times": times}
        header = json.dumps(asked).encode()
        watch = threading.Timer(HANGING * times, child.kill)
        watch.start()
        try:
            child.stdin.write(struct.pack(">I", len(header)) + header + body)
            child.stdin.flush()
            line = child.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            watch.cancel()
        if not line:
            self.close()
            raise RuntimeError(f"reading it as {kind} ended the process (status {child.returncode})")
        return Outcome(**json.loads(line))

    def close(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe:
                    pipe.close()
            self._child = None

    @staticmethod
    def _start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.hostile.sandbox"]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | ALLOCATOR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


class _OnePage:
    """A web of one page, whatever is asked for."""

    ends_at = float("inf")

    def __init__(self, body: bytes, content_type: str) -> None:
        self._body, self._content_type = body, content_type

    def get(self, url: str, limit: int, **_: Any) -> Any:
        from services.ingest.fetch import FetchError, Page

        if len(self._body) > limit:
            raise FetchError("too large", size=len(self._body))
        return Page(url, 200, bytes(memoryview(self._body)), self._content_type)  # a copy each


def _outcome(kind: str, body: bytes, content_type: str, url: str) -> tuple[bool, str]:
    """Everything that ingest does with one document: reading, dating, and naming what was read."""
    from services.ingest.listings import poll
    from services.ingest.plan import candidates, with_attachments
    from services.ingest.reading import read
    from services.ingest.sources.base import ReadingContext
    from shared.ids import item_id
    from shared.storage.sources import Entry, Health
    from tests.unit.ingest.builders import source

    now = datetime(2025, 12, 10, tzinfo=UTC)
    web, address = _OnePage(body, content_type), url or "https://www.example.org/news"
    if kind == "article":
        listed = source("site", "https://www.example.org/news", "html")
        (candidate,) = candidates([(listed, [Entry(url=address, title="A title")])])
        got = read(candidate, web, now)
        got.text.encode()
        assert item_id(candidate.entry.url)
        return not got.again, "; ".join(got.notes) or f"{len(got.text)} characters"
    listed = source("site", address, kind, query="x")
    context = ReadingContext(date(2025, 12, 1), date(2025, 12, 10), lambda title: title == "Download")
    polled = poll(listed, web, context, None, Health(), now, now)
    if polled.snapshot:
        polled.snapshot.model_dump_json().encode()
    candidates(with_attachments([(listed, polled.entries)], context.is_link)[0])
    return polled.report.status == "ok", polled.report.error or f"{len(polled.entries)} entries"


def _peak_mb() -> float:
    """The most memory that this process has held. Not ru_maxrss: that one begins with the parent's."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def _exactly(stream: IO[bytes], size: int) -> bytes:
    body = stream.read(size)
    if len(body) < size:
        raise SystemExit(0)
    return body


def main() -> None:
    """Serve until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    while True:
        (size,) = struct.unpack(">I", _exactly(sys.stdin.buffer, 4))
        asked = json.loads(_exactly(sys.stdin.buffer, size))
        body = _exactly(sys.stdin.buffer, asked["size"])
        begun = time.process_time()
        document = (asked["kind"], body, asked["content_type"], asked["url"])
        with ThreadPoolExecutor(asked["times"]) as pool:
            outcomes = list(pool.map(lambda _, document=document: _outcome(*document), range(asked["times"])))
        ok, told = all(ok for ok, _ in outcomes), outcomes[0][1]
        peak = _peak_mb()
        answer = {"ok": ok, "told": told[:200], "seconds": time.process_time() - begun, "peak_mb": peak}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
