"""Addresses that are written, resolved or redirected so as to lead inside: none is connected to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from services.ingest import net
from services.ingest.fetch import Fetcher, FetchError, Limits
from services.ingest.gateway import Gateway

LIMITS = Limits(connect=1, read=1, total=3, patience=0)


@pytest.fixture
def inside() -> Iterator[tuple[int, list[str]]]:
    """A server on loopback that counts who connects."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[str] = []

    def serve() -> None:
        while True:
            try:
                connection, address = listener.accept()
            except OSError:
                return
            seen.append(str(address))
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], seen
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)  # wakes the thread, which otherwise listens on for the whole session
    listener.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.1", "0", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
        "localhost", "LOCALHOST.", "127.0.0.1.", "169.254.169.254", "[::ffff:169.254.169.254]", "2852039166",
        "0251.0376.0251.0376", "[fd00:ec2::254]", "[fe80::1%25lo]", "%31%32%37.0.0.1", "user@127.0.0.1",
        "www.example.org@127.0.0.1", "①②⑦.⓪.⓪.①", "127。0。0。1",
    ],
)  # fmt: skip
def test_no_spelling_of_an_inside_address_is_connected_to(inside: tuple[int, list[str]], host: str) -> None:
    port, seen = inside
    web = Fetcher("Test/1", Gateway(), LIMITS)
    with pytest.raises(FetchError):
        web.get(f"http://{host}:{port}/latest/meta-data/", 1000)
    assert seen == []


def test_a_name_that_changes_its_address_between_check_and_connection_is_connected_to_as_checked(
    inside: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, seen = inside
    answers = iter([("::1", port, 0, 0), ("127.0.0.1", port), ("127.0.0.1", port)])
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *args: object, **kwargs: object) -> object:
        if host != "rebind.example.org":
            return real(host, *args, **kwargs)  # type: ignore[arg-type]
        asked.append(host)
        return [(socket.AF_UNSPEC, socket.SOCK_STREAM, 6, "", next(answers))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(
        net, "is_public", lambda address: address == "::1"
    )  # as if it were public; nothing listens there
    with pytest.raises(FetchError):
        web = Fetcher("Test/1", Gateway(), LIMITS, pace=lambda _: 0.001)  # paced: no robots.txt before it
        web.get(f"http://rebind.example.org:{port}/", 1000)
    assert asked == ["rebind.example.org"]
    assert seen == []


def test_a_name_with_one_inside_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    infos = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: infos)
    with pytest.raises(net.BlockedAddressError):
        net.addresses("mixed.example.org", 80, lambda host, port: False)


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/meta-data/", "http://[::ffff:a9fe:a9fe]/", "//2852039166/", "http://127.0.0.1:{port}/x",
     "file:///etc/passwd", "gopher://127.0.0.1:{port}/", "http://[::1", "http://0x7f.1:{port}/"],
)  # fmt: skip
def test_no_redirect_leads_inside(
    inside: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    port, seen = inside
    redirecting = socket.create_server(("127.0.0.1", 0))
    first = redirecting.getsockname()[1]

    def answer() -> None:
        connection, _ = redirecting.accept()
        connection.recv(4096)
        target = location.format(port=port)
        connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        connection.close()

    threading.Thread(target=answer, daemon=True).start()
    gateway = Gateway()
    exempt = property(lambda _: lambda host, at: at == first)
    monkeypatch.setattr(Gateway, "exempt", exempt)
    with pytest.raises(FetchError):
        Fetcher("Test/1", gateway, LIMITS, pace=lambda _: 0.001).get(f"http://127.0.0.1:{first}/", 1000)
    redirecting.close()
    assert seen == []
