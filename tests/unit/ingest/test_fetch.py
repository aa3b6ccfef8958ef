"""Polite and bounded: every limit of a request, against a server on loopback."""

import gzip
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest
from pytest_httpserver import HTTPServer
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import ReadTimeoutError
from werkzeug import Request, Response

from services.ingest.fetch import Fetcher, FetchError, Limits, OutOfTimeError
from services.ingest.gateway import Gateway

PAGE = "https://www.example.org/page"
AMPLE = {"connect": 60.0, "read": 60.0, "total": 120.0}
"""Seconds in which a server on loopback answers, however busy the machine is."""


def fetcher(server: HTTPServer, limits: dict[str, float] = AMPLE, **settings: Any) -> Fetcher:
    bounds = {"redirects": 3, "patience": 0.5, **limits}
    gateway = Gateway(server.url_for("").rstrip("/"))
    return Fetcher("VectoraInbox/1.0 (+https://example.org)", gateway, Limits(**bounds), **settings)  # type: ignore[arg-type]


class Clock:
    """Monotonic time that passes when somebody says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def server(httpserver: HTTPServer) -> HTTPServer:
    httpserver.expect_request("/www.example.org/robots.txt").respond_with_data("User-agent: *\nDisallow: /private\n")
    return httpserver


def test_a_page_comes_with_its_validators_and_who_asked_is_told(server: HTTPServer) -> None:
    server.expect_request("/www.example.org/page").respond_with_data(
        "hello", headers={"ETag": '"1"', "Last-Modified": "x", "Content-Type": "text/plain"}
    )
    page = fetcher(server).get(PAGE, 1000)
    assert (page.body, page.etag, page.last_modified, page.content_type) == (b"hello", '"1"', "x", "text/plain")
    request = server.log[-1][0]
    assert request.headers["User-Agent"].startswith("VectoraInbox/1.0 (+https://")


def test_a_304_is_an_answer(server: HTTPServer) -> None:
    server.expect_request("/www.example.org/page", headers={"If-None-Match": '"1"'}).respond_with_data("", status=304)
    assert fetcher(server).get(PAGE, 1000, etag='"1"').status == 304


@pytest.mark.parametrize("status", [404, 403, 410, 500, 502])
def test_other_statuses_are_errors_that_name_it(server: HTTPServer, status: int) -> None:
    server.expect_request("/www.example.org/page").respond_with_data("x", status=status)
    with pytest.raises(FetchError, match=str(status)):
        fetcher(server).get(PAGE, 1000)


def test_robots_txt_is_obeyed(server: HTTPServer) -> None:
    with pytest.raises(FetchError, match=r"robots\.txt does not allow"):
        fetcher(server).get("https://www.example.org/private/page", 1000)
    assert [request.path for request, _ in server.log] == ["/www.example.org/robots.txt"]


def test_an_absent_robots_txt_allows_and_a_broken_one_forbids(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/absent.example.org/robots.txt").respond_with_data("", status=404)
    httpserver.expect_request("/broken.example.org/robots.txt").respond_with_data("", status=500)
    httpserver.expect_request("/absent.example.org/page").respond_with_data("ok")
    web = fetcher(httpserver)
    assert web.get("https://absent.example.org/page", 100).body == b"ok"
    with pytest.raises(FetchError, match=r"robots\.txt: answered 500"):
        web.get("https://broken.example.org/page", 100)


def test_a_declared_or_actual_size_over_the_limit_is_refused(server: HTTPServer) -> None:
    server.expect_request("/www.example.org/page").respond_with_data("x" * 2000)
    with pytest.raises(FetchError, match="larger than"):
        fetcher(server).get(PAGE, 1000)


def test_a_decompression_bomb_is_refused_after_the_limit(server: HTTPServer) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    server.expect_request("/www.example.org/page").respond_with_data(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="larger than"):
        fetcher(server).get(PAGE, 1_000_000)


def test_a_redirect_loop_ends(server: HTTPServer) -> None:
    server.expect_request("/www.example.org/page").respond_with_data(
        "", status=302, headers={"Location": "/www.example.org/page"}
    )
    with pytest.raises(FetchError, match="more than 3 redirects"):
        fetcher(server).get(PAGE, 1000)


def test_a_server_that_does_not_answer_or_drips_is_left() -> None:
    """Both answer in the end, so that whoever waits for that gets a page."""
    server, left = HTTPServer("127.0.0.1", threaded=True), threading.Event()

    def silent(request: Request) -> Response:
        left.wait(60)
        return Response("late")

    def drip(request: Request) -> Response:
        return Response(itertools.islice(iter(lambda: None if left.wait(0.2) else b"x", None), 300))

    server.expect_request("/www.example.org/silent").respond_with_handler(silent)
    server.expect_request("/www.example.org/drip").respond_with_handler(drip)
    unasked: dict[str, Any] = {
        "pace": lambda _: 0.001
    }  # paced: no robots.txt, which would have to come within the limits
    with server:
        try:
            with pytest.raises(FetchError, match="in time"):
                fetcher(server, AMPLE | {"read": 0.5}, **unasked).get("https://www.example.org/silent", 1000)
            with pytest.raises(FetchError, match=r"took too long|in time"):
                fetcher(server, AMPLE | {"total": 1.0}, **unasked).get("https://www.example.org/drip", 1000)
        finally:
            left.set()


def test_a_short_retry_after_is_waited_for_once(httpserver: HTTPServer) -> None:
    server, waits = httpserver, list[float]()
    server.expect_ordered_request("/www.example.org/robots.txt").respond_with_data("")
    server.expect_ordered_request("/www.example.org/page").respond_with_data(
        "", status=429, headers={"Retry-After": "1"}
    )
    server.expect_ordered_request("/www.example.org/page").respond_with_data("ok")
    web = Fetcher("T/1", Gateway(server.url_for("").rstrip("/")), Limits(patience=5), pause=waits.append)
    assert web.get(PAGE, 100).body == b"ok"
    assert waits == [1.0]


def test_a_host_that_asks_for_a_long_pause_is_not_asked_again(server: HTTPServer) -> None:
    server.expect_request("/www.example.org/page").respond_with_data("", status=429, headers={"Retry-After": "900"})
    with pytest.raises(FetchError, match="429") as caught:
        fetcher(server).get(PAGE, 100)
    assert caught.value.retry_after == 900


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("9" * 20, 1e20), ("9" * 400, float("inf")), ("²", 0), ("soon", 0), ("-5", 0), ("", 0)],
)
def test_whatever_stands_in_retry_after_the_status_is_told(server: HTTPServer, header: str, seconds: float) -> None:
    server.expect_request("/www.example.org/page").respond_with_data("", status=429, headers={"Retry-After": header})
    with pytest.raises(FetchError, match="answered 429") as caught:
        fetcher(server).get(PAGE, 100)
    assert caught.value.retry_after == seconds


def test_no_more_than_the_allowed_requests_are_at_a_host_at_once() -> None:
    server = HTTPServer("127.0.0.1", threaded=True)
    server.expect_request("/www.example.org/robots.txt").respond_with_data("")
    now, most, lock, both = 0, 0, threading.Lock(), threading.Barrier(2)

    def count(request: Request) -> Response:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        both.wait(60)  # as many as are allowed do come together
        time.sleep(0.05)  # a chance for one too many
        with lock:
            now -= 1
        return Response("ok")

    server.expect_request("/www.example.org/page").respond_with_handler(count)
    with server, ThreadPoolExecutor(8) as pool:
        web = fetcher(server, AMPLE | {"per_host": 2})
        assert [page.body for page in pool.map(lambda _: web.get(PAGE, 100), range(8))] == [b"ok"] * 8
    assert most == 2


ROBOTS = "/www.example.org/robots.txt"


def patient(server: HTTPServer, waits: list[float], **limits: float) -> Fetcher:
    bounds = {**AMPLE, "patience": 5.0, **limits}
    return Fetcher("T/1", Gateway(server.url_for("").rstrip("/")), Limits(**bounds), pause=waits.append)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_failure_of_a_moment_is_asked_for_once_more(httpserver: HTTPServer, status: int) -> None:
    waits: list[float] = []
    httpserver.expect_ordered_request(ROBOTS).respond_with_data("")
    httpserver.expect_ordered_request("/www.example.org/page").respond_with_data("", status=status)
    httpserver.expect_ordered_request("/www.example.org/page").respond_with_data("ok")
    assert patient(httpserver, waits).get(PAGE, 100).body == b"ok"
    assert waits == [2.0]


@pytest.mark.parametrize(("status", "times"), [(502, 2), (504, 2), (500, 1), (404, 1), (403, 1)])
def test_it_is_asked_for_once_more_and_not_again(server: HTTPServer, status: int, times: int) -> None:
    server.expect_request("/www.example.org/page").respond_with_data("", status=status)
    with pytest.raises(FetchError, match=str(status)):
        patient(server, []).get(PAGE, 100)
    assert [request.path for request, _ in server.log].count("/www.example.org/page") == times


class Unreliable:
    """A server that breaks the first `breaks` connections to `path` off, after `meanwhile`, and then answers."""

    def __init__(self, breaks: int, *, path: str = "/page", meanwhile: Callable[[], None] = lambda: None) -> None:
        self.breaks, self.path, self.meanwhile, self.asked = breaks, path, meanwhile, 0
        self.over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith(outer.path):
                    outer.asked += 1
                    if outer.asked <= outer.breaks:
                        outer.meanwhile()
                        self.close_connection = True
                        return
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def hang(self) -> None:
        """No answer as long as the test runs."""
        self.over.wait(120)

    def fetcher(self, limits: dict[str, float] = AMPLE, **settings: Any) -> Fetcher:
        gateway = Gateway(f"http://127.0.0.1:{self.server.server_address[1]}")
        return Fetcher("T/1", gateway, Limits(**limits), pause=lambda _: None, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/page", "/robots.txt"])
def test_a_connection_that_breaks_once_costs_nothing(path: str) -> None:
    with Unreliable(1, path=path) as site:
        assert site.fetcher().get(PAGE, 100).status == 200
        assert site.asked == 2


class OnceHurried(PoolManager):
    """Has next to no time for the first page that is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts = [Timeout(read=0.3)]

    def request(self, method: str, url: str, **settings: Any) -> Any:  # type: ignore[override]
        if url.endswith("/page") and self.timeouts:
            settings["timeout"] = self.timeouts.pop()
        return super().request(method, url, **settings)


