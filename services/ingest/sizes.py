"""How much is held and read at once: the function's memory has room for many ordinary documents or one extreme one."""

import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from services.ingest.allowance import Allowance
from services.ingest.bounds import TAGS
from services.ingest.fetch import FetchError, Gets, OutOfTimeError, Page

SMALL, MEDIUM = 1_000_000, 3_000_000
"""Bytes (decoded) up to which documents are held without limit to their number (as many as there are threads), and up
to which a few are; of larger ones, one."""
_ROOMS: tuple[tuple[float, AbstractContextManager[object]], ...] = (
    (SMALL, nullcontext()),
    (MEDIUM, threading.BoundedSemaphore(4)),
    (float("inf"), threading.Lock()),
)
_BYTES_A_TAG = 25
"""So many bytes of text weigh as much as a tag."""
_HEAVY = TAGS // 4


class Scale:
    """Lets documents be read side by side until together they weigh `capacity`, first come, first served."""

    def __init__(self, capacity: int) -> None:
        self._free = self._capacity = capacity
        self._changed = threading.Condition()
        self._next = self._served = 0

    @property
    def waiting(self) -> int:
        return self._next - self._served

    @contextmanager
    def hold(self, weight: int, ends_at: float) -> Iterator[None]:
        """Wait until there is room; what weighs more than everything is alone.

        Raises OutOfTimeError when its turn has not come by the monotonic moment `ends_at`.
        """
        weight = min(weight, self._capacity)
        self._enter(weight, ends_at)
        try:
            yield
        finally:
            with self._changed:
                self._free += weight
                self._changed.notify_all()

    def _enter(self, weight: int, ends_at: float) -> None:
        with self._changed:
            ticket, self._next = self._next, self._next + 1
            patience = min(max(0.0, ends_at - time.monotonic()), threading.TIMEOUT_MAX)
            in_time = self._changed.wait_for(lambda: self._served == ticket and self._free >= weight, patience)
            if not in_time:
                self._changed.wait_for(lambda: self._served == ticket)
            self._served += 1
            self._changed.notify_all()
            if not in_time:
                raise OutOfTimeError("other documents took the run's time")
            self._free -= weight


def _trimmer() -> Callable[[int], object]:
    """What gives freed memory back. glibc keeps it for each thread that has ever needed it; others need no telling."""
    return getattr(ctypes.CDLL(None), "malloc_trim", int) if sys.platform == "linux" else int


_scale = Scale(TAGS)
_trim = _trimmer()


def weight(body: bytes) -> int:
    """What reading a document may cost, in tags: elements need far more memory than text; a PDF tells nothing about
    itself from outside."""
    if body[:1024].lstrip().startswith(b"%PDF"):
        return TAGS // 2
    return body.count(b"<") + len(body) // _BYTES_A_TAG


@contextmanager
def fetched(
    fetch: Gets, url: str, limit: int, *, etag: str = "", last_modified: str = "", allowance: Allowance | None = None
) -> Iterator[Page]:
    """The page for the duration of a with block, at most `limit` decoded bytes; what is in the block is its reading.
    `allowance`: see Fetcher.get. Waiting for room does not count.

    One that turns out larger than its room is asked for again when there is room. Raises FetchError, OutOfTimeError.
    """
    known = 0
    for most, room in _ROOMS:
        if known > most:
            continue
        with room:
            try:
                page = fetch.get(
                    url, int(min(most, limit)), etag=etag, last_modified=last_modified, allowance=allowance
                )
            except FetchError as error:
                if not most < error.size <= limit:
                    raise
                known = error.size
                continue
            heavy = (weighs := weight(page.body)) >= _HEAVY
            with _scale.hold(weighs, fetch.ends_at):
                try:
                    yield page
                finally:
                    if heavy:
                        _trim(0)
            return
