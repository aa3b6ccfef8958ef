"""Item text before it is printed anywhere: plain, bounded, without invisible characters; and only http(s) links."""

import html
import re
import unicodedata
from urllib.parse import quote, urlsplit

import nh3

from shared.text.fold import fold_key

MAX_TITLE = 300  # longer ones are no titles; the longest real ones seen have about 250 characters
MAX_SENTENCE = 700
MAX_URL = 2000  # what browsers and mail clients agree on
_DOUBLED_END = re.compile(r"([.!?…])[\s.…]+$")
_PLAIN_URL = re.compile(r"[!-~]+")
_SAFE_AS_IT_IS = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/?#][A-Za-z0-9/:?#$&+,;=%~._-]*)?")
_TODAY = re.compile(
    r"\b(announced|reported) today\b(?!['’]s)|\btoday (announced|announces)\b"
    r"|\b(annonce|a annoncé) aujourd['’]hui\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[a-zA-Z/!?]")
_ACTIVE = re.compile(r"([\\`*_\[\]<>|~]|&(?=#?\w+;))")
_LINE_START = re.compile(r"^(\s*\d*)([#+=.)-])")
_AUTOLINK = re.compile(r"://|(?<=\bwww)\.|(?<=\S)@(?=\S)", re.IGNORECASE)


def plain(text: str, limit: int) -> str:
    """`text` as one line of visible characters, at most `limit` of them; cut at a word's end with an ellipsis.

    Tags are dropped (with what scripts and styles hold), entities resolved, control, bidirectional and zero-width
    characters removed, white space collapsed.
    """
    bounded = text[: limit * 8]
    if _MARKUP.search(bounded):
        bounded = nh3.clean(bounded, tags=set())
    whole = unicodedata.normalize("NFC", html.unescape(bounded))
    visible = whole if whole.isprintable() else "".join(map(_visible, whole))
    joined = " ".join(visible.split())
    if len(joined) <= limit:
        return joined
    return joined[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cf", "Co", "Cn", "Cs"):
        return ""
    return " " if category in ("Cc", "Zl", "Zp", "Zs") else char


def title_of(text: str) -> str:
    return plain(text, MAX_TITLE)


def sentence_of(text: str) -> str:
    return plain(text, MAX_SENTENCE)


def undated(sentence: str) -> str:
    """The sentence without a `today` beside its verb: the reader's day is another one."""
    return _TODAY.sub(lambda match: match[1] or match[2] or match[3], sentence)


def repeats(sentence: str, title: str) -> bool:
    """Whether a sentence says nothing but the title, or a part of it."""
    return fold_key(sentence).rstrip(" .…") in fold_key(title)


def line_of(text: str) -> str:
    """A sentence of the editorial: plain, and with one mark at its end."""
    return _DOUBLED_END.sub(r"\1", sentence_of(text))


def safe_url(url: str) -> str:
    """The address, percent-encoded so that it can stand in any attribute or Markdown link; empty unless http(s)."""
    if len(url) <= MAX_URL and _SAFE_AS_IT_IS.fullmatch(url):
        return url
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not host or parts.username or len(url) > MAX_URL:
        return ""
    if not _PLAIN_URL.fullmatch(url) and any(_visible(char) != char or char.isspace() for char in url.strip()):
        return ""
    return quote(url.strip(), safe=":/?#@!$&+,;=%~.-_")


def markdown(text: str) -> str:
    """`text` so that a Markdown renderer prints it as it stands: no emphasis, link, HTML, list, heading or autolink."""
    escaped = _ACTIVE.sub(r"\\\1", text)
    escaped = _AUTOLINK.sub(lambda match: "\\" + match.group(), escaped)
    return _LINE_START.sub(r"\1\\\2", escaped)
