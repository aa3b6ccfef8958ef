"""Bytes to text: character sets, and HTML fragments to plain paragraphs."""

import html
import re
from typing import Any, TypeAlias

from charset_normalizer import from_bytes
from lxml import etree
from lxml import html as lxml_html

from services.ingest.bounds import TooMuchError, bounded

Element: TypeAlias = Any
"""An lxml element (lxml has no types of its own)."""

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([\w.:-]{3,40})""", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{3,40})", re.IGNORECASE)
_CHARACTER_SET = re.compile(
    r"utf[-_]?(?:8|16|32)|iso-?(?:8859|2022)|windows-|cp\d|latin|(?:us-)?ascii|gb|hz|big5|euc|shift|sjis|ks_c|ks|koi8|mac|tis|x-",
    re.IGNORECASE,
)
"""Python knows encodings that are no character sets (punycode, zip), some of them slow."""
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_RAW_TITLE = 20_000
PAGE_LETTERS = 4_000_000
"""A longer HTML page is not read."""
_BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer",
        "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
        "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
    )
)  # fmt: skip
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "head", "iframe", "object"})
_CONTROL = re.compile(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def decode(body: bytes, content_type: str = "") -> str:
    """The text of `body`: by byte order mark, then header, then its own declaration, then UTF-8, then a guess."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body.decode(name, "replace").lstrip("\ufeff")
    head = _DECLARED.search(body[:2048])
    header = _HEADER.search(content_type)
    declared = (header.group(1) if header else "", head.group(1).decode("ascii") if head else "", "utf-8")
    for name in declared:
        text = _try(body, name)
        if text is not None:
            return text
    best = from_bytes(body[:200_000]).best()
    return body.decode(best.encoding if best else "latin-1", "replace")


def _try(body: bytes, name: str) -> str | None:
    """`body` in the encoding `name`, if that is what it is in; browsers read latin-1 as windows-1252."""
    if not _CHARACTER_SET.match(name):
        return None
    name = "windows-1252" if name.lower() in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii") else name
    try:
        return body.decode(name)
    except (LookupError, ValueError):
        return None


def parse_page(text: str) -> Element | None:
    """The tree of an HTML page, or None when there is nothing to parse. Never touches the network.

    Raises TooMuchError for a page that no parser should see.
    """
    parser = lxml_html.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    if len(text) > PAGE_LETTERS:
        raise TooMuchError(f"the page is longer than {PAGE_LETTERS // 1000} kB")
    markup = bounded(_CONTROL.sub(" ", text).encode("utf-8", "replace"))
    try:
        return lxml_html.document_fromstring(markup, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def plain_title(text: str, limit: int = 500) -> str:
    """A title without markup: anchors inside titles and entities escaped twice are undone."""
    text = text[:_RAW_TITLE]
    for _ in range(2):
        if _TAG.search(text):
            text = _TAG.sub(" ", text)
        if "&" not in text:
            break
        text = html.unescape(text)
    return re.sub(r"\s+([,.;:!?…])", r"\1", one_line(text))[:limit] if "<" in text else one_line(text)[:limit]


def paragraphs(fragment: str, limit: int = 200_000) -> str:
    """The plain text of an HTML fragment, paragraphs apart by a blank line."""
    fragment = fragment[:limit]
    if not _TAG.search(fragment):
        return _paragraphs(html.unescape(fragment))
    tree = parse_page(f"<div>{fragment}</div>")
    return "" if tree is None else element_text(tree)


def element_text(element: Element) -> str:
    """The plain text of an element, its blocks apart by a blank line."""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        _collect(event, node, node is element, pieces)
    return _paragraphs("".join(pieces))


def _collect(event: str, node: Element, is_root: bool, pieces: list[str]) -> None:
    if event == "start":
        if node.tag in _BLOCKS:
            pieces.append("\n\n" if node.tag != "br" else "\n")
        if node.text and not any(a.tag in _SILENT for a in (node, *node.iterancestors())):
            pieces.append(node.text)
        return
    if event == "end" and node.tag in _BLOCKS:
        pieces.append("\n\n")
    if node.tail and not is_root and not any(a.tag in _SILENT for a in node.iterancestors()):
        pieces.append(node.tail)


def _paragraphs(text: str) -> str:
    blocks = (one_line(block) for block in re.split(r"\n\s*\n", _CONTROL.sub(" ", text).replace("\r", "")))
    return "\n\n".join(block for block in blocks if block)
