"""Hostile documents: each attacks one resource of whoever parses it."""

# ruff: noqa: E501 (documents, one a line)

import base64
import gzip
import io
import zlib
from collections.abc import Callable
from typing import Literal, NamedTuple

Kind = Literal["rss", "html", "pubmed", "article"]


class Hostile(NamedTuple):
    """Bytes, how they are announced, and by which readers they are read."""

    body: bytes
    content_type: str
    kinds: tuple[Kind, ...]


_FEED = ("rss",)
_XML: tuple[Kind, ...] = ("rss", "pubmed")
_PAGE: tuple[Kind, ...] = ("html", "article")
_ALL: tuple[Kind, ...] = ("rss", "html", "pubmed", "article")


def feed(items: str = "", head: str = "", prolog: str = "") -> bytes:
    body = f"<channel><title>News</title>{head}{items}</channel>"
    return f'<?xml version="1.0" encoding="utf-8"?>{prolog}<rss version="2.0">{body}</rss>'.encode()


def item(title: str = "A title", extra: str = "", link: str = "https://www.example.org/a") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{extra}</item>"


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><title>T</title>{head}</head><body>{body}</body></html>".encode()


def _laughs() -> bytes:
    entities = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return feed(item("&l9;"), prolog=f"<!DOCTYPE rss [{entities}]>")


