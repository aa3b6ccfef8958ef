"""What a server can take of a run's time: each request, all requests of a source, and no trick to prolong them."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from urllib3.connection import HTTPConnection

from services.ingest import net
from services.ingest.allowance import Allowance
from services.ingest.fetch import Fetcher, FetchError, Limits, OutOfTimeError
from services.ingest.gateway import Gateway
from services.ingest.listings import POLL_SECONDS, poll
from services.ingest.net import ADDRESSES, guarded_pool
from services.ingest.plan import candidates
from services.ingest.reading import ARTICLE_SECONDS, read
from services.ingest.sources.base import ReadingContext
from shared.config.rules import HtmlExtractor
from shared.storage.sources import Entry, Health
from tests.unit.ingest.builders import NOW, source

CONTEXT = ReadingContext(date(2025, 12, 1), date(2025, 12, 10), lambda _: False)
INVOCATION = 838.0
"""Seconds of an invocation that there are for reading."""


@dataclass
class Answer:
    """One answer of a web without sockets; its body comes a byte a second."""

    web: "SlowWeb"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    seconds: int = 0

    def stream(self, _size: int, *, decode_content: bool) -> Iterator[bytes]:
        assert decode_content
        for _ in range(self.seconds):
            self.web.clock += 1
            yield b" "
        yield self.body

    def close(self) -> None:
        return


class SlowWeb:
    """A web whose time passes only while it answers. `pages` gives address → (seconds, body or where it redirects)."""

    def __init__(self, pages: dict[str, tuple[int, str]], robots: int = 0) -> None:
        self.clock, self.pages, self.robots, self.asked = 1000.0, pages, robots, list[str]()

    def request(self, _method: str, url: str, **_: Any) -> Answer:
        self.asked.append(url)
        if urlsplit(url).path == "/robots.txt":
            return Answer(self, seconds=self.robots)
        seconds, said = self.pages[url]
        if said.startswith("https:"):
            self.clock += seconds
            return Answer(self, 302, {"Location": said})
        return Answer(self, headers={"Content-Type": "text/html"}, body=said.encode(), seconds=seconds)

    def wait(self, seconds: float) -> None:
        self.clock += seconds

    def fetcher(self, **changes: Any) -> Fetcher:
        given = {"ends_at": self.clock + INVOCATION, "pause": self.wait, "monotonic": lambda: self.clock, **changes}
        return Fetcher("T/1", Gateway(), Limits(), pool=self, **given)  # type: ignore[arg-type]


def hosts(count: int) -> dict[str, tuple[int, str]]:
    """So many hosts that redirect to one another, and a page at the end."""
    chain = {f"https://h{n}.example.org/": (0, f"https://h{n + 1}.example.org/") for n in range(count)}
    return {**chain, f"https://h{count}.example.org/": (0, "the page")}


def listing(number: int) -> str:
    items = "".join(
        f"<div class='n'><h3><a href='/{number}/{n}'>Title {number} {n}</a></h3><time>2025-12-09</time></div>"
        for n in range(5)
    )
    return f"<html><body>{items}<a rel='next' href='/page{number + 1}'>next</a></body></html>"


def test_redirects_to_hosts_with_a_slow_robots_txt_end_with_an_error_of_that_page() -> None:
    web = SlowWeb(hosts(5), robots=38)
    with pytest.raises(FetchError, match="longer than 120 s"):
        web.fetcher().get("https://h0.example.org/", 1000)
    assert 100 < web.clock - 1000 <= 121


def test_redirects_to_hosts_with_a_quick_robots_txt_are_followed() -> None:
    web = SlowWeb(hosts(5), robots=3)
    assert web.fetcher().get("https://h0.example.org/", 1000).body.strip() == b"the page"


def test_a_robots_txt_that_the_allowance_cut_off_is_read_by_the_next_request() -> None:
    web = SlowWeb({"https://h0.example.org/": (0, "the page")}, robots=30)
    fetch, small = web.fetcher(), Allowance(10)
    with pytest.raises(FetchError):
        fetch.get("https://h0.example.org/", 1000, allowance=small)
    assert fetch.get("https://h0.example.org/", 1000).status == 200


def test_the_end_of_the_run_is_still_no_fault_of_the_page() -> None:
    web = SlowWeb(hosts(5), robots=38)
    with pytest.raises(OutOfTimeError):
        web.fetcher(ends_at=web.clock + 60).get("https://h0.example.org/", 1000)


def test_a_listing_of_many_slow_pages_is_read_as_far_as_its_time_goes() -> None:
    pages = {f"https://s.example.org/page{n}": (39, listing(n)) for n in range(60)}
    extractor = {"max_pages": 50, "selectors": {"item": "div.n"}}
    context = replace(CONTEXT, since=date(2020, 1, 1), extractor=HtmlExtractor.model_validate(extractor))
    web = SlowWeb(pages)
    polled = poll(source("s", "https://s.example.org/page0", "html"), web.fetcher(), context, None, Health(), NOW, NOW)
    assert web.clock - 1000 <= POLL_SECONDS + 2 < INVOCATION / 2
    assert polled.report.status == "partial"
    assert "longer than 240 s" in polled.report.error
    assert len(polled.entries) == 30  # six pages of 39 s were read and are kept


def test_a_hostile_listing_whose_every_page_is_behind_redirects_ends_as_its_own_failure() -> None:
    """Each page redirects over five hosts whose robots.txt takes 38 s, and names another such page as the next."""
    pages: dict[str, tuple[int, str]] = {}
    for n in range(10):
        pages[f"https://s.example.org/page{n}"] = (0, f"https://p{n}h0.example.org/")
        pages |= {f"https://p{n}h{hop}.example.org/": (9, f"https://p{n}h{hop + 1}.example.org/") for hop in range(4)}
        pages[f"https://p{n}h4.example.org/"] = (9, listing(n).replace("/page", "https://s.example.org/page"))
    web = SlowWeb(pages, robots=38)
    polled = poll(source("s", "https://s.example.org/page0", "html"), web.fetcher(), CONTEXT, None, Health(), NOW, NOW)
    assert polled.report.status == "failed"
    assert web.clock - 1000 <= POLL_SECONDS + 2


def test_an_article_with_hostile_attachments_takes_no_more_than_its_time() -> None:
    """Its page says nothing; each attachment is behind hosts whose robots.txt takes half a minute."""
    pages: dict[str, tuple[int, str]] = {"https://s.example.org/one": (20, "<p>See it.</p>")}
    for name in ("a", "b"):
        pages[f"https://s.example.org/{name}.pdf"] = (0, f"https://{name}0.example.org/")
        pages |= {f"https://{name}{n}.example.org/": (0, f"https://{name}{n + 1}.example.org/") for n in range(4)}
        pages[f"https://{name}4.example.org/"] = (0, "%PDF-")
    web = SlowWeb(pages, robots=30)
    attached = tuple(f"https://s.example.org/{name}.pdf" for name in ("a", "b"))
    entry = Entry(url="https://s.example.org/one", title="One", attachments=attached)
    (candidate,) = candidates([(source("s", "https://s.example.org/", content_enrichment=True), [entry])])
    got = read(candidate, web.fetcher(), NOW)
    assert web.clock - 1000 <= ARTICLE_SECONDS + 2
    assert got.again
    assert got.text == "See it."
    assert sum("longer than 180 s" in note for note in got.notes) == 2


def test_a_pace_that_the_allowance_has_no_time_for_is_not_waited_for() -> None:
    web = SlowWeb({"https://h0.example.org/": (0, "the page")})
    fetch, allowance = web.fetcher(pace=lambda _: 6.0), Allowance(10)
    fetch.get("https://h0.example.org/", 100, allowance=allowance)
    fetch.get("https://h0.example.org/", 100, allowance=allowance)
    with pytest.raises(FetchError, match="longer than 10 s"):
        fetch.get("https://h0.example.org/", 100, allowance=allowance)
    assert web.clock == 1006


HEAD = b"HTTP/1.1 200 OK\r\n"
DRIPS = {
    "headers": (HEAD + b"X-Long: ", b"x"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body of known length": (HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
    "a body until the end": (HEAD + b"\r\n", b"x"),
    "a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n", b"x"),
    "a chunk's size": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
    "compressed": (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n\x1f\x8b\x08", b"\x00"),
}


class Dripping:
    """A server that allows robots and then sends a piece of its answer now and then, for half a minute."""

    def __init__(self, start: bytes, drip: bytes) -> None:
        self._start, self._drip = start, drip
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._stop, self.finished = threading.Event(), False
        self.port = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            if b"/robots.txt" in connection.recv(4096):
                connection.sendall(b"HTTP/1.1 404 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            try:
                connection.sendall(self._start)
                for _ in range(300):
                    if self._stop.wait(0.1):
                        return
                    connection.sendall(self._drip)
            except OSError:
                return
            self.finished = True


@pytest.mark.parametrize("kind", DRIPS)
def test_a_server_that_sends_a_byte_now_and_then_is_left_when_the_requests_time_is_over(kind: str) -> None:
    with Dripping(*DRIPS[kind]) as site:
        web = Fetcher("T/1", Gateway(f"http://127.0.0.1:{site.port}"), Limits(read=5, total=1.0, patience=0.1))
        with pytest.raises(FetchError, match=r"in time|took too long|longer than"):
            web.get("https://www.example.org/page", 1_000_000)
        assert not site.finished


def test_a_connection_that_was_read_within_its_time_is_used_again(httpserver: Any) -> None:
    httpserver.expect_request("/page").respond_with_data("ok")
    pool = guarded_pool(lambda host, port: True)
    for _ in range(3):
        with net.reading_within(30):
            assert pool.request("GET", httpserver.url_for("/page"), timeout=20).data == b"ok"


def test_a_name_with_very_many_addresses_costs_no_more_than_a_few_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def many(host: str, port: int, **_: Any) -> list[Any]:
        return [(None, None, None, "", (f"93.184.216.{n}", port)) for n in range(200)]

    def refuse(connection: Any) -> Any:
        tried.append(connection._dns_host)
        raise OSError("no route")

    monkeypatch.setattr(socket, "getaddrinfo", many)
    monkeypatch.setattr(HTTPConnection, "_new_conn", refuse)
    with pytest.raises(Exception, match="no route"):
        guarded_pool(lambda host, port: False).request("GET", "http://many.example.org/", retries=False)
    assert tried == [f"93.184.216.{n}" for n in range(ADDRESSES)]
