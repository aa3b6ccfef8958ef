"""The review's web server: loopback only, one visitor with one key, every change by a form with its token."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from typing import Protocol
from urllib.parse import parse_qs, parse_qsl, urlsplit

from cli.review.desk import Desk, Draft
from cli.review.edits import Edits
from cli.review.form import Basis, read_edits
from cli.review.pages import Shown, review_page, style
from local.http_server import LoopbackServer
from shared.errors import ConflictError, InputError, NotFoundError
from shared.storage.labels import Label

_COOKIE = "vectora-review"
_LARGEST = 2_000_000
_PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# the newsletter itself: its own inline style and nothing else, whatever an article's text brought along
_PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


class LabelReader(Protocol):
    """What the page needs of shared.storage.labels.Labels."""

    def all(self, client_id: str) -> dict[str, Label]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request, as far as it matters."""

    method: str
    target: str
    host: str
    origin: str
    cookie: str
    body: str = ""


class Review:
    """Answers requests about one edition. `key` opens the page, `csrf` stands in its forms."""

    def __init__(self, desk: Desk, labels: LabelReader) -> None:
        self._desk, self._labels = desk, labels
        self.key, self.csrf = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.port = 0

    def __call__(self, call: Call) -> Answer:
        """Answer one request; refuses strangers, other sites and forms without the token."""
        parts = urlsplit(call.target)
        if call.host not in (f"127.0.0.1:{self.port}", f"localhost:{self.port}"):
            return _plain(403, "this page answers on this machine's own address only")
        if parts.path == "/style.css":
            return Answer(200, style(), "text/css; charset=utf-8")
        if parts.path == "/" and self._opens(parse_qs(parts.query).get("key", [""])[0]):
            cookie = f"{_COOKIE}={self.key}; HttpOnly; SameSite=Strict; Path=/"
            return Answer(303, headers={"Location": "/", "Set-Cookie": cookie})
        if not self._opens(_cookie(call.cookie)):
            return _plain(403, "open the address that the review command printed")
        if call.method == "POST":
            return self._act(parts.path, call)
        return self._show(parts.path, parts.query)

    def _opens(self, key: str) -> bool:
        return secrets.compare_digest(key.encode(), self.key.encode())

    def _show(self, path: str, query: str) -> Answer:
        if path == "/preview":
            return Answer(200, self._desk.load().html.encode(), headers={"Content-Security-Policy": _PREVIEW_POLICY})
        if path == "/":
            done = parse_qs(query).get("done", [""])[0]
            return self._page(self._desk.load(), note=_NOTES.get(done, ""))
        return _plain(404, "there is nothing at this address")

    def _act(self, path: str, call: Call) -> Answer:
        fields = dict(parse_qsl(call.body, keep_blank_values=True))
        own = (f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}")
        if call.origin not in own or not secrets.compare_digest(fields.get("csrf", "").encode(), self.csrf.encode()):
            return _plain(403, "refused: this form was not made by this page")
        action = _ACTIONS.get(path)
        if action is None:
            return _plain(404, "there is nothing at this address")
        draft = self._desk.load()
        edits = draft.edits
        try:
            edits = read_edits(fields, _basis(draft))
            action(self._desk, Wish(edits, draft.edits, fields.get("base", "")))
        except (InputError, ConflictError, NotFoundError) as error:
            return self._page(self._desk.load(), problem=str(error), edits=edits, status=409)
        return Answer(303, headers={"Location": f"/?done={path.strip('/')}"})

    def _page(
        self, draft: Draft, problem: str = "", note: str = "", edits: Edits | None = None, status: int = 200
    ) -> Answer:
        labels = self._labels.all(draft.edition.client_id).values()
        shown = Shown(self.csrf, labels, edits if edits is not None else draft.edits, problem, note)
        return Answer(status, review_page(draft, shown).encode())


_NOTES = {"save": "Saved. This is how it will look now.", "approve": "Approved.", "drop": "Dropped."}


def _basis(draft: Draft) -> Basis:
    near = frozenset(one.item_id for one in draft.near)
    return Basis(draft.material.original, draft.edits, draft.edition, near)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for: its edits, those that are stored, and the content hash of the page that it stood on."""

    edits: Edits
    stored: Edits
    base: str


def _save(desk: Desk, wish: Wish) -> None:
    desk.save(wish.edits, wish.base)


def _approve(desk: Desk, wish: Wish) -> None:
    """Only what was seen is approved: changes in the form are saved and looked at first."""
    if wish.edits != wish.stored:
        raise InputError("there are changes that are not saved yet: save, look at the result, then approve")
    desk.approve(wish.base)


def _drop(desk: Desk, wish: Wish) -> None:
    desk.drop(wish.base)


_ACTIONS: dict[str, Callable[[Desk, Wish], None]] = {"/save": _save, "/approve": _approve, "/drop": _drop}


def _plain(status: int, text: str) -> Answer:
    return Answer(status, f"{text}\n".encode(), "text/plain; charset=utf-8")


def _cookie(header: str) -> str:
    morsel = SimpleCookie(header).get(_COOKIE)
    return morsel.value if morsel else ""


def serve(review: Review, port: int) -> LoopbackServer:
    """A server for the review, ready to `serve_forever`; port 0 takes a free one. Raises OSError for a taken port."""
    server = LoopbackServer(port, type("Handler", (_Handler,), {"review": staticmethod(review)}))
    review.port = server.port
    return server


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    review: Callable[[Call], Answer]

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST:
            self._send(_plain(413, "too much"))
            return
        self._answer(self.rfile.read(length).decode(errors="replace"))

    def _answer(self, body: str) -> None:
        head = self.headers
        origin = head.get("Origin") or ""
        call = Call(self.command, self.path, head.get("Host", ""), origin, head.get("Cookie", ""), body)
        self._send(self.review(call))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {
            "Content-Security-Policy": _PAGE_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        for name, value in {**headers, **answer.headers, "Content-Type": answer.kind}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """The page's own requests are of no interest in a terminal."""
