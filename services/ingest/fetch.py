"""Polite, bounded HTTP: one GET with a deadline, a size limit, checked redirects, robots.txt and per-host limits."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlsplit

from protego import Protego
from urllib3 import BaseHTTPResponse, PoolManager, Timeout, exceptions
from urllib3.exceptions import HTTPError, LocationParseError

from services.ingest.allowance import Allowance
from services.ingest.gateway import Gateway
from services.ingest.net import BlockedAddressError, guarded_pool, reading_within
from shared.errors import VectoraError

_CHUNK = 65_536
_REDIRECTS = {301, 302, 303, 307, 308}
_BUSY = {429, 503}
_ROBOTS_BYTES = 512_000
_PASSING = {429, 502, 503, 504}
"""Statuses of a moment: a second try is worth it."""
_UNTOLD_WAIT = 2.0
"""Seconds before the second try where the host does not say how long to wait."""
_DEAD_AFTER = 6
"""Requests in a row that came to nothing, after which a host is left alone for the rest of the run."""
_BROKEN = (exceptions.TimeoutError, exceptions.ProtocolError, exceptions.IncompleteRead, OSError)
"""No answer, or only part of it."""
_SECRET = re.compile(r"(api_key=)[^&\s]+")
_ACCEPT = "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/xml,application/pdf,*/*"


class FetchError(VectoraError):
    """A page could not be had; the message says why. `status` is the HTTP status, `retry_after` seconds to wait,
    `size` (bytes, at least) is set when only that was in the way; `broken`: there was no answer, or only part of it."""

    def __init__(
        self, message: str, status: int = 0, retry_after: float = 0.0, *, size: int = 0, broken: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.retry_after, self.size, self.broken = status, retry_after, size, broken

    @property
    def passing(self) -> bool:
        """Whether the same request may well succeed a moment later."""
        return self.broken or self.status in _PASSING


class OutOfTimeError(VectoraError):
    """The run's time ended before the page was there: no fault of the page, so not a FetchError. Another invocation
    takes it up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request: seconds to connect, between two reads and in all; the same with every robots.txt on the
    way (`whole`); redirects; simultaneous requests and the longest wait (Retry-After, Crawl-delay) that is worth it, in
    seconds."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 40.0
    whole: float = 120.0
    redirects: int = 5
    per_host: int = 3
    patience: float = 8.0


@dataclass(frozen=True, slots=True)
class Page:
    """An answer. `status` is 200 or 304; `url` is where the redirects led."""

    url: str
    status: int
    body: bytes = b""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""


class Gets(Protocol):
    """What polls and readings fetch with, until the monotonic moment `ends_at`."""

    @property
    def ends_at(self) -> float: ...

    def get(
        self, url: str, limit: int, *, etag: str = "", last_modified: str = "", allowance: Allowance | None = None
    ) -> Page: ...


@dataclass(slots=True)
class _Host:
    """What this run knows of a host. `robots` is None until read, an error when it could not be; `broken` counts the
    requests in a row that came to nothing."""

    slots: threading.BoundedSemaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    robots: Protego | FetchError | None = None
    next_at: float = 0.0
    closed_until: float = 0.0
    broken: int = 0


@dataclass(slots=True)
class _Deadline:
    """Monotonic moments: when a request must have ended, and the run; and what the request shares with others. Waiting
    for other requests to the same host is not the request's own time."""

    at: float
    run: float
    allowance: Allowance

    def postpone(self, seconds: float) -> None:
        self.at = min(self.at + seconds, self.run)


