"""The matcher against what went wrong before, and against a naive oracle."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.terms import Term
from shared.errors import ConfigError
from shared.text.fold import fold, fold_key
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


ALPHABET = "aAbI\u0130\u00e9\u00df\ufb01\u00ae -\u2019'.1\n"
WORDS = st.text(alphabet="ab\u00e9I -'1", min_size=1, max_size=5).filter(
    lambda w: any(c.isalnum() for c in fold_key(w))
)


def oracle(terms: list[str], text: str) -> set[tuple[str, int, int]]:
    """Every word-bounded occurrence in the folded text, by a plain scan."""
    folded = fold(text)
    found = set()
    for term in terms:
        key = fold_key(term)
        before = r"(?<![^\W_])" if key[0].isalnum() else ""
        after = r"(?![^\W_])" if key[-1].isalnum() else ""
        for match in re.finditer(f"(?={before}({re.escape(key)}){after})", folded.text):
            span = folded.span(match.start(1), match.end(1))
            if span:
                found.add((term, *span))
    return found


@settings(max_examples=300, deadline=None)
@given(terms=st.lists(WORDS, min_size=1, max_size=4, unique_by=fold_key), text=st.text(alphabet=ALPHABET, max_size=30))
def test_all_hits_equal_a_naive_scan(terms: list[str], text: str) -> None:
    # Each term in a scope of its own competes with nobody; terms of up to four letters have the hyphen rule besides.
    long_terms = [term for term in terms if not (len(fold_key(term)) <= 4 and fold_key(term).isalnum())]
    matcher = Matcher.compile([entry("exclusion", term, f"scope{i}") for i, term in enumerate(long_terms)])
    found = {(hit.id, hit.start, hit.end) for hit in matcher.find(text)}
    expected = oracle(long_terms, text)
    assert found <= expected
    overlapping = {a for a in expected for b in expected if a != b and a[0] == b[0] and a[1] < b[2] and b[1] < a[2]}
    assert expected - overlapping <= found


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_folding_maps_every_span_back_into_the_text(text: str) -> None:
    folded = fold(text)
    for start in range(len(folded.text)):
        span = folded.span(start, start + 1)
        if span:
            assert 0 <= span[0] < span[1] <= len(text)
