"""A fetch gateway that serves the demo's pages: https://HOST/PATH is asked for as GET ORIGIN/HOST/PATH."""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from local.demo import pages
from local.demo.articles import CORPORATE, GRANTS, PRESS, Article, articles
from local.demo.pdf import pdf
from local.http_server import LoopbackServer
from local.layout import HOST


@dataclass(frozen=True)
class Document:
    """What stands at an address."""

    content_type: str
    body: bytes

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'


def documents(day: date) -> dict[str, Document]:
    """Everything that the demo's sources serve on `day`, by gateway path (/HOST/PATH)."""
    found = articles(day)
    of = {host: [article for article in found if article.host == host] for host in (CORPORATE, PRESS, GRANTS)}
    return {
        f"/{CORPORATE}/news/": Document("text/html; charset=utf-8", pages.listing(of[CORPORATE])),
        f"/{PRESS}/feed/": Document("application/rss+xml", pages.rss(of[PRESS])),
        f"/{GRANTS}/atom.xml": Document("application/atom+xml", pages.atom(of[GRANTS])),
        **{f"/{article.host}{article.path}": _document(article) for article in found},
    }


@contextmanager
def demo_gateway(day: date) -> Iterator[str]:
    """Serve the pages of `day` on a free loopback port while the block runs; the value is the gateway's origin."""
    server = _Server(documents(day))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _document(article: Article) -> Document:
    if article.pdf:
        dated = [f"{article.published:%d %B %Y}", *article.paragraphs] if article.published else article.paragraphs
        return Document("application/pdf", pdf(article.title, dated))
    return Document("text/html; charset=utf-8", pages.article_page(article))


class _Server(LoopbackServer):
    def __init__(self, served: Mapping[str, Document]) -> None:
        super().__init__(0, _Handler)
        self.served = served


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        document = self.server.served.get(urlsplit(self.path).path)
        if document is None:
            return self._send(404, Document("text/plain", b"no such page"))
        if self.headers.get("If-None-Match") == document.etag:
            return self._send(304, Document(document.content_type, b""), document.etag)
        return self._send(200, document, document.etag)

    def _send(self, status: int, document: Document, etag: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", document.content_type)
        self.send_header("Content-Length", str(len(document.body)))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        self.wfile.write(document.body)

    def log_message(self, format: str, *args: object) -> None:
        """The run's own progress is what a user watches."""
