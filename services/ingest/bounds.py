"""Markup made harmless before a parser sees it: parsers need time that grows with the square of a tag's attributes, and
memory for every element. Limits are far above real pages (measured: at most 20,000 tags and 60 kB of one tag, images
inside of it aside)."""

import re

from shared.errors import VectoraError

TAG_BYTES = 16_384
TAGS = 120_000
_DATA_URI = re.compile(rb"data:[\w/+.;=-]{1,200},[A-Za-z0-9+/=%]{512,}")
_LONG = re.compile(rb"<[^<]{%d,}" % TAG_BYTES)
_OPEN_QUOTE = re.compile(rb"""=\s*(?:"[^"]*|'[^']*)$""")
_VERBATIM = (b"<!--", b"<![cdata[")


class TooMuchError(VectoraError):
    """A document exceeds what any real one needs; the message says in what."""


def bounded(markup: bytes) -> bytes:
    """Markup without inline files and without tags longer than TAG_BYTES. Raises TooMuchError above TAGS tags."""
    if len(markup) > TAG_BYTES:
        markup = _LONG.sub(_shortened, _DATA_URI.sub(b"data:,", markup))
    if (tags := markup.count(b"<")) > TAGS:
        raise TooMuchError(f"{tags} tags, more than {TAGS}")
    return markup


def _shortened(match: re.Match[bytes]) -> bytes:
    """A long piece from one angle to the next: an over-long tag is left out, long text after a tag is kept."""
    piece = match.group()
    end = piece.find(b">")
    tag = piece[: TAG_BYTES if end < 0 else end]
    if piece[:9].lower().startswith(_VERBATIM):
        return piece
    if end < 0:
        return b""
    if len(tag) >= TAG_BYTES:
        return piece[end + 1 :]
    return b"" if _OPEN_QUOTE.search(tag) else piece
