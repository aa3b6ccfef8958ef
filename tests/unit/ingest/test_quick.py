"""The quick reader of plain feeds gives what feedparser gives, entry for entry, or leaves the feed to it."""

# ruff: noqa: E501 (documents, one a line)

import importlib.util
import json
import os
import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.ingest.feeds import collection
from services.ingest.sources import quick
from services.ingest.sources.base import ReadingContext, UnreadableError
from services.ingest.sources.rss import Feed
from tests.hostile.test_any_bytes import mutated
from tests.unit.ingest.builders import rss, source

SOURCE = source("news", "https://www.example.org/feed", max_items=500)
CONTEXT = ReadingContext(date(2025, 12, 1), date(2025, 12, 10), lambda _: False)
SHARED = Path(os.environ.get("VECTORA_SHARED") or Path(__file__).resolve().parents[4] / "shared")
_ITEM = "<item><title>T</title><link>https://www.example.org/a</link>{}</item>"
_NAMES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:x="https://www.example.org/x"'
)


def both(monkeypatch: pytest.MonkeyPatch, body: bytes, content_type: str = "application/xml") -> tuple[object, object]:
    """What Feed reads with the quick reader, and without it."""

    def read() -> object:
        try:
            return Feed().read(body, content_type, SOURCE.url, SOURCE, CONTEXT)
        except UnreadableError:
            return "unreadable"

    with_quick = read()
    with monkeypatch.context() as patched:
        patched.setattr(quick, "read", lambda *_: None)
        return with_quick, read()


def test_feeds_of_every_kind_lose_no_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    for body in collection(40):
        assert quick.read(body, "application/xml", SOURCE.url) is not None
        quickly, slowly = both(monkeypatch, body)
        assert quickly == slowly
        assert len(quickly.entries) == 25  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path", ["endpoints.news/feed/", "www.fiercebiotech.com/rss/xml", "www.fiercepharma.com/rss/xml"]
)
def test_recorded_feeds_lose_no_entry(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    script = SHARED / "replay" / "serve.py"
    if not script.exists():
        pytest.skip(f"no replay material at {script.parent}; set VECTORA_SHARED to the folder that holds replay/")
    spec = importlib.util.spec_from_file_location("replay_serve", script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server, _ = module.start(json.loads((SHARED / "replay" / "items.json").read_text()), "2025-12-09", 0)
    try:
        from urllib.request import urlopen

        body = urlopen(f"http://127.0.0.1:{server.server_address[1]}/{path}").read()
    finally:
        server.shutdown()
        server.server_close()
    quickly, slowly = both(monkeypatch, body)
    assert quickly == slowly
    assert len(quickly.entries) > 10  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "extra",
    [
        "<description>a &amp;amp; b &lt;p&gt;c&lt;/p&gt;</description>",
        "<description>one</description><description>two</description>",
        "<content:encoded><![CDATA[<p>x</p>]]></content:encoded>",
        "<description>d</description><content:encoded><![CDATA[<p>x</p>]]></content:encoded>",
        "<content:encoded><![CDATA[<p>x</p>]]></content:encoded><description>d</description>",
        "<dc:date>2025-12-09</dc:date>", "<dc:title>Other</dc:title>", "<media:title>Other</media:title>",
        "<media:group><media:title>Other</media:title></media:group>", "<itunes:summary>Other</itunes:summary>",
        "<media:content url='/i.jpg'/><media:thumbnail url='/t.jpg'/>", "<atom:link href='/b' rel='alternate'/>",
        "<link>/second</link>", "<guid>https://www.example.org/guid</guid>", "<guid isPermaLink='false'>x</guid>",
        "<enclosure url='/a.pdf' type='application/pdf'/>", "<pubDate>Dec 9, 2025 10:15am</pubDate>",
        "<pubDate>Tue, 09 Dec 2025 10:00:00 GMT</pubDate><updated>2025</updated>", "<x:y><x:title>z</x:title></x:y>",
        "<x:y>z</x:y>", "<description>Ã¤ caf\u0093x\u0094</description>", "<description><b>inline</b> text</description>",
        "<source url='https://b.example.org'>B</source>", "<!-- c --><category>c</category>", "<title>Twice</title>",
        "<comments>https://www.example.org/c</comments><x:link>https://evil.example.org/</x:link>",
    ],
)  # fmt: skip
def test_constructs_that_feedparser_has_rules_for(monkeypatch: pytest.MonkeyPatch, extra: str) -> None:
    for channel in ("", "<link>https://www.example.org/base/</link>", "<link>relative</link><generator>g</generator>"):
        body = f'<rss version="2.0" {_NAMES}><channel><title>N</title>{channel}{_ITEM.format(extra)}</channel></rss>'
        quickly, slowly = both(monkeypatch, body.encode())
        assert quickly == slowly


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml; charset=iso-8859-1", "text/html", ""])
@pytest.mark.parametrize(
    "link", ["/relative", " https://www.example.org/a ", "ftp://x.example.org/a", "javascript:x", "?q=1"]
)
def test_links_and_content_types(monkeypatch: pytest.MonkeyPatch, content_type: str, link: str) -> None:
    quickly, slowly = both(monkeypatch, rss(("Ärzte", link, "")).encode(), content_type)
    assert quickly == slowly


@settings(max_examples=150, deadline=None, database=None)
@given(seed=st.integers(0, 7), change=st.randoms(use_true_random=False))
def test_mutated_feeds_are_read_as_feedparser_reads_them(seed: int, change: random.Random) -> None:
    body = mutated(collection(8, 6)[seed], change)
    with pytest.MonkeyPatch.context() as patch:
        quickly, slowly = both(patch, body)
    assert quickly == slowly
