"""A client's index page and Atom feed of sent editions, beside the newsletters; each a pure function of the records."""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as Tree  # builds only, parses nothing

from services.publisher.adapters import EditionStates
from shared.storage.objects import Objects

_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FEED_ENTRIES = 50
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}time{color:#555;margin-right:.75rem}li{margin:.6rem 0}ul{padding-left:1.2rem}a{color:#0b5394}"
)
_WORDS = {
    "en": {
        "archive": "Archive",
        "feed": "Atom feed",
        "none": "No edition has been sent yet.",
        "item": "item",
        "items": "items",
    },
    "fr": {
        "archive": "Archives",
        "feed": "Flux Atom",
        "none": "Aucune édition envoyée à ce jour.",
        "item": "article",
        "items": "articles",
    },
}


@dataclass(frozen=True, slots=True, order=True)
class Sent:
    """A sent edition. `sent_at` is ISO UTC, `path` its folder relative to the client's."""

    edition_date: str
    sent_at: str
    edition_id: str
    title: str
    intro: str
    path: str
    items: int


def sent_editions(client_id: str, history: Iterable[Mapping[str, Any]]) -> list[Sent]:
    """The client's sent editions, newest first; skipped ones were never sent to anybody."""
    rows = (row for row in history if row["status"] == "sent" and row.get("prefix") and not row.get("skipped"))
    return sorted(
        (
            Sent(
                edition_date=row["edition_date"],
                sent_at=row["sent_at"],
                edition_id=row["edition_id"],
                title=row["title"],
                intro=row.get("intro", ""),
                path=row["prefix"].removeprefix(f"{client_id}/"),
                items=row.get("items", 0),
            )
            for row in rows
        ),
        reverse=True,
    )


def index_page(name: str, language: str, editions: Sequence[Sent]) -> bytes:
    """The client's archive as one HTML page with relative links."""
    words = _WORDS[language]
    page = Tree.Element("html", lang=language)
    head = Tree.SubElement(page, "head")
    Tree.SubElement(head, "meta", charset="utf-8")
    Tree.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _text(head, "title", f"{name}: {words['archive']}")
    Tree.SubElement(head, "link", rel="alternate", type="application/atom+xml", href="feed.xml", title=name)
    _text(head, "style", _STYLE)
    main = Tree.SubElement(Tree.SubElement(page, "body"), "main")
    _text(main, "h1", name)
    _text(Tree.SubElement(main, "p"), "a", words["feed"], href="feed.xml")
    if not editions:
        _text(main, "p", words["none"])
    listing = Tree.SubElement(main, "ul") if editions else main
    for edition in editions:
        line = Tree.SubElement(listing, "li")
        _text(line, "time", edition.edition_date, datetime=edition.edition_date)
        _text(line, "a", edition.title, href=f"{edition.path}/newsletter.html")
        _text(line, "span", f" ({edition.items} {words['item' if edition.items == 1 else 'items']})")
    return ("<!doctype html>\n" + str(Tree.tostring(page, encoding="unicode", method="html"))).encode()


def feed(client_id: str, name: str, language: str, editions: Sequence[Sent]) -> bytes:
    """The newest editions as Atom (RFC 4287), with links relative to the feed."""
    root = Tree.Element("feed", {"xmlns": _ATOM, "xml:lang": language})
    _text(root, "id", _urn(client_id))
    _text(root, "title", name)
    _text(root, "updated", max((edition.sent_at for edition in editions), default="1970-01-01T00:00:00+00:00"))
    _text(Tree.SubElement(root, "author"), "name", name)
    Tree.SubElement(root, "link", rel="self", type="application/atom+xml", href="feed.xml")
    Tree.SubElement(root, "link", rel="alternate", type="text/html", href="index.html")
    for edition in editions[:_FEED_ENTRIES]:
        entry = Tree.SubElement(root, "entry")
        _text(entry, "id", _urn(client_id, edition.edition_id))
        _text(entry, "title", edition.title)
        _text(entry, "updated", edition.sent_at)
        _text(entry, "summary", edition.intro)
        Tree.SubElement(entry, "link", rel="alternate", type="text/html", href=f"{edition.path}/newsletter.html")
    return ('<?xml version="1.0" encoding="utf-8"?>\n' + str(Tree.tostring(root, encoding="unicode"))).encode()


def _text(parent: Tree.Element, tag: str, text: str, **attributes: str) -> Tree.Element:
    child = Tree.SubElement(parent, tag, attributes)
    child.text = _NOT_XML.sub("", text)
    return child


def _urn(*parts: str) -> str:
    """A permanent id that needs no address of ours."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("vectora-inbox", *parts))).urn


class Archive:
    """Writes a client's archive to the newsletters bucket."""

    def __init__(self, objects: Objects, editions: EditionStates) -> None:
        self._objects, self._editions = objects, editions

    def refresh(self, client_id: str, name: str, language: str) -> None:
        """Regenerate {client_id}/index.html and {client_id}/feed.xml.

        Written again while another edition was sent meanwhile, so that the last writer has seen every edition.
        """
        written: list[Sent] | None = None
        while (editions := sent_editions(client_id, self._editions.history(client_id))) != written:
            page = index_page(name, language, editions)
            self._objects.put(f"{client_id}/index.html", page, "text/html; charset=utf-8")
            atom = feed(client_id, name, language, editions)
            self._objects.put(f"{client_id}/feed.xml", atom, "application/atom+xml; charset=utf-8")
            written = editions
