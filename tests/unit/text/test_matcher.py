"""The matcher against what went wrong before, and against a naive oracle."""

import unicodedata
from itertools import groupby, takewhile
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.terms import Term
from shared.errors import ConfigError
from shared.text.fold import fold
from shared.text.hits import HitKind
from shared.text.matcher import Entry, Matcher


def entry(kind: HitKind, text: str, scope: str = "vocabulary.terms", **rules: object) -> Entry:
    return Entry(kind, text, text, frozenset({scope}), Term.model_validate({"term": text, **rules}))


def wordings(matcher: Matcher, text: str) -> list[str]:
    return [hit.text(text) for hit in matcher.find(text)]


@pytest.mark.parametrize("text", ["it claims", "c-lai-ms", "C-LAI-MS", "delai", "CLAIMS", "LAIx", "a c-LAI-m", "lai"])
def test_lai_is_never_found_inside_another_word(text: str) -> None:
    assert wordings(Matcher.compile([entry("technology", "LAI", case="exact")]), text) == []


@pytest.mark.parametrize(
    "text", ["an LAI.", "non-LAI", "LAI-based", "(LAI)", "olanzapine LAI in Q4", "LAI/oral", "SC LAI"]
)
def test_lai_is_found_as_a_word(text: str) -> None:
    assert wordings(Matcher.compile([entry("technology", "LAI", case="exact")]), text) == ["LAI"]


def test_pas_is_never_found_in_passes() -> None:
    assert wordings(Matcher.compile([entry("technology", "PAS")]), "it passes the p-as and com-pas-s, but PAS") == [
        "PAS"
    ]


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("long-acting", "long acting"), ("long acting", "Long\u2011Acting"), ("in situ gel", "in\u2013situ\ngel"),
        ("UZEDY\u00ae", "Uzedy"), ("Uzedy", "UZEDY\u00ae"), ("Invega Sustenna", "INVEGA\u2122 SUSTENNA\u00ae"),
        ("Lee's Pharm", "Lee\u2019s Pharm"), ("Daré", "DARE"), ("Dare", "Dar\u00e9"), ("Dare", "Dare\u0301"),
        ("istanbul", "\u0130stanbul"), ("\u0130stanbul", "ISTANBUL"), ("stra\u00dfe", "STRASSE"), ("fi", "\ufb01"),
        ("[Replay]", "[replay]"), ("4-MU", "4 mu"),
    ],
)  # fmt: skip
def test_spellings_that_mean_the_same(term: str, text: str) -> None:
    padded = f"the {text}, again"
    assert wordings(Matcher.compile([entry("technology", term)]), padded) == [text.rstrip("\u00ae")]


def test_accent_or_ligature_is_never_cut_in_two() -> None:
    assert wordings(Matcher.compile([entry("technology", "f")]), "\ufb01") == []


def test_offsets_survive_characters_that_change_length() -> None:
    text = "\u0130\u0130 \ufb03  --  TEVA\u00ae \u00bd Teva"
    assert wordings(Matcher.compile([entry("company", "teva")]), text) == ["TEVA", "Teva"]


def test_no_term_reaches_across_a_paragraph() -> None:
    assert wordings(Matcher.compile([entry("technology", "long acting")]), "long\n\nacting, long\nacting") == [
        "long\nacting"
    ]


def test_the_longest_wins_within_a_kind_and_kinds_nest() -> None:
    matcher = Matcher.compile(
        [
            entry("technology", "depot"),
            entry("technology", "depot injection"),
            entry("trademark", "Lupron Depot", "brands"),
        ]
    )
    text = "Lupron Depot and depot injection"
    assert [(h.kind, h.text(text)) for h in matcher.find(text)] == [
        ("trademark", "Lupron Depot"), ("technology", "Depot"), ("technology", "depot injection"),
    ]  # fmt: skip


def test_a_scope_never_loses_a_hit_to_another_scope() -> None:
    matcher = Matcher.compile([entry("exclusion", "earnings", "money"), entry("exclusion", "earnings call", "talk")])
    scopes = {scope for hit in matcher.find("an earnings call") for scope in hit.scopes}
    assert scopes == {"money", "talk"}


def test_the_same_term_in_two_scopes_is_one_hit_with_both() -> None:
    matcher = Matcher.compile([entry("exclusion", "summit", "a"), entry("exclusion", "summit", "b")])
    assert [hit.scopes for hit in matcher.find("the Summit")] == [frozenset({"a", "b"})]


def test_context_rules() -> None:
    matcher = Matcher.compile(
        [
            entry("technology", "SC", case="exact", requires_any=["injection"]),
            entry("company", "Merck", excludes_any=["Merck KGaA"]),
        ]
    )
    assert wordings(matcher, "SC Magazine on Merck") == ["Merck"]
    assert wordings(matcher, "an SC formulation for injection by Merck KGaA") == ["SC"]


def test_regular_expressions_see_plain_dashes_and_keep_offsets() -> None:
    matcher = Matcher.compile([entry("event", "regex:half[- ]year .{0,20}results", "financial.title")])
    assert wordings(matcher, "Its Half\u2011Year 2025 results") == ["Half\u2011Year 2025 results"]
    assert wordings(matcher, "half-year 2025 resultsheet") == []


@pytest.mark.parametrize("pattern", ["a.*b", "(a{1,9}){1,9}b", "(", r"(a)\1", "a{0,3}", "[a-z]+ x"])
def test_expressions_that_could_run_away_are_refused(pattern: str) -> None:
    with pytest.raises(ConfigError):
        Matcher.compile([entry("event", f"regex:{pattern}")])


