"""Polite and bounded: every limit of a request, against a server on loopback."""

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from services.ingest.fetch import Fetcher, FetchError, Limits
from services.ingest.gateway import Gateway

PAGE = "https://www.example.org/page"


def fetcher(server: HTTPServer, **limits: float) -> Fetcher:
    bounds = {"connect": 2.0, "read": 0.5, "total": 3.0, "redirects": 3, "patience": 0.5, **limits}
    return Fetcher("VectoraInbox/1.0 (+https://example.org)", Gateway(server.url_for("").rstrip("/")), Limits(**bounds))  # type: ignore[arg-type]


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
    server = HTTPServer("127.0.0.1", threaded=True)
    server.expect_request("/www.example.org/robots.txt").respond_with_data("")
    stop = threading.Event()

    def silent(request: Request) -> Response:
        stop.wait(5)
        return Response("late")

    def drip(request: Request) -> Response:
        return Response(iter(lambda: None if stop.wait(0.2) else b"x", None))

    server.expect_request("/www.example.org/page").respond_with_handler(silent)
    server.expect_request("/www.example.org/drip").respond_with_handler(drip)
    with server:
        begun = time.monotonic()
        with pytest.raises(FetchError, match="in time"):
            fetcher(server).get(PAGE, 1000)
        with pytest.raises(FetchError, match=r"took too long|in time"):
            fetcher(server, total=1.0).get("https://www.example.org/drip", 1000)
        assert time.monotonic() - begun < 4
        stop.set()


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


def test_no_more_than_the_allowed_requests_are_at_a_host_at_once() -> None:
    server = HTTPServer("127.0.0.1", threaded=True)
    server.expect_request("/www.example.org/robots.txt").respond_with_data("")
    now, most, lock = 0, 0, threading.Lock()

    def count(request: Request) -> Response:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return Response("ok")

    server.expect_request("/www.example.org/page").respond_with_handler(count)
    with server, ThreadPoolExecutor(8) as pool:
        web = fetcher(server, per_host=2)
        list(pool.map(lambda _: web.get(PAGE, 100), range(8)))
    assert most == 2
