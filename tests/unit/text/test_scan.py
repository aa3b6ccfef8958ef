"""A text as the matcher reads it, quickly or slowly, is the same text."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.terms import Term
from shared.text.fold import Spread, fold, light
from shared.text.matcher import Entry, Matcher
from shared.text.scan import Scan
from shared.text.tables import LIGHT

CHARACTERS = (
    "aAbLI1 \u00a0-.,'\n\t\u2013\u2014\u2019\u00ae\u2122\u00e9\u0130\u0131\u00df\ufb01\u2265\u00ad\u0301"
    "\u4e2d\u03b1\u00bd\x00\u0144\u0142\u0149\u334d\uac00\u30ab\x1c\u200b\ufb03\ufdfa"
)
TEXTS = st.one_of(st.text(alphabet=CHARACTERS, max_size=40), st.text(max_size=40))
TERMS = [
    "LAI",
    "PAS",
    "long acting",
    "a b",
    "b-a",
    "aa",
    "a",
    "i",
    "ai",
    "\u00e9a",
    "b\u00e9",
    "a'b",
    "1a",
    "a.b",
    "\u0144",
]


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_every_word_is_found_where_folding_says(text: str) -> None:
    """Each folded word, searched as a term of its own, is found at its place in the original."""
    folded = fold(text)
    words = {word for word in "".join(c if c.isalnum() else " " for c in folded.text).split() if len(word) > 4}
    matcher = Matcher.compile(
        Entry("exclusion", word, word, frozenset({f"s{n}"}), Term(term=word)) for n, word in enumerate(sorted(words))
    )
    expected = set()
    for word in words:
        at = folded.text.find(word)
        while at >= 0:
            span = folded.span(at, at + len(word))
            edges = folded.text[max(0, at - 1) : at] + folded.text[at + len(word) : at + len(word) + 1]
            if span and not any(c.isalnum() for c in edges):
                expected.add((word, *span))
            at = folded.text.find(word, at + 1)
    assert {(hit.id, hit.start, hit.end) for hit in matcher.find(text)} == expected


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_stand_ins_change_no_hit(text: str) -> None:
    """With and without the characters that make the matcher strict, the same terms are found."""
    entries = [Entry("exclusion", t, t, frozenset({f"s{n}"}), Term(term=t)) for n, t in enumerate(TERMS)]
    exotic = Entry("exclusion", "\u2266\u2266x", "x", frozenset({"exotic"}), Term(term="\u2266\u2266x"))
    lenient, strict = Matcher.compile(entries), Matcher.compile([*entries, exotic])
    assert lenient.find(text) == strict.find(text)


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_the_way_back_leads_to_what_was_folded(text: str) -> None:
    folded = fold(text)
    for word in re.finditer(r"[^\s]+", folded.text):
        span = folded.span(*word.span())
        assert span is None or fold(text[slice(*span)]).text == word.group()


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_what_replaces_odd_characters_has_a_way_back(text: str) -> None:
    spread = Spread(text)
    replaced = spread.text()
    if replaced is None:
        return
    assert fold(replaced).text == fold(text).text
    assert spread.span(0, len(replaced)) is not None
    for place in range(len(replaced)):
        span = spread.span(place, place + 1)
        assert span is None or fold(text[slice(*span)]).text.strip() == fold(replaced[place]).text.strip()


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_spans_stay_inside_the_text(text: str) -> None:
    scan = Scan(text)
    assert len(scan.marked) == len(scan.text) + 2
    for start in range(len(scan.text)):
        span = scan.span(start, start + 1)
        assert span is None or 0 <= span[0] < span[1] <= len(text)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_light_is_the_same_by_bytes_and_by_characters(text: str) -> None:
    assert light(text) == text.translate(LIGHT)
    assert len(light(text)) == len(text)


def test_a_term_outside_the_palette_is_found() -> None:
    matcher = Matcher.compile([Entry("technology", "x", "x", frozenset({"a.b"}), Term(term="\u4e2d\u6587 depot"))])
    text = "the \u4e2d\u6587 Depot\u00ae"
    assert [hit.text(text) for hit in matcher.find(text)] == ["\u4e2d\u6587 Depot"]