def test_an_empty_matcher_finds_nothing() -> None:
    assert Matcher.compile([]).find("anything") == []


ALPHABET = "aAbBIiLlSsPC\u0130\u0131\u00e9\u0301\u00df\ufb01\u00ae\u2122\u00ad\u2011\u2026 -\u2019'.,1\n\u2028\t"
SHORT = ("LAI", "PAS", "SC", "ai", "la", "c1", "1a", "\u0130s", "\u00e9", "\u00df", "a", "fi", "LAI\u00ae", "S\u00adC")
HIDING = (
    "LAI",
    "lai",
    "c-lai-ms",
    "claims",
    "non-LAI",
    "PAS",
    "passes",
    "p-as",
    "SC",
    "SC/LAI",
    "L\u0301AI",
    "LA\u0130",
)
LONG = st.text(alphabet="ab\u00e9I\u0130\u00ae -'1", min_size=1, max_size=7)
TERM = (st.sampled_from(SHORT) | LONG).filter(lambda term: any(map(str.isalnum, plain(term))))
TEXT = st.lists(st.text(alphabet=ALPHABET, max_size=12) | st.sampled_from((*HIDING, " ", "-")), max_size=6).map("".join)
"""Random characters, with words among them in which short terms hide."""
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"


def spelled(char: str) -> str:
    """What a character is compared as, by Unicode's own tables and nothing of the matcher: no case, no accents."""
    if char == "\u00ad":
        return ""
    if char in DASHES or char in "\u00ae\u2122":
        return " "
    if char in "'\u2019":
        return "'"
    if char.isspace():
        return "\n" if char in "\n\u2028" else " "
    if char in "\u2026\u0131":
        return "." if char == "\u2026" else "i"
    whole = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(c for c in whole if unicodedata.category(c) not in ("Mn", "Cf", "Cc"))


def plain(term: str) -> str:
    """A term as it is compared."""
    return " ".join("".join(map(spelled, term)).split())


class Cell(NamedTuple):
    """One compared character: it begins and ends at an original character, or inside of one (None)."""

    char: str
    start: int | None
    end: int | None


def cells(text: str) -> list[Cell]:
    """The text as it is compared: a run of spaces is one space, and one with a blank line in it is a line break."""
    found: list[Cell] = []
    for at, char in enumerate(text):
        pieces = spelled(char)
        for number, piece in enumerate(pieces):
            first, last = number == 0, number == len(pieces) - 1
            found.append(Cell(piece, at if first else None, at + 1 if last else None))
    runs = (list(group) for _, group in groupby(found, key=lambda cell: cell.char in " \n" or id(cell)))
    return [_joined(run) if run[0].char in " \n" else run[0] for run in runs]


def _joined(run: list[Cell]) -> Cell:
    breaks = sum(cell.char == "\n" for cell in run)
    return Cell("\n" if breaks > 1 else " ", run[0].start, run[-1].end)


def oracle(terms: list[str], text: str) -> set[tuple[str, int, int]]:
    """Every occurrence of every term as a word, tried at every place."""
    compared = cells(text)
    read = "".join(cell.char for cell in compared)
    found = set()
    for term in terms:
        key = plain(term)
        for at in range(len(read) - len(key) + 1):
            until = at + len(key)
            start, end = compared[at].start, compared[until - 1].end
            inside = (key[0].isalnum() and read[:at][-1:].isalnum()) or (
                key[-1].isalnum() and read[until:][:1].isalnum()
            )
            if not read.startswith(key, at) or inside or start is None or end is None:
                continue
            while end < len(text) and not spelled(text[end]):
                end += 1  # an accent of its own belongs to the letter before it
            if not (len(key) <= 4 and key.isalnum() and in_broken_word(text, start, end)):
                found.add((term, start, end))
    return found


def in_broken_word(text: str, start: int, end: int) -> bool:
    """Whether hyphens tie a short term to crumbs of a word: small ones on one side, or any on both. A hyphen may have a
    space on the term's side where the word is before it, and on the crumb's side where the crumb is behind it."""
    left = text[:start]
    before = crumb(left[:-1][::-1] if left[-1:].isspace() else left[::-1])
    right = text[end:]
    after = crumb(right[:1] + right[2:] if right[1:2].isspace() else right)
    return before.islower() or after.islower() or bool(before and after)


def crumb(text: str) -> str:
    """The one or two letters that a text has behind the hyphen that it begins with; empty where it does not."""
    letters = "".join(takewhile(str.isalpha, text[1:]))
    return letters if text[:1] in tuple(DASHES) and len(letters) in (1, 2) else ""


@settings(max_examples=400, deadline=None)
@given(terms=st.lists(TERM, min_size=1, max_size=5, unique_by=plain), text=TEXT)
def test_all_hits_equal_a_naive_scan(terms: list[str], text: str) -> None:
    # Each term in a scope of its own competes with nobody but itself.
    matcher = Matcher.compile([entry("exclusion", term, f"scope{i}") for i, term in enumerate(terms)])
    found = {(hit.id, hit.start, hit.end) for hit in matcher.find(text)}
    expected = oracle(terms, text)
    assert found <= expected
    overlapping = {a for a in expected for b in expected if a != b and a[0] == b[0] and a[1] < b[2] and b[1] < a[2]}
    assert expected - overlapping <= found
    assert {term for term, _, _ in expected} == {term for term, _, _ in found}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_folding_maps_every_span_back_into_the_text(text: str) -> None:
    folded = fold(text)
    for start in range(len(folded.text)):
        span = folded.span(start, start + 1)
        if span:
            assert 0 <= span[0] < span[1] <= len(text)
