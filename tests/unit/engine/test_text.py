"""Hostile and merely odd item text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services.engine.text import MAX_TITLE, markdown, plain, safe_url, title_of, undated


def test_long_titles_are_printed_whole_not_cut_at_100():
    title = "Agency approves LONGLITE " + "for the treatment of winter gloom in adults " * 5
    assert len(title) > 200
    assert title_of(title) == title.strip()


def test_a_title_of_a_megabyte_is_bounded_at_a_word():
    title = title_of("glow " * 250_000)
    assert len(title) <= MAX_TITLE
    assert title.endswith("glow…")


@pytest.mark.parametrize(
    ("raw", "printed"),
    [
        ("<a href='https://x.example.org'>FDA nods</a>", "FDA nods"),
        ("<script>alert(1)</script>Glow", "Glow"),
        ("p < 0.05 and q > 1", "p < 0.05 and q > 1"),
        ("Pain &amp; Gain", "Pain & Gain"),
        ("a\u202egnirts\u202c b", "agnirts b"),
        ("zero\u200bwidth\u200d\ufeff", "zerowidth"),
        ("tabs\tand\nlines\u2028here\x00", "tabs and lines here"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_text_becomes_plain(raw: str, printed: str):
    assert plain(raw, 500) == printed


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//example.org/x",
        "/relative",
        "",
        "https://",
        "https://user:secret@example.org/",
        "https://[bad",
        "https://example.org/\u202egnp.exe",
        "https://example.org/a b",
        "https://example.org/" + "x" * 3000,
        "file:///etc/passwd",
    ],
)
def test_only_plain_web_addresses_are_links(url: str):
    assert safe_url(url) == ""


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=c&d=%20e#f", "https://example.org/a?b=c&d=%20e#f"),
        ('https://example.org/"onmouseover=x', "https://example.org/%22onmouseover=x"),
        ("https://example.org/a(b)[c]<d>", "https://example.org/a%28b%29%5Bc%5D%3Cd%3E"),
        ("https://example.org/é", "https://example.org/%C3%A9"),
    ],
)
def test_addresses_cannot_leave_their_place(url: str, safe: str):
    assert safe_url(url) == safe


RENDERER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def rendered(text: str) -> str:
    return RENDERER.render(f"### {text}")


HOSTILE = [
    "[click](javascript:alert(1))",
    "![x](https://evil.example.org/x.png)",
    "<img src=x onerror=alert(1)>",
    "**bold** _em_ `code` ~~gone~~",
    "# heading",
    "- list",
    "1. list",
    "> quote",
    "| a | b |",
    "[ref]: https://evil.example.org",
    "<https://evil.example.org>",
    "&lt;script&gt;",
    "back\\slash \\[x](y)",
    "setext\n===",
    "[[a]](b)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_of_an_item_is_printed_as_it_stands(text: str):
    html = rendered(markdown(plain(text, 500)))
    inner = html.removeprefix("<h3>").removesuffix("</h3>\n")
    assert "<" not in inner


@given(st.text(max_size=60))
def test_no_text_ever_becomes_markdown_markup(text: str):
    html = rendered("x " + markdown(plain(text, 500)))
    assert "<" not in html.removeprefix("<h3>").removesuffix("</h3>\n")


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_paragraph_ever_becomes_a_block(text: str):
    html = RENDERER.render(markdown(plain(text, 500)))
    assert html in ("",) or (html.startswith("<p>") and html.count("<") == 2)


@given(st.text(max_size=300), st.integers(min_value=5, max_value=100))
def test_plain_text_is_bounded_and_one_line(text: str, limit: int):
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert "\n" not in shown
    assert shown == shown.strip()


@pytest.mark.parametrize(
    ("sentence", "printed"),
    [
        ("Acme announced today that it won.", "Acme announced that it won."),
        ("Acme today announced a win.", "Acme announced a win."),
        ("Acme a annoncé aujourd’hui un accord.", "Acme a annoncé un accord."),
        ("Patients today reported less pain than before.", "Patients today reported less pain than before."),
        ("Acme, which reported today's results, rose.", "Acme, which reported today's results, rose."),
        ("The drug is sold today in Europe.", "The drug is sold today in Europe."),
    ],
)
def test_the_sources_today_is_not_the_readers(sentence, printed):
    assert undated(sentence) == printed