def test_a_time_out_is_tried_once_more() -> None:
    site = Unreliable(1)
    site.meanwhile = site.hang
    with site:
        assert site.fetcher(pool=OnceHurried()).get(PAGE, 100).status == 200
        assert site.asked == 2


def test_a_connection_that_breaks_twice_is_an_error() -> None:
    with Unreliable(2) as site, pytest.raises(FetchError, match="broke the connection off"):
        site.fetcher().get(PAGE, 100)
    assert site.asked == 2


def test_there_is_no_second_try_without_time_for_it() -> None:
    clock = Clock()

    def pass_time() -> None:
        clock.now += 119.0

    with Unreliable(1, meanwhile=pass_time) as site, pytest.raises(FetchError, match="broke the connection off"):
        site.fetcher(monotonic=clock.monotonic).get(PAGE, 100)
    assert site.asked == 1


def test_a_host_that_never_answers_is_left_alone_for_the_rest_of_the_run() -> None:
    with Unreliable(100) as site:
        web = site.fetcher()
        for _ in range(3):
            with pytest.raises(FetchError, match="broke the connection off"):
                web.get(PAGE, 100)
        with pytest.raises(FetchError, match="did not answer 6 times in a row"):
            web.get(PAGE, 100)
    assert site.asked == 6


def test_an_answer_in_between_makes_a_host_alive_again() -> None:
    with Unreliable(5) as site:
        web = site.fetcher()
        for _ in range(2):
            with pytest.raises(FetchError):
                web.get(PAGE, 100)
        for _ in range(10):
            assert web.get(PAGE, 100).status == 200


