"""Connections that refuse addresses inside the network, checked for the address really connected to, every time, and
that no server can hold longer than the request may take."""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

Exempt = Callable[[str, int], bool]
"""Whether a host and port may be connected to whatever its address is."""

ADDRESSES = 4
"""A name's addresses that are tried, each for the time that connecting may take."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6; the rest is local, or wraps other addresses (RFC 4291, IANA's registry)."""


class BlockedAddressError(HTTPError):
    """A name led to an address that must not be connected to."""


class UnknownNameError(HTTPError):
    """A name that does not resolve."""


_read_until: ContextVar[float] = ContextVar("read_until", default=float("inf"))


@contextmanager
def reading_within(seconds: float) -> Iterator[None]:
    """Answers that are read in a with block must be there within so many seconds: a socket's own time-out begins anew
    with every byte, and so never ends for a server that sends one now and then."""
    token = _read_until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _read_until.reset(token)


class _TimedReads(RawIOBase):
    """A socket's bytes, each read within the socket's time-out and within what `reading_within` leaves."""

    def __init__(self, inner: RawIOBase, sock: socket.socket) -> None:
        self._inner, self._sock, self._patience = inner, sock, sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any, /) -> int | None:
        left = _read_until.get() - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left if self._patience is None else min(left, self._patience))
        try:
            return self._inner.readinto(into)
        finally:
            self._sock.settimeout(self._patience)

    def close(self) -> None:
        self._inner.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **rest: Any) -> None:
        super().__init__(sock, *args, **rest)
        self.fp = BufferedReader(_TimedReads(self.fp.detach(), sock))


def is_public(address: str) -> bool:
    """Whether an IP address is an ordinary one of the internet: not private, loopback, link-local (where clouds keep
    instance metadata), reserved or multicast, also when it is wrapped in IPv6."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast


def addresses(host: str, port: int, exempt: Exempt) -> list[str]:
    """The addresses to connect to for `host`. Raises BlockedAddressError if any is not public, or UnknownNameError."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownNameError(f"{host} does not resolve") from error
    resolved = list(dict.fromkeys(str(info[4][0]) for info in found))
    blocked = [address for address in resolved if not is_public(address)]
    if blocked and not exempt(host, port):
        raise BlockedAddressError(f"{host} is at {blocked[0]}, which is not a public address")
    return resolved


def guarded_pool(exempt: Exempt, hosts: int = 64) -> PoolManager:
    """A pool manager of which every connection passes the check."""

    class _Plain(HTTPConnection):
        response_class = _TimedResponse

        def _new_conn(self) -> socket.socket:
            return _connect(self, super()._new_conn, exempt)

    class _Secure(HTTPSConnection):
        response_class = _TimedResponse

        def _new_conn(self) -> socket.socket:
            return _connect(self, super()._new_conn, exempt)

    class _PlainPool(HTTPConnectionPool):
        ConnectionCls = _Plain

    class _SecurePool(HTTPSConnectionPool):
        ConnectionCls = _Secure

    manager = PoolManager(num_pools=hosts, maxsize=32, retries=False)
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return manager


def _connect(connection: Any, connect: Callable[[], socket.socket], exempt: Exempt) -> socket.socket:
    """Connect to the very address that was checked: a second lookup could answer otherwise (DNS rebinding)."""
    name = connection._dns_host
    *others, last = addresses(name, connection.port, exempt)[:ADDRESSES]
    try:
        for address in others:
            connection._dns_host = address
            try:
                return connect()
            except Exception:  # noqa: BLE001, S112 (any failure: try the next address; the last one's is raised)
                continue
        connection._dns_host = last
        return connect()
    finally:
        connection._dns_host = name
