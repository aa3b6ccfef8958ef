"""What all readers share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urljoin, urlsplit

from shared.config.rules import HtmlExtractor
from shared.errors import VectoraError
from shared.storage.sources import Entry

_UNCLEAR = re.compile(r"[\\\s\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
"""Letters in a host that are shown as nothing, or end it for some."""


class UnreadableError(VectoraError):
    """A source's answer is not what its reader reads; the message says what it is."""


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """What a reader needs besides the answer. `since` is the first day wanted; `is_link` tells titles that only point
    to an article ("Download attachment"); `api_key` is PubMed's, or empty."""

    since: date
    until: date
    is_link: Callable[[str], bool]
    extractor: HtmlExtractor | None = None
    api_key: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one answer says: entries in its own order, the next page's address if there is one, and `problem` when the
    answer was damaged but partly readable."""

    entries: tuple[Entry, ...] = ()
    next_url: str = ""
    problem: str = ""


def absolute(base: str, href: str) -> str:
    """`href` as an absolute http(s) address, or an empty string when it is none.

    Without a user's name, which could pass for another host where the address is printed; a host with letters that
    browsers and libraries read differently is none.
    """
    try:
        url = urljoin(base, href.strip())
        parts = urlsplit(url)
    except ValueError:
        return ""
    user, _, host = parts.netloc.rpartition("@")
    if parts.scheme not in ("http", "https") or not parts.hostname or _UNCLEAR.search(parts.netloc):
        return ""
    return parts._replace(netloc=host).geturl() if user else url
