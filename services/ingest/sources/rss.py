"""RSS and Atom, of every age and quality (feedparser)."""

import io
import re
from itertools import islice
from typing import Any

import feedparser

from services.ingest.bounds import bounded
from services.ingest.markup import decode, paragraphs, plain_title
from services.ingest.sources import quick
from services.ingest.sources.base import Listing, ReadingContext, UnreadableError, absolute
from shared.config.rules import Source
from shared.storage.sources import Entry

_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>\s*(?:<!--(?:(?!-->).)*-->\s*)*$", re.IGNORECASE | re.DOTALL)
_ENTRY = re.compile(rb"<(?:item|entry|rss:item|atom:entry)[\s>/]", re.IGNORECASE)
_LAST_ENTRY = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_ROOT = re.compile(rb"<((?:[\w-]+:)?(?:rss|feed|rdf))\b", re.IGNORECASE)
_CHANNEL = re.compile(rb"<(channel)\b", re.IGNORECASE)
_HREF = re.compile(r"""<a\b[^<>]*?\bhref\s*=\s*["']([^"']+)""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_TITLE = 5000
_SURROGATE = re.compile(
    rb"&#(?:x0*d[89a-f][0-9a-f]{2}|0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]));", re.I
)
"""References to what is no character (D800 to DFFF)."""
_PAGED = re.compile(r"[?&]paged=(\d{1,4})")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


class Feed:
    """Reads feeds."""

    version = "rss-3"
    conditional = True

    def start(self, source: Source, context: ReadingContext) -> str:  # noqa: ARG002 (the interface's)
        return source.url

    def read(self, body: bytes, content_type: str, url: str, source: Source, context: ReadingContext) -> Listing:  # noqa: ARG002
        """The feed's entries. One that is cut off yields the entries that are whole, and the problem.

        Raises UnreadableError when the answer is no feed.
        """
        if body.startswith(_WIDE):  # whatever header and declaration say
            body, content_type = _DECLARATION.sub("", decode(body)).encode(), "application/xml; charset=utf-8"
        whole, problem = _whole_entries(_first_entries(body, source.max_items))
        if not whole.strip():
            raise UnreadableError("the feed is empty")
        clean = bounded(_SURROGATE.sub(b" ", whole))
        raws, feed = quick.read(clean, content_type, url) or _parsed(clean, content_type, url)
        base = absolute(url, feed.get("link") or "") or url
        found = tuple(_entry(raw, url, base) for raw in raws[: source.max_items])
        return Listing(found, next_url=_older(feed, url), problem=problem)


def _parsed(body: bytes, content_type: str, url: str) -> tuple[list[Any], Any]:
    """Entries and feed by feedparser. Raises UnreadableError when the answer is no feed."""
    try:
        parsed = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-type": content_type, "content-location": url},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (TypeError, ValueError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        raise UnreadableError(f"the feed is too damaged to be read ({type(error).__name__})") from error
    if not parsed.entries and not parsed.version:
        raise UnreadableError(f"not a feed (starts with {body[:60]!r})")
    return parsed.entries, parsed.feed


def _older(feed: Any, url: str) -> str:
    """Where the feed's older entries are: a link to them (RFC 5005), or the next page of a WordPress feed."""
    for link in feed.get("links", ()):
        if link.get("rel") in ("next", "prev-archive") and (older := absolute(url, link.get("href") or "")):
            return older
    if "wordpress.org" not in (feed.get("generator") or ""):
        return ""
    page = _PAGED.search(url)
    if page:
        return f"{url[: page.start(1)]}{int(page.group(1)) + 1}{url[page.end(1) :]}"
    return f"{url}{'&' if '?' in url else '?'}paged=2"


def _first_entries(body: bytes, most: int) -> bytes:
    """The feed up to its `most`th entry: what comes after is not even parsed."""
    start = next(islice(_ENTRY.finditer(body), most, None), None)
    return _closed(body[: start.start()]) if start else body


def _whole_entries(body: bytes) -> tuple[bytes, str]:
    """The feed up to its last whole entry, and what is wrong with it."""
    if _END.search(body[-4096:].rstrip()):
        return body, ""
    ends = [match.end() for match in _LAST_ENTRY.finditer(body)]
    if not ends:
        return body, ""
    return _closed(body[: ends[-1]]), f"the feed is cut off after {len(ends)} entries"


def _closed(body: bytes) -> bytes:
    """A feed that ends after an entry, with its open elements ended: well-formed XML is read more exactly."""
    head = body[:8192]
    root, channel = _ROOT.search(head), _CHANNEL.search(head)
    if root is None:
        return body
    inner = b"</" + channel.group(1) + b">" if channel and root.group(1).lower().endswith(b"rss") else b""
    return body + inner + b"</" + root.group(1) + b">"


def _entry(raw: Any, url: str, base: str) -> Entry:
    contents = [content.get("value") or "" for content in raw.get("content", ())]
    summary = paragraphs(raw.get("summary") or "")
    body = paragraphs(max(contents, key=len, default=""))
    return Entry(
        url=_link(raw, url, base),
        title=plain_title(raw.get("title") or ""),
        summary=summary,
        body=body if body != summary else "",
        date=_date(raw),
        date_origin="feed",
        attachments=tuple(a for e in raw.get("enclosures", ()) if (a := absolute(url, e.get("href") or ""))),
    )


def _link(raw: Any, url: str, base: str) -> str:
    """The article's address: the entry's link, else an anchor in its title, a permanent id, or its file; or empty."""
    inside = _HREF.search((raw.get("title") or "")[:_TITLE])
    candidates = (
        raw.get("feedburner_origlink", ""),
        raw.get("link", ""),
        inside.group(1) if inside else "",
        raw.get("id", "") if str(raw.get("id", "")).startswith("http") else "",
        *(enclosure.get("href") or "" for enclosure in raw.get("enclosures", ())),
    )
    return next((link for one in candidates if one and (link := absolute(base, one) or absolute(url, one))), "")


def _date(raw: Any) -> str:
    """The date as the feed wrote it; what only feedparser can read, as it read it (UTC)."""
    for name in ("published", "created", "updated"):
        if text := str(dict.get(raw, name) or "").strip():
            return text
    return ""