class Fetcher:
    """GETs for one run. Thread-safe. `agent` is the User-Agent; its first token is what robots.txt rules are read for.

    `ends_at` is the monotonic moment after which nothing is fetched any more. `pace` gives the seconds between two
    requests to an interface made for programs, whose terms replace robots.txt; None for ordinary pages.
    """

    def __init__(
        self,
        agent: str,
        gateway: Gateway,
        limits: Limits | None = None,
        *,
        ends_at: float = float("inf"),
        pace: Callable[[str], float | None] = lambda _: None,
        pool: PoolManager | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._agent, self._gateway, self._limits = agent, gateway, limits or Limits()
        self._pool = pool or guarded_pool(gateway.exempt)
        self._ends_at, self._now, self._pause, self._pace = ends_at, monotonic, pause, pace
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    @property
    def ends_at(self) -> float:
        return self._ends_at

    def get(
        self, url: str, limit: int, *, etag: str = "", last_modified: str = "", allowance: Allowance | None = None
    ) -> Page:
        """The page at `url`, at most `limit` decoded bytes, or its 304. What fails for a moment is asked for once more.
        `allowance` is what this and other requests may take together; without one it is the request's own.

        Raises FetchError for everything else, OutOfTimeError when the run ends first.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        allowance = allowance or Allowance(self._limits.whole)
        try:
            return self._get(url, limit, conditions, allowance, robots=True)
        except FetchError as error:
            if error.status or error.size or not (spent := allowance.exceeded()):
                raise
            raise FetchError(spent, broken=error.broken) from error

    def _get(self, url: str, limit: int, conditions: dict[str, str], allowance: Allowance, *, robots: bool) -> Page:
        headers = {"User-Agent": self._agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip, deflate"}
        headers |= {name: value for name, value in conditions.items() if value}
        deadline = _Deadline(min(self._now() + self._limits.total, self._ends_at), self._ends_at, allowance)
        for _ in range(self._limits.redirects + 1):
            host = self._host(url)
            if robots and self._pace(url) is None:
                begun = self._now()
                self._respect_robots(url, host, allowance)
                deadline.postpone(self._now() - begun)
            answer = self._patiently(url, host, headers, limit, deadline)
            if isinstance(answer, Page):
                return answer
            url = answer
        raise FetchError(f"more than {self._limits.redirects} redirects")

    def _host(self, url: str) -> _Host:
        try:
            parts = urlsplit(url)
            name = parts.netloc.lower()
        except ValueError as error:
            raise FetchError(f"not an address: {url[:100]!r}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise FetchError(f"not an http(s) address: {url[:100]!r}")
        with self._lock:
            if name not in self._hosts:
                self._hosts[name] = _Host(threading.BoundedSemaphore(self._limits.per_host))
            return self._hosts[name]

    def _patiently(self, url: str, host: _Host, headers: dict[str, str], limit: int, deadline: _Deadline) -> Page | str:
        """Ask, and once more after a failure that may pass or a short wait that the host asks for; a host that asks for
        more is left alone."""
        try:
            return self._ask(url, host, headers, limit, deadline)
        except FetchError as error:
            wait = error.retry_after or _UNTOLD_WAIT
            if not error.passing or wait > min(self._limits.patience, self._left(deadline)):
                raise
            self._wait(wait, deadline)
        try:
            return self._ask(url, host, headers, limit, deadline)
        except FetchError as error:
            if error.status in _BUSY:
                host.closed_until = self._now() + max(error.retry_after, 60.0)
            raise

    def _ask(self, url: str, host: _Host, headers: dict[str, str], limit: int, deadline: _Deadline) -> Page | str:
        with self._slot(host, url, deadline):
            if (left := self._left(deadline)) <= 0:
                raise self._too_late("no time left for this request")
            timeout = Timeout(connect=min(self._limits.connect, left), read=min(self._limits.read, left))
            try:
                with deadline.allowance.spending(self._now), reading_within(left):
                    answer = self._request(url, headers, timeout, limit, self._now() + left)
            except BlockedAddressError as error:
                raise FetchError(f"refused: {error}") from error
            except (HTTPError, LocationParseError, OSError, ValueError) as error:
                if broken := isinstance(error, _BROKEN):
                    host.broken += 1
                raise self._too_late(_in_words(error), broken=broken) from error
            host.broken = 0
            return answer

    def _request(self, url: str, headers: dict[str, str], timeout: Timeout, limit: int, ends_at: float) -> Page | str:
        response = self._pool.request(
            "GET",
            self._gateway.address(url),
            headers=headers,
            timeout=timeout,
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            return self._answer(url, response, limit, ends_at)
        finally:
            response.close()  # an unread rest makes the connection useless

    def _left(self, deadline: _Deadline) -> float:
        return min(deadline.at - self._now(), deadline.allowance.left)

    def _wait(self, seconds: float, deadline: _Deadline) -> None:
        with deadline.allowance.spending(self._now):
            self._pause(seconds)

    def _too_late(self, message: str, *, broken: bool = False) -> FetchError | OutOfTimeError:
        """The error of a request that failed: its own, unless it was the run that ended."""
        if self._now() >= self._ends_at:
            return OutOfTimeError("the run's time ended")
        return FetchError(message, broken=broken)

    @contextmanager
    def _slot(self, host: _Host, url: str, deadline: _Deadline) -> Iterator[None]:
        begun = self._now()
        if not host.slots.acquire(timeout=max(0.0, min(deadline.run - begun, threading.TIMEOUT_MAX))):
            raise OutOfTimeError("the host's other requests took the run's time")
        try:
            if host.closed_until > self._now():
                raise FetchError("the host asked to be left alone", 429, host.closed_until - self._now())
            if host.broken >= _DEAD_AFTER:
                raise FetchError(f"the host did not answer {_DEAD_AFTER} times in a row")
            self._keep_distance(host, url, deadline)
            deadline.postpone(self._now() - begun)
            yield
        finally:
            host.slots.release()

    def _keep_distance(self, host: _Host, url: str, deadline: _Deadline) -> None:
        """Requests to a paced interface, or to a host that names a Crawl-delay, start that far apart."""
        delay = self._pace(url) or 0.0
        if isinstance(host.robots, Protego):
            delay = max(delay, float(host.robots.crawl_delay(self._agent) or 0))
        if not delay:
            return
        with host.lock:
            wait = max(0.0, host.next_at - self._now())
            if self._now() + wait >= self._ends_at:
                raise OutOfTimeError("the host's pace leaves no time for this request")
            if wait >= deadline.allowance.left:
                raise FetchError(deadline.allowance.exceeded(wait))
            host.next_at = self._now() + wait + min(delay, self._limits.patience)
        self._wait(wait, deadline)

    def _answer(self, url: str, response: BaseHTTPResponse, limit: int, ends_at: float) -> Page | str:
        if response.status in _REDIRECTS and response.headers.get("Location"):
            return self._gateway.follow(url, response.headers["Location"])
        if response.status == 304:
            return Page(url, 304)
        if response.status != 200:
            wait = _seconds(response.headers.get("Retry-After", "")) if response.status in _BUSY else 0.0
            raise FetchError(f"answered {response.status}", response.status, wait)
        return Page(
            url,
            200,
            self._body(response, limit, ends_at),
            response.headers.get("Content-Type", ""),
            response.headers.get("ETag", ""),
            response.headers.get("Last-Modified", ""),
        )

    def _body(self, response: BaseHTTPResponse, limit: int, ends_at: float) -> bytes:
        """The decoded body, read piece by piece, so that neither its size nor its slowness can exceed the bounds."""
        declared = response.headers.get("Content-Length", "")
        pieces, size = [], int(declared) if declared.isdecimal() else 0
        if size > limit:
            raise FetchError(f"larger than {limit // 1000} kB", size=size)
        size = 0
        for piece in response.stream(_CHUNK, decode_content=True):
            size += len(piece)
            if size > limit:
                raise FetchError(f"larger than {limit // 1000} kB", size=size)
            if self._now() > ends_at:
                raise self._too_late("took too long")
            pieces.append(piece)
        return b"".join(pieces)

    def _respect_robots(self, url: str, host: _Host, allowance: Allowance) -> None:
        with self._turn(host, allowance):
            if host.robots is None:
                host.robots = self._read_robots(url, allowance)
        if isinstance(host.robots, FetchError):
            raise host.robots
        if not host.robots.can_fetch(url, self._agent.split("/")[0]):
            raise FetchError("its robots.txt does not allow this address", 403)

    @contextmanager
    def _turn(self, host: _Host, allowance: Allowance) -> Iterator[None]:
        """The host's lock, which whoever reads its robots.txt holds. Raises FetchError, OutOfTimeError."""
        patience = min(allowance.left, self._ends_at - self._now(), threading.TIMEOUT_MAX)
        with allowance.spending(self._now):
            mine = host.lock.acquire(timeout=max(0.0, patience))
        if not mine:
            raise self._too_late("its robots.txt took too long")
        try:
            yield
        finally:
            host.lock.release()

    def _read_robots(self, url: str, allowance: Allowance) -> Protego | FetchError:
        """RFC 9309: an absent file (4xx) allows everything; one that cannot be read forbids everything for now.

        Raises FetchError when only the allowance ended: that says nothing of the host.
        """
        parts = urlsplit(url)
        try:
            page = self._get(f"{parts.scheme}://{parts.netloc}/robots.txt", _ROBOTS_BYTES, {}, allowance, robots=False)
        except FetchError as error:
            if allowance.left <= 0:
                raise
            if 400 <= error.status < 500 and error.status != 429:
                return Protego.parse("")
            return FetchError(f"robots.txt: {error}", error.status, error.retry_after)
        return Protego.parse(page.body.decode("utf-8", "replace"))


def _seconds(retry_after: str) -> float:
    """Seconds of a Retry-After header: a number, or a date; 0 when there is none."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0


def _in_words(error: Exception) -> str:
    name = type(error).__name__
    known = {
        "ReadTimeoutError": "did not answer in time",
        "ConnectTimeoutError": "could not be connected to in time",
        "UnknownNameError": "its name does not resolve",
        "ProtocolError": "broke the connection off",
        "IncompleteRead": "broke the connection off",
        "SSLError": "its certificate is not valid",
        "NewConnectionError": "refused the connection",
        "DecodeError": "sent data that do not decompress",
    }
    told = _SECRET.sub(r"\1…", str(error))[:120]
    return known.get(name, f"failed ({name}: {told})")
