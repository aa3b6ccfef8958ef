"""Plain words and telltales: what they add to the patterns of an event type, and what they leave alone."""

import dataclasses
from typing import Any

import pytest

from shared.config.event_words import WORD_CAP, word_scores, words_of
from shared.config.events import TELLTALE_LENGTH, read_text, score_events
from shared.config.filtering import exclusions
from shared.config.rules import EventType, EventWords
from shared.config.terms import Term
from shared.config.tree import ConfigTree
from tests.unit.normalize.trees import tree as market

COUNTS = EventWords(
    texts={"recruitment": 10, "regulatory": 30}, words={"salar": {"recruitment": 8}, "rulin": {"regulatory": 20}}
)


def types(**changes: Any) -> dict[str, EventType]:
    kinds = {
        "regulatory": EventType(label="R", description="d", priority=9, title_patterns=(Term(term="approves"),)),
        "recruitment": EventType(
            label="J", description="d", priority=1, newsworthy=False, telltale_patterns=(Term(term="send your CV"),)
        ),
        "other": EventType(label="O", description="d", priority=0, newsworthy=False),
    }
    return kinds | changes


@pytest.fixture
def tree() -> ConfigTree:
    return dataclasses.replace(market(), event_types=types(), event_words=EventWords())


def test_the_likeliest_type_has_the_cap_and_no_type_less_than_nothing() -> None:
    scores = word_scores(COUNTS, {"salar"})
    assert scores["recruitment"] == WORD_CAP
    assert 0 <= scores["regulatory"] < WORD_CAP


def test_nothing_is_said_where_nothing_was_counted() -> None:
    assert word_scores(EventWords(), {"salar"}) == {}


def test_a_word_that_a_rare_type_never_had_does_not_speak_for_it() -> None:
    before, after = word_scores(COUNTS, set()), word_scores(COUNTS, {"rulin"})
    assert after["recruitment"] < before["recruitment"]


def test_names_and_numbers_are_no_words(tree: ConfigTree) -> None:
    text = "Salaries rise at Corp in 2026"
    assert words_of(text, ()) >= {"salar"}
    assert not any(char.isdigit() for word in words_of(text, ()) for char in word)


def test_a_telltale_tells_wherever_it_stands(tree: ConfigTree) -> None:
    body = f"A day at the plant. {'It is calm. ' * 60}Please send your CV."
    assert score_events(tree, "Could you run it?", body) == [("recruitment", 2.0)]


def test_a_telltale_far_below_is_boilerplate(tree: ConfigTree) -> None:
    body = f"A day at the plant. {'It is calm. ' * (TELLTALE_LENGTH // 12 + 5)}Please send your CV."
    assert score_events(tree, "Could you run it?", body) == []


def test_a_clear_title_stands_against_a_telltale(tree: ConfigTree) -> None:
    assert score_events(tree, "Agency approves the drug", "It is out. Send your CV.")[0][0] == "regulatory"


def test_words_decide_where_no_pattern_does_and_only_below_a_title(tree: ConfigTree) -> None:
    learned = dataclasses.replace(tree, event_words=COUNTS)
    assert score_events(learned, "A place for you", "The salary is fine.")[0][0] == "recruitment"
    assert score_events(learned, "The salary is fine", "") == []


def test_words_that_say_little_decide_nothing(tree: ConfigTree) -> None:
    even = EventWords(texts={"recruitment": 10, "regulatory": 10}, words={})
    learned = dataclasses.replace(tree, event_words=even)
    assert score_events(learned, "A place for you", "Nothing is known.") == []


def test_a_pattern_counts_beside_words_of_types_that_were_never_counted(tree: ConfigTree) -> None:
    learned = dataclasses.replace(tree, event_words=EventWords(texts={"recruitment": 3}))
    assert dict(score_events(learned, "Agency approves the drug", "It is out."))["regulatory"] == 3.0


def test_the_reading_has_no_words_without_counts(tree: ConfigTree) -> None:
    assert read_text(tree, "A title", "A body.").words == {}


def test_what_words_alone_exclude_is_told_by_the_title(tree: ConfigTree) -> None:
    learned = dataclasses.replace(tree, event_words=COUNTS)
    found = exclusions(learned, "A place for you", "The salary is fine.", ("event.recruitment",))
    assert found == [("event.recruitment", "A place for you")]
