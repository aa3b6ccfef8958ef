"""No connection into the network, through the gateway or past it."""

import socket
import threading
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from services.ingest.fetch import Fetcher, FetchError, Limits
from services.ingest.gateway import Gateway, open_gateway
from services.ingest.net import BlockedAddressError, UnknownNameError, addresses, is_public
from shared.errors import InputError

LIMITS = Limits(connect=60, read=60, total=120, redirects=3, patience=1.0)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1",
        "fec0::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "127.1"])
def test_every_spelling_of_loopback_is_refused(host: str) -> None:
    try:
        found = addresses(host, 80, lambda h, p: False)
    except BlockedAddressError:
        return
    except UnknownNameError:
        return  # this resolver does not know the spelling
    pytest.fail(f"{host} led to {found}")


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A socket that records whether anybody connects."""
    seen: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    stop = threading.Event()

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            seen.append(connection.recv(100))
            connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield server.getsockname()[1], seen
    stop.set()
    thread.join()
    server.close()


def test_a_page_on_loopback_is_refused_without_a_connection(listener: tuple[int, list[bytes]]) -> None:
    port, seen = listener
    with pytest.raises(FetchError, match="not a public address"):
        Fetcher("Test/1", Gateway(), LIMITS).get(f"http://127.0.0.1:{port}/secret", 1000)
    assert not seen


def test_a_redirect_inside_is_refused_although_its_first_page_was_allowed(
    httpserver: HTTPServer, listener: tuple[int, list[bytes]]
) -> None:
    port, seen = listener
    httpserver.expect_request("/robots.txt").respond_with_data("")
    httpserver.expect_request("/go").respond_with_data(
        "", status=302, headers={"Location": f"http://localhost:{port}/latest/meta-data/"}
    )

    class OnlyItself(Gateway):
        def address(self, url: str) -> str:
            return url

        def follow(self, url: str, location: str) -> str:
            return location

    fetcher = Fetcher("Test/1", OnlyItself(f"http://{httpserver.host}:{httpserver.port}"), LIMITS)
    with pytest.raises(FetchError, match="not a public address"):
        fetcher.get(httpserver.url_for("/go"), 1000)
    assert not seen


def test_the_gateway_rewrites_addresses_and_nothing_else() -> None:
    gateway = Gateway("http://127.0.0.1:8700")
    assert gateway.address("https://www.example.org/a/b?c=d") == "http://127.0.0.1:8700/www.example.org/a/b?c=d"
    assert gateway.address("https://www.example.org") == "http://127.0.0.1:8700/www.example.org/"
    assert Gateway().address("https://www.example.org/a") == "https://www.example.org/a"


def test_only_the_gateways_own_host_and_port_are_exempt() -> None:
    gateway = Gateway("http://127.0.0.1:8700")
    assert gateway.exempt("127.0.0.1", 8700)
    assert not gateway.exempt("127.0.0.1", 8701)
    assert not gateway.exempt("localhost", 8700)
    assert not Gateway().exempt("127.0.0.1", 80)


def test_redirects_through_the_gateway_keep_the_real_address() -> None:
    gateway = Gateway("http://127.0.0.1:8700")
    real = "https://www.example.org/old"
    assert gateway.follow(real, "/www.example.org/new") == "https://www.example.org/new"
    assert gateway.follow(real, "https://other.example.org/new") == "https://other.example.org/new"
    assert gateway.follow(real, "/new") == "https://www.example.org/new"
    assert Gateway().follow(real, "../new") == "https://www.example.org/new"


def test_a_gateway_is_refused_outside_the_local_stack() -> None:
    assert open_gateway(None, local=False) == Gateway()
    assert open_gateway("http://127.0.0.1:8700/", local=True) == Gateway("http://127.0.0.1:8700")
    with pytest.raises(InputError, match="local stack"):
        open_gateway("http://127.0.0.1:8700", local=False)
    with pytest.raises(InputError, match="HOST:PORT"):
        open_gateway("file:///etc", local=True)