def test_waiting_for_a_hosts_other_requests_is_not_the_requests_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of ten requests takes half of the time that one may take, and all wait for the first."""
    clock, queued, begun = Clock(), threading.Event(), itertools.count(1)

    class Counted(threading.BoundedSemaphore):
        def acquire(self, *args: Any, **kwargs: Any) -> bool:
            if next(begun) == 11:  # robots.txt, and ten pages
                queued.set()
            return super().acquire(*args, **kwargs)

    monkeypatch.setattr(threading, "BoundedSemaphore", Counted)
    site = HTTPServer("127.0.0.1", threaded=True)
    site.expect_request("/www.example.org/robots.txt").respond_with_data("")

    def slow(request: Request) -> Response:
        assert queued.wait(60)
        clock.now += 60.0
        return Response("ok")

    site.expect_request("/www.example.org/page").respond_with_handler(slow)
    with site, ThreadPoolExecutor(10) as pool:
        web = fetcher(site, AMPLE | {"per_host": 1}, monotonic=clock.monotonic)
        assert [page.body for page in pool.map(lambda _: web.get(PAGE, 100), range(10))] == [b"ok"] * 10
    assert clock.now == 1600.0


def test_the_end_of_the_run_is_not_the_pages_fault() -> None:
    clock, given = Clock(), list[float]()

    class Silent:
        """A pool whose servers take all the time that they are given."""

        def request(self, method: str, url: str, *, timeout: Timeout, **_: Any) -> None:
            given.append(float(timeout.read_timeout or 0))
            clock.now += given[-1]
            raise ReadTimeoutError(None, url, "silent")  # type: ignore[arg-type]

    paced: dict[str, Any] = {"pace": lambda _: 0.001, "pause": lambda _: None}  # no robots.txt before it
    web = Fetcher(
        "T/1", Gateway(), Limits(), ends_at=clock.now + 1.0, monotonic=clock.monotonic, pool=Silent(), **paced
    )
    for _ in range(2):
        with pytest.raises(OutOfTimeError):
            web.get(PAGE, 100)
    assert given == [1.0]


def test_a_pace_that_the_run_has_no_time_for_leaves_the_rest_to_another_one(httpserver: HTTPServer) -> None:
    httpserver.expect_request(ROBOTS).respond_with_data("User-agent: *\nCrawl-delay: 50\n")
    httpserver.expect_request("/www.example.org/page").respond_with_data("ok")
    clock = Clock()
    limits = AMPLE | {"patience": 60.0}
    web = fetcher(httpserver, limits, ends_at=clock.now + 40.0, monotonic=clock.monotonic, pause=lambda _: None)
    assert web.get(PAGE, 100).body == b"ok"
    with pytest.raises(OutOfTimeError, match="pace"):
        web.get(PAGE, 100)
