"""No byte string makes ingest crash or exceed its bounds: random bytes, random markup, and mutations of documents."""

# ruff: noqa: E501 (documents, one a line)

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.conftest import EXAMPLES
from tests.hostile.corpus import feed, item, page
from tests.hostile.sandbox import MEMORY_MB, Sandbox
from tests.unit.ingest.gold.pages import pages
from tests.unit.ingest.gold.pdfs import pdfs

KINDS = st.sampled_from(["rss", "html", "pubmed", "article"])
TYPES = st.sampled_from(["", "text/html", "application/xml; charset=utf-16", "application/pdf", "text/xml; charset=x"])
SECONDS = 5.0
_SEEDS = [
    feed("".join(item(f"Title {n}", "<pubDate>Dec 9, 2025 10:15am</pubDate>") for n in range(5))),
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">&lt;b&gt;A</title><link href="/a"/>'
    b"<updated>2025-12-09T10:00:00Z</updated><content type='xhtml'><div><p>x</p></div></content></entry></feed>",
    b"<eSearchResult><Count>2</Count><QueryKey>1</QueryKey><WebEnv>E</WebEnv></eSearchResult>",
    page(
        "<main><article><h2><a href='/n/1'>A title long enough to be one</a></h2><time>9 Dec 2025</time></article></main>"
    ),
    *(gold.body for gold in (*pages(), *pdfs())),
]
_TOKENS = [
    b"<", b">", b"</", b"/>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&", b";", b"&amp;", b"&#xD800;", b"&#0;", b'"', b"'",
    b"<?xml", b"?>", b"<!DOCTYPE", b"<!ENTITY x 'y'>", b"&x;", b"<item>", b"</item>", b"<entry>", b"<title>", b"</title>",
    b"<link>", b"<a href='", b"<p>", b"<time datetime='", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"stream\n",
    b"endstream", b"endobj", b"1 0 obj", b"<<", b">>", b"/Filter/FlateDecode", b"BT", b"ET", b"Tj", b"/Kids[2 0 R]", b"R",
    b"9999999999", b"-1", b"2025-02-30", b"31/31/2025", b"http://[::1", b"https://www.example.org:99999/", b"{" , b"[" ,
]  # fmt: skip


def _holds(sandbox: Sandbox, kind: str, body: bytes, content_type: str) -> None:
    outcome = sandbox.read(kind, body, content_type)
    assert outcome.seconds < SECONDS
    assert outcome.peak_mb < MEMORY_MB


def tried(share: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many of all examples."""
    return settings(
        max_examples=max(1, round(EXAMPLES * share)),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@tried(0.2)
@given(kind=KINDS, body=st.binary(max_size=4000), content_type=TYPES)
def test_random_bytes(sandbox: Sandbox, kind: str, body: bytes, content_type: str) -> None:
    _holds(sandbox, kind, body, content_type)


@tried(0.25)
@given(
    kind=KINDS,
    pieces=st.lists(st.one_of(st.sampled_from(_TOKENS), st.binary(max_size=8)), max_size=120),
    content_type=TYPES,
)
def test_random_markup(sandbox: Sandbox, kind: str, pieces: list[bytes], content_type: str) -> None:
    prefix = b"%PDF-1.4\n" if content_type == "application/pdf" else b""
    _holds(sandbox, kind, prefix + b" ".join(pieces), content_type)


@tried(0.4)
@given(
    kind=KINDS, seed=st.sampled_from(range(len(_SEEDS))), change=st.randoms(use_true_random=False), content_type=TYPES
)
def test_mutations_of_whole_documents(
    sandbox: Sandbox, kind: str, seed: int, change: random.Random, content_type: str
) -> None:
    _holds(sandbox, kind, mutated(_SEEDS[seed], change), content_type)


@tried(0.15)
@given(kind=KINDS, seed=st.sampled_from(range(len(_SEEDS))), end=st.floats(0, 1), content_type=TYPES)
def test_documents_that_break_off(sandbox: Sandbox, kind: str, seed: int, end: float, content_type: str) -> None:
    body = _SEEDS[seed]
    _holds(sandbox, kind, body[: round(len(body) * end)], content_type)


def mutated(body: bytes, change: random.Random) -> bytes:
    """A document with some bytes changed, pieces left out, doubled, moved, or tokens put in."""
    made = bytearray(body)
    for _ in range(change.randint(1, 12)):
        at, to = sorted(change.randrange(len(made) + 1) for _ in range(2))
        to = min(to, at + 2000)
        match change.randrange(6):
            case 0 if at < len(made):
                made[at] = change.randrange(256)
            case 1:
                del made[at:to]
            case 2:
                made[at:at] = made[at:to] * change.randint(1, 20)
            case 3:
                made[at:at] = change.choice(_TOKENS) * change.choice([1, 1, 50, 2000])
            case 4:
                made[at:to] = bytes(reversed(made[at:to]))
            case _:
                made.extend(made[at:to])
        made = made[:400_000] or bytearray(b" ")
    return bytes(made)


def test_mutations_differ_from_what_they_were_made_of() -> None:
    changed = [mutated(_SEEDS[0], random.Random(n)) != _SEEDS[0] for n in range(50)]
    assert sum(changed) > 40


def test_there_are_at_least_ten_thousand_examples_in_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    from tests.hostile import conftest

    monkeypatch.setenv("HYPOTHESIS_PROFILE", "ci")
    whole = importlib.reload(conftest).EXAMPLES
    monkeypatch.undo()
    importlib.reload(conftest)
    assert whole >= 10_000
