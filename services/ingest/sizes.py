"""Large pages one at a time: the function's memory holds many small documents or one large one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from services.ingest.fetch import FetchError, Gets, Page

SMALL = 3_000_000
"""Bytes (decoded) up to which documents are fetched and read side by side."""
_large = threading.Lock()


@contextmanager
def fetched(fetch: Gets, url: str, limit: int, *, etag: str = "", last_modified: str = "") -> Iterator[Page]:
    """The page for the duration of a with block, at most `limit` decoded bytes. Raises FetchError.

    One that turns out larger than SMALL is asked for again when no other large one is held.
    """
    try:
        page = fetch.get(url, min(SMALL, limit), etag=etag, last_modified=last_modified)
    except FetchError as error:
        if not SMALL < error.size <= limit or limit <= SMALL:
            raise
        page = None
    if page is not None:
        yield page
        return
    with _large:
        yield fetch.get(url, limit, etag=etag, last_modified=last_modified)