def _quadratic_entities() -> bytes:
    return feed(item("&a;" * 50_000), prolog=f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>')


def _external(target: str) -> bytes:
    return feed(item("&x;"), prolog=f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>')


def _parameter_entity() -> bytes:
    declared = '<!ENTITY % p SYSTEM "http://169.254.169.254/latest/meta-data/"> %p;'
    return feed(item(), prolog=f"<!DOCTYPE rss [{declared}]>")


def _attributes(quote: str = '"') -> str:
    return " ".join(f"a{n}={quote}{n}{quote}" for n in range(200_000))


def pdf(*objects: bytes, streams: tuple[bytes, ...] = (), filters: str = "/FlateDecode", pages: int = 1) -> bytes:
    """A PDF whose pages all show the first stream."""
    kids = " ".join(f"{10 + n} 0 R" for n in range(pages))
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n")
    out.write(f"2 0 obj<</Type/Pages/Count {pages}/Kids[{kids}]>>endobj\n".encode())
    out.write(b"3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n")
    for stream in streams[:1]:
        out.write(
            f"4 0 obj<</Length {len(stream)}/Filter[{filters}]>>stream\n".encode() + stream + b"\nendstream endobj\n"
        )
    for n in range(pages):
        resources = "/Resources<</Font<</F1 3 0 R>>>>"
        out.write(
            f"{10 + n} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]{resources}/Contents 4 0 R>>endobj\n".encode()
        )
    out.write(b"".join(objects) + b"trailer<</Root 1 0 R/Size 9>>\nstartxref\n0\n%%EOF")
    return out.getvalue()


def _flate(data: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        data = zlib.compress(data, 9)
    return data


def _text_bomb() -> bytes:
    return b"BT /F1 9 Tf " + b"(aaaa bbbb cccc) Tj 0 -10 Td " * 200_000 + b"ET"


def _looping_pages() -> bytes:
    return b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def _form_loop() -> bytes:
    stream = b"/X Do"
    loop = "9 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 9 0 R/Y 9 0 R>>>>/Length 12>>stream\n/X Do /Y Do \nendstream endobj\n"
    made = pdf(loop.encode(), streams=(_flate(stream),))
    return made.replace(b"/Resources<</Font", b"/Resources<</XObject<</X 9 0 R>>/Font")


def _deep_json(depth: int) -> str:
    return '<script type="application/ld+json">' + "[" * depth + "]" * depth + "</script>"


CORPUS: dict[str, Callable[[], Hostile]] = {
    "empty": lambda: Hostile(b"", "", _ALL),
    "only zero bytes": lambda: Hostile(b"\0" * 1_000_000, "text/html", _ALL),
    "external entity, file": lambda: Hostile(_external("file:///etc/passwd"), "application/xml", _XML),
    "external entity, network": lambda: Hostile(_external("http://127.0.0.1:9/x"), "application/xml", _XML),
    "external parameter entity": lambda: Hostile(_parameter_entity(), "application/xml", _XML),
    "external document type": lambda: Hostile(
        feed(item(), prolog='<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">'), "application/xml", _XML
    ),
    "billion laughs": lambda: Hostile(_laughs(), "application/xml", _XML),
    "quadratic entities": lambda: Hostile(_quadratic_entities(), "application/xml", _XML),
    "tag of 200,000 attributes": lambda: Hostile(feed(item(extra=f"<x {_attributes()}/>")), "application/xml", _FEED),
    "same in a malformed feed": lambda: Hostile(
        feed(item(extra=f"<x {_attributes()}/><b>&nbsp;")), "application/xml", _FEED
    ),
    "same without quotes": lambda: Hostile(feed(item(extra=f"<x {_attributes('')}>")), "application/xml", _FEED),
    "page with a tag of 200,000 attributes": lambda: Hostile(page(f"<p {_attributes()}>x</p>"), "text/html", _PAGE),
    "tag that never ends": lambda: Hostile(page("<p " + "a" * 3_000_000), "text/html", _ALL),
    "million elements": lambda: Hostile(page("<i>" * 1_000_000), "text/html", _ALL),
    "million open angles": lambda: Hostile(b"<rss>" + b"<" * 2_000_000, "text/html", _ALL),
    "million items": lambda: Hostile(feed("<item/>" * 1_000_000), "application/xml", _XML),
    "million whole items": lambda: Hostile(
        feed("".join(item("T", link=f"https://a.example.org/{n}") for n in range(150_000))), "application/xml", _FEED
    ),
    "million items that never end": lambda: Hostile(feed("<item><title>x" * 500_000), "application/xml", _FEED),
    "title of 100 MB, as far as it is fetched": lambda: Hostile(
        feed(item("a" * 11_900_000)), "application/xml", ("rss", "html", "pubmed")
    ),
    "title of a million entities": lambda: Hostile(feed(item("&amp;" * 1_000_000)), "application/xml", _FEED),
    "title of a million undeclared entities": lambda: Hostile(feed(item("&x;" * 1_000_000)), "text/xml", _FEED),
    "title of a million tags": lambda: Hostile(feed(item("&lt;b&gt;" * 500_000)), "application/xml", _FEED),
    "title of open tags": lambda: Hostile(feed(item("&lt;a " * 500_000)), "application/xml", _FEED),
    "description nested deep": lambda: Hostile(
        feed(item(extra=f"<description>{'&lt;div&gt;' * 200_000}</description>")), "application/xml", _FEED
    ),
    "comments after the end": lambda: Hostile(feed(item()) + b"<!---->" * 580 + b"x", "application/xml", _FEED),
    "address of a million letters": lambda: Hostile(
        feed(item(link="https://www.example.org/" + "a" * 1_000_000)), "application/xml", _FEED
    ),
    "base that leads inside": lambda: Hostile(
        feed(item(link="latest/meta-data/")).replace(b"<rss ", b'<rss xml:base="http://169.254.169.254/" '),
        "text/xml",
        _FEED,
    ),
    "titles of a million letters each": lambda: Hostile(
        feed(item("a" * 1_000_000) * 7), "application/xml", ("rss", "html", "pubmed")
    ),
    "base of a million letters": lambda: Hostile(
        page("<a href=/x>A long enough title here</a>" * 500, f"<base href='https://a.example.org/{'b/' * 500_000}'>"),
        "text/html",
        _PAGE,
    ),
    "elements nested deep": lambda: Hostile(feed("<a>" * 119_000), "application/xml", _ALL),
    "elements nested deep in a page": lambda: Hostile(page("<div>" * 119_000), "text/html", _PAGE),
    "inline elements nested deep": lambda: Hostile(page("<b><a href=/x>" * 59_000), "text/html", _PAGE),
    "tables nested deep": lambda: Hostile(page("<table><tr><td>" * 39_000), "text/html", _PAGE),
    "lists nested deep": lambda: Hostile(page("<ul><li><a href='/news/x'>word</a>" * 20_000), "text/html", _PAGE),
    "page of 100,000 links": lambda: Hostile(
        page("".join(f"<div><a href='/news/{n}'>A long title of article {n}</a></div>" for n in range(29_000))),
        "text/html",
        _PAGE,
    ),
    "links in one paragraph": lambda: Hostile(
        page("<p>" + "".join(f"<a href='/n/{n}'>A long enough title {n}</a>" for n in range(29_000))),
        "text/html",
        _PAGE,
    ),
    "page of dates": lambda: Hostile(page("<p>" + "January 1 2025 " * 150_000 + "</p>"), "text/html", _PAGE),
    "page of date beginnings": lambda: Hostile(page("<p>" + "12 de de 12 " * 200_000), "text/html", _PAGE),
    "page of blanks": lambda: Hostile(page("<p>a" + " \n" * 1_400_000 + "b</p>"), "text/html", _ALL),
    "page of one word": lambda: Hostile(page("<p>" + "a" * 2_900_000 + "</p>"), "text/html", _PAGE),
    "page of paragraphs": lambda: Hostile(page("<p>x</p>" * 59_000), "text/html", _PAGE),
    "page of comments": lambda: Hostile(page("<!-- x -->" * 118_000), "text/html", _PAGE),
    "page of time elements": lambda: Hostile(
        page("<main>" + "<time class=published>2025-12-09</time>" * 59_000), "text/html", _PAGE
    ),
    "page of articles within articles": lambda: Hostile(page("<article><h2><a href=/x>" * 30_000), "text/html", _PAGE),
    "page of classes": lambda: Hostile(page("<div class='" + "share-" * 300_000 + "'>x</div>"), "text/html", _PAGE),
    "linked data nested deep": lambda: Hostile(page("x", _deep_json(500_000)), "text/html", ("article",)),
    "linked data with a huge number": lambda: Hostile(
        page("x", f'<script type="application/ld+json">{"9" * 1_000_000}</script>'), "text/html", ("article",)
    ),
    "a million metas": lambda: Hostile(page("x", "<meta name=date content=x>" * 118_000), "text/html", ("article",)),
    "wrong encoding": lambda: Hostile(
        b'<?xml version="1.0" encoding="utf-16"?>' + feed(item("\u00e9"))[38:], "application/xml; charset=utf-7", _ALL
    ),
    "declared as rot13": lambda: Hostile(page("hello"), "text/html; charset=rot13", _ALL),
    "declared as zlib": lambda: Hostile(_flate(b"a" * 50_000_000), "text/html; charset=zlib_codec", _ALL),
    "declared as bz2 within": lambda: Hostile(page("hello", "<meta charset=bz2>"), "text/html", _ALL),
    "declared as idna": lambda: Hostile(b"a." * 500_000, "text/html; charset=idna", _ALL),
    "declared as punycode": lambda: Hostile(b"a-" + b"z" * 300_000, "text/html; charset=punycode", _ALL),
    "utf-16 of odd length": lambda: Hostile(b"\xff\xfe" + feed(item()).decode().encode("utf-16-le")[:-1], "", _ALL),
    "lone surrogates": lambda: Hostile(feed(item("&#xD800;&#xDFFF;&#0;&#x110000;")), "application/xml", _ALL),
    "truncated XML": lambda: Hostile(feed(item() * 50)[:-777], "application/xml", _ALL),
    "gzip that is not announced": lambda: Hostile(gzip.compress(b"\0" * 50_000_000), "application/xml", _ALL),
    "binary": lambda: Hostile(base64.b85decode(b"0" * 400_000), "text/html", _ALL),
    "svg": lambda: Hostile(page("<svg>" + "<g>" * 100_000), "text/html", _PAGE),
    "PDF that is none": lambda: Hostile(b"%PDF-1.7\n" + b"x" * 100_000, "application/pdf", ("article",)),
    "PDF, announced only": lambda: Hostile(page("x"), "application/pdf", ("article",)),
    "PDF with a decompression bomb": lambda: Hostile(
        pdf(streams=(_flate(b" " * 300_000_000),)), "application/pdf", ("article",)
    ),
    "PDF with a nested decompression bomb": lambda: Hostile(
        pdf(streams=(_flate(b" " * 300_000_000, 2),), filters="/FlateDecode/FlateDecode"),
        "application/pdf",
        ("article",),
    ),
    "PDF with a run-length bomb": lambda: Hostile(
        pdf(streams=(b"\x81 " * 1_000_000,), filters="/RunLengthDecode"), "application/pdf", ("article",)
    ),
    "PDF with too much text": lambda: Hostile(
        pdf(streams=(_flate(_text_bomb()),), pages=40), "application/pdf", ("article",)
    ),
    "PDF of 100,000 pages": lambda: Hostile(
        pdf(streams=(_flate(b"BT ET"),), pages=100_000), "application/pdf", ("article",)
    ),
    "PDF whose pages loop": lambda: Hostile(_looping_pages(), "application/pdf", ("article",)),
    "PDF whose forms loop": lambda: Hostile(_form_loop(), "application/pdf", ("article",)),
    "PDF whose pages are their own ancestors": lambda: Hostile(
        pdf(streams=(_flate(b"BT ET"),)).replace(b"/Type/Page/", b"/Type/Pages/Kids[1 0 R 2 0 R 3 0 R]/"),
        "application/pdf",
        ("article",),
    ),
    "PDF nested deep": lambda: Hostile(
        pdf(streams=(_flate(b"[" * 500_000 + b"]" * 500_000),)), "application/pdf", ("article",)
    ),
    "PDF dictionary nested deep": lambda: Hostile(
        b"%PDF-1.4\n1 0 obj" + b"<</A" * 300_000 + b"\ntrailer<</Root 1 0 R>>\n%%EOF", "application/pdf", ("article",)
    ),
    "PDF with a million objects": lambda: Hostile(
        pdf(b"".join(b"%d 0 obj null endobj\n" % n for n in range(100, 400_000))), "application/pdf", ("article",)
    ),
    "PDF without end marks": lambda: Hostile(b"%PDF-1.4\n" + b"1 0 obj " * 1_000_000, "application/pdf", ("article",)),
}
