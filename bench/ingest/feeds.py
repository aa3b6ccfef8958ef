"""Feeds as publishers write them: RSS 2.0 and Atom, plain and with HTML, with the dates that each kind uses."""

import html
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from xml.sax.saxutils import escape

_WORDS = [
    "the",
    "company",
    "today",
    "announced",
    "results",
    "of",
    "a",
    "study",
    "injection",
    "patients",
    "months",
    "dose",
    "trial",
    "approval",
    "agreement",
    "partner",
    "market",
    "regulatory",
    "submission",
    "data",
    "safety",
    "clinical",
    "phase",
    "product",
    "treatment",
    "medicine",
    "long",
    "acting",
    "monthly",
    "rights",
]
_NOW = datetime(2025, 12, 10, 9, tzinfo=UTC)


def _sentence(draw: Random, words: int) -> str:
    return " ".join(draw.choice(_WORDS) for _ in range(words)).capitalize() + "."


def _body(draw: Random, paragraphs: int) -> str:
    return "".join(
        f'<p class="c">{_sentence(draw, 40)} <a href="/x?a=1&amp;b=2">{_sentence(draw, 3)}</a></p>'
        for _ in range(paragraphs)
    )


def rss(seed: int, entries: int, *, whole_articles: bool = False, anchors: bool = False) -> bytes:
    """An RSS 2.0 feed; `anchors`: titles that are HTML anchors and dates that are not RFC 822."""
    draw = Random(seed)
    items = []
    for n in range(entries):
        url, when = f"https://s{seed}.example.org/news/{n}", _NOW - timedelta(hours=n)
        title = escape(_sentence(draw, 10))
        if anchors:
            title = html.escape(f'<a href="{url}" hreflang="en">{title}</a>')
            date = when.strftime("%b %-d, %Y %-I:%M%p").replace("AM", "am").replace("PM", "pm")
        else:
            date = format_datetime(when)
        content = f"<content:encoded><![CDATA[{_body(draw, 8)}]]></content:encoded>" if whole_articles else ""
        items.append(
            f"<item><title>{title}</title><link>{url}</link><guid isPermaLink='false'>{seed}-{n}</guid>"
            f"<pubDate>{date}</pubDate>"
            f"<category>{draw.choice(_WORDS)}</category><dc:creator>A. Writer</dc:creator>"
            f"<description>{escape(_body(draw, 1))}</description>{content}</item>"
        )
    names = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    channel = (
        f"<channel><title>Source {seed}</title><link>https://s{seed}.example.org/</link>{''.join(items)}</channel>"
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {names}>{channel}</rss>'.encode()


def atom(seed: int, entries: int) -> bytes:
    """An Atom feed."""
    draw = Random(seed)
    made = "".join(
        f"<entry><title>{escape(_sentence(draw, 10))}</title>"
        f"<link rel='alternate' href='https://s{seed}.example.org/news/{n}'/>"
        f"<id>tag:s{seed}.example.org,2025:{n}</id><updated>{(_NOW - timedelta(hours=n)).isoformat()}</updated>"
        f"<published>{(_NOW - timedelta(hours=n)).isoformat()}</published>"
        f"<summary type='html'>{escape(_body(draw, 1))}</summary></entry>"
        for n in range(entries)
    )
    head = f"<title>Source {seed}</title><id>tag:{seed}</id><updated>{_NOW.isoformat()}</updated>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{made}</feed>'.encode()
    )


def collection(feeds: int = 200, entries: int = 25) -> list[bytes]:
    """Feeds of four kinds in equal parts."""
    made = []
    for seed in range(feeds):
        kind = seed % 4
        if kind == 3:
            made.append(atom(seed, entries))
        else:
            made.append(rss(seed, entries, whole_articles=kind == 1, anchors=kind == 2))
    return made
