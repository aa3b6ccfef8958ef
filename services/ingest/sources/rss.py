"""RSS and Atom, of every age and quality (feedparser)."""

import io
import re
from typing import Any

import feedparser

from services.ingest.markup import decode, paragraphs, plain_title
from services.ingest.sources.base import Listing, ReadingContext, UnreadableError, absolute
from shared.config.rules import Source
from shared.storage.sources import Entry

_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>\s*(?:<!--.*?-->\s*)*$", re.IGNORECASE | re.DOTALL)
_LAST_ENTRY = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_HREF = re.compile(r"""<a\b[^>]*\bhref\s*=\s*["']([^"']+)""", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


class Feed:
    """Reads feeds."""

    version = "rss-1"
    conditional = True

    def start(self, source: Source, context: ReadingContext) -> str:  # noqa: ARG002 (the interface's)
        return source.url

    def read(self, body: bytes, content_type: str, url: str, source: Source, context: ReadingContext) -> Listing:  # noqa: ARG002
        """The feed's entries. One that is cut off yields the entries that are whole, and the problem.

        Raises UnreadableError when the answer is no feed.
        """
        if body.startswith(_WIDE):  # whatever header and declaration say
            body, content_type = _DECLARATION.sub("", decode(body)).encode(), "application/xml; charset=utf-8"
        whole, problem = _whole_entries(body)
        parsed = feedparser.parse(
            io.BytesIO(whole),
            response_headers={"content-type": content_type, "content-location": url},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        if not parsed.entries and not parsed.version:
            raise UnreadableError(f"not a feed (starts with {body[:60]!r})")
        base = absolute(url, parsed.feed.get("link", "")) or url
        entries = (_entry(raw, url, base) for raw in parsed.entries[: source.max_items])
        return Listing(tuple(entry for entry in entries if entry is not None), problem=problem)


def _whole_entries(body: bytes) -> tuple[bytes, str]:
    """The feed up to its last whole entry, and what is wrong with it."""
    if _END.search(body[-4096:].rstrip()):
        return body, ""
    ends = [match.end() for match in _LAST_ENTRY.finditer(body)]
    if not ends:
        return body, ""
    return body[: ends[-1]], f"the feed is cut off after {len(ends)} entries"


def _entry(raw: Any, url: str, base: str) -> Entry | None:
    link = _link(raw, url, base)
    title = plain_title(raw.get("title", ""))
    if not link or not title:
        return None
    contents = [content.get("value", "") for content in raw.get("content", ())]
    summary = paragraphs(raw.get("summary", ""))
    body = paragraphs(max(contents, key=len, default=""))
    return Entry(
        url=link,
        title=title,
        summary=summary,
        body=body if body != summary else "",
        date=_date(raw),
        date_origin="feed",
        attachments=tuple(a for e in raw.get("enclosures", ()) if (a := absolute(url, e.get("href", "")))),
    )


def _link(raw: Any, url: str, base: str) -> str:
    """The article's address: the entry's link, else an anchor in its title, else a permanent id."""
    inside = _HREF.search(raw.get("title", ""))
    candidates = (
        raw.get("feedburner_origlink", ""),
        raw.get("link", ""),
        inside.group(1) if inside else "",
        raw.get("id", "") if str(raw.get("id", "")).startswith("http") else "",
    )
    return next((link for one in candidates if one and (link := absolute(base, one) or absolute(url, one))), "")


def _date(raw: Any) -> str:
    """The date as the feed wrote it; what only feedparser can read, as it read it (UTC)."""
    for name in ("published", "created", "updated"):
        if text := str(dict.get(raw, name, "")).strip():
            return text
    return ""
