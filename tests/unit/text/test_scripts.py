"""Terms in scripts that are written without spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.terms import Term
from shared.text.fold import fold, fold_key
from shared.text.matcher import Entry, Matcher
from shared.text.scripts import present, separated, unspaced

TERMS = ("ゼノラ", "試験", "승인", "제노라", "ZENOLAR", "第1相", "2カ月", "获批")
MATCHER = Matcher.compile(Entry("technology", term, term, frozenset({"s.c"}), Term(term=term)) for term in TERMS)


def wordings(text: str) -> list[str]:
    return [hit.text(text) for hit in MATCHER.find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ZENOLARの試験", ["ZENOLAR", "試験"]),
        ("ゼノラが第1相試験を開始", ["ゼノラ", "第1相", "試験"]),
        ("スーパーゼノラ", []),
        ("臨床試験結果", ["試験"]),
        ("제노라는 시판승인을 받았다", ["제노라", "승인"]),
        ("ZENOLAR는 승인됐다", ["ZENOLAR", "승인"]),
        ("药品ZENOLAR获批上市", ["ZENOLAR", "获批"]),
        ("２カ月に1回", ["２カ月"]),
        ("XZENOLARの", []),
        ("the word ZENOLARs", []),
    ],
)
def test_a_term_stands_where_its_script_lets_a_word_stand(text: str, found: list[str]) -> None:
    assert wordings(text) == found


def test_a_text_without_such_a_script_is_left_alone() -> None:
    assert separated("plain text 2025") == ("plain text 2025", ())
    assert not present("plain text, naïve")
    assert unspaced("plain") == []


@given(st.text(alphabet="aZ9 ゼのノラ試験第。、ー승인-é"))
def test_every_hit_is_a_part_of_the_text(text: str) -> None:
    for hit in MATCHER.find(text):
        assert fold_key(hit.text(text)) in {fold_key(term) for term in TERMS}


@given(st.text(alphabet="aZ9 ゼのノラ試験第。、ー승인-é"))
def test_the_way_back_over_the_seams(text: str) -> None:
    folded = fold(text).text
    spaced = separated(folded)
    kept = [place for place in range(len(spaced.text)) if place not in set(spaced.seams)]
    assert [spaced.original(place) for place in kept] == list(range(len(folded)))
    assert "".join(spaced.text[place] for place in kept) == folded
