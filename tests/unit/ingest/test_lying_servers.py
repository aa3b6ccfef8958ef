"""Servers that lie about what they send: each answer is an error of its own address, or what was really sent."""

import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest

from services.ingest.fetch import Fetcher, FetchError, Limits
from services.ingest.gateway import Gateway

LIMITS = Limits(connect=60, read=60, total=120, whole=300, patience=0)
LIMIT = 1_000_000
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
EMPTY = b"\r\nContent-Length: 0\r\n\r\n"
ZEROS = gzip.compress(b"\0" * 60_000_000)


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


@pytest.fixture
def origin() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A gateway that answers with these very bytes, by path, and closes the connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    answers: dict[str, bytes] = {}

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            path = connection.recv(65_536).split(b" ")[1].decode()
            connection.sendall(answers.get(path, b"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n"))

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", answers
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def get(origin: tuple[str, dict[str, bytes]], answer: bytes) -> bytes:
    address, answers = origin
    answers["/www.example.org/page"] = answer
    return Fetcher("Test/1", Gateway(address), LIMITS).get("https://www.example.org/page", LIMIT).body


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (GZIP + CHUNKED + chunked(ZEROS), "larger than 1000 kB"),
        (GZIP + b"Content-Length: 100\r\n" + CHUNKED + chunked(ZEROS), "larger"),
        (OK + b"Content-Encoding: deflate\r\n" + CHUNKED + chunked(zlib.compress(b"\0" * 60_000_000)), "larger"),
        (OK + b"Content-Encoding: gzip, gzip\r\n" + CHUNKED + chunked(gzip.compress(ZEROS)), "larger"),
        (OK + b"Content-Encoding: " + b"gzip, " * 200 + b"gzip\r\nContent-Length: 2\r\n\r\nxx", "do not decompress"),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone", "do not decompress"),
        (OK + b"Content-Length: 5000\r\n\r\nshort", "broke the connection off"),
        (OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nx", ""),
        (OK + b"Content-Length: 2000000\r\n\r\nx", "larger"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx", ""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nx\r\n0\r\n\r\n", ""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n", "broke the connection off"),
        (OK + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\n", "broke the connection off"),
        (OK + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n", "broke the connection off"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000 + b"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n", "answered 404"),
        (b"HTTP/1.1 " + b"2" * 70_000, "broke the connection off"),
        (b"HTTP/1.1 302 No\r\nLocation: https://www.example.org/" + b"a" * 60_000 + EMPTY, ""),
        (b"HTTP/1.1 302 No\r\nLocation: http://[" + EMPTY, ""),
        (b"HTTP/1.1 302 No\r\nLocation: \xff\xfe" + EMPTY, ""),
        (b"\0" * 70_000, "broke the connection off"),
        (b"", "broke the connection off"),
    ],
)  # fmt: skip
def test_a_lie_is_an_error_of_its_own_address(origin: tuple[str, dict[str, bytes]], answer: bytes, told: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match=told or None) as raised:
            get(origin, answer)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(str(raised.value)) < 400
    assert peak < 16_000_000, peak


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 5\r\n\r\nhello and more that nobody announced",
        OK + b"Content-Length: \xb2\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 1000 + b"\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_what_was_announced_is_read_and_no_more(origin: tuple[str, dict[str, bytes]], answer: bytes) -> None:
    assert get(origin, answer) == b"hello"


def test_a_robots_txt_of_many_rules_and_no_end_closes_its_own_host(origin: tuple[str, dict[str, bytes]]) -> None:
    address, answers = origin
    answers["/www.example.org/robots.txt"] = OK + b"\r\n" + b"User-agent: *\nDisallow: /*a*a*a$\n" * 600_000
    with pytest.raises(FetchError, match=r"robots\.txt: larger than 512 kB"):
        get((address, answers), OK + b"Content-Length: 5\r\n\r\nhello")
    other = Fetcher("Test/1", Gateway(address), LIMITS)
    answers["/other.example.org/page"] = OK + b"Content-Length: 5\r\n\r\nhello"
    assert other.get("https://other.example.org/page", LIMIT).body == b"hello"
