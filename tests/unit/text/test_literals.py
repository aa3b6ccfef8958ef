"""A regular expression is tried only where one of its literals stands; nothing may be lost by that."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.terms import Term
from shared.text.fold import light
from shared.text.literals import required
from shared.text.matcher import REGEX_WINDOW, Entry, Matcher
from shared.text.patterns import compile_bounded

EXPRESSIONS = [
    "phase[ -](?:[1-4]|iii|ii)[ab]?",
    "(?:files?|filed|to file) .{0,20}(?:approval|NDA)",
    "(?:H1|Q2)(?: ?20[0-9]{2})? (?:financial )?results",
    "[0-9]{1,2}(?:st|th)? ?(?:-|to) ?[0-9]{1,2} (?:may|june)",
    "licen[cs]es?",
    "(?:U\\.S\\.|US) filing",
    "(?:a|the) .{0,9}deal",
    "[A-Z]{2}-[0-9]{2}",
    "top-?line (?:data|news)",
    "launch of .{0,60}",
    "award(?:s|ed)? .{0,10}edition",
    "(?:re)?submit(?:s|ted)?(?= )",
]
WORDS = [
    "phase", "3b", "ii", "files", "to file", "an", "NDA", "approval", "H1", "2025", "results", "3", "th", "-", "4",
    "may",
    "licence", "LICENSE", "U.S.", "US", "filing", "the", "deal", "AB-12", "topline", "top\u2011line", "top\u00adline",
    "data", "launch of", "x", "awards", "edition", "resubmits", "submitted", ".", ",", "\n", "\n\n", "  ", "\u00ae",
    "\u0130", "\u00df", "\ufb01", "\u2265", "e\u0301", "\u4e2d", "\u00bd", "\u0131", "P\u0130L", "\u2026",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=14).flatmap(
    lambda words: st.sampled_from([" ", "", "-", "\u00a0"]).map(lambda gap: gap.join(words))
)


def found(pattern: str, text: str, case: str) -> list[tuple[int, int]]:
    entry = Entry(
        "event", "e", "e", frozenset({"e.title"}), Term.model_validate({"term": f"regex:{pattern}", "case": case})
    )
    return [(hit.start, hit.end) for hit in Matcher.compile([entry]).find(text)]


def plainly(pattern: str, text: str, case: str) -> list[tuple[int, int]]:
    regex = compile_bounded(pattern, exact_case=case == "exact")
    return [match.span() for match in regex.finditer(light(text)[:REGEX_WINDOW])]


@settings(max_examples=600, deadline=None)
@given(pattern=st.sampled_from(EXPRESSIONS), text=TEXTS, case=st.sampled_from(["ignore", "exact"]))
def test_an_announced_search_finds_what_a_plain_one_finds(pattern: str, text: str, case: str) -> None:
    assert found(pattern, text, case) == plainly(pattern, text, case)


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        ("approves?", {"approve"}),
        ("(?:cat|dog)s", {"cats", "dogs"}),
        (".{0,5}whale", {"whale"}),
        ("[0-9]{2}", set()),
        ("(?:[0-9]|fish)", set()),
        ("a?ox", {"aox", "ox"}),
    ],
)
def test_required_literals(pattern: str, literals: set[str]) -> None:
    assert {literal.text for literal in required(pattern)} == literals


def test_an_expression_is_not_tried_in_a_text_without_its_literals() -> None:
    tried = []

    class Counted:
        def match(self, text: str, at: int) -> re.Match[str] | None:
            tried.append(at)
            return re.compile("approve").match(text, at)

    entry = Entry("event", "e", "e", frozenset({"e.title"}), Term(term="regex:approves?"))
    matcher = Matcher.compile([entry])
    matcher._regexes = ((Counted(), matcher._regexes[0][1]),)  # type: ignore[assignment]
    assert matcher.find("nothing of the kind, disapproves of it") == []
    assert tried == []
    assert len(matcher.find("it approves")) == 1
    assert tried == [3]
