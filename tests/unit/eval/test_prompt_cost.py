"""What a weekly run pays for: the prompt stays frugal."""

from pathlib import Path

from bench.normalize.articles import articles
from bench.normalize.measure import tokens
from bench.prompt.__main__ import overhead, rows
from services.engine.adapters import MAX_ANSWER_TOKENS
from services.normalize.model import cost_usd
from services.normalize.prompt import MAX_TEXT, MAX_TOKENS, RequestText
from services.normalize.settings import DEFAULT_MODEL
from shared.bedrock.converse import TOOL_PROMPT_TOKENS
from shared.config.loader import DirectorySource, load_tree

TREE = load_tree(DirectorySource(Path(__file__).parents[3] / "config"))
EDITORIAL_PROMPT = 1000
"""Tokens that the editorial's prompt may have (specification, Engine)."""


RECORDED_TEXT = 600
"""Characters of the longest text that the recorded sources' listings give."""


def test_a_call_without_an_article_stays_below_1600_tokens_the_tool_s_own_prompt_included() -> None:
    assert TOOL_PROMPT_TOKENS < overhead(TREE) < 1600


def week(characters: int) -> float:
    """Dollars at most for three items with so long a text, and an edition."""
    item = RequestText("A title " * 20, "2025-12-09", ("word " * characters)[:characters], "en")
    items = sum(row.dollars for row in rows(TREE, [item] * 3, MAX_TOKENS))
    return items + cost_usd(TREE.price(DEFAULT_MODEL), EDITORIAL_PROMPT + TOOL_PROMPT_TOKENS, MAX_ANSWER_TOKENS)


def test_a_week_of_the_recorded_sources_costs_at_most_ten_cents() -> None:
    assert week(RECORDED_TEXT) <= 0.10


def test_a_week_of_three_longest_items_costs_at_most_eleven_cents() -> None:
    assert week(RECORDED_TEXT) < week(MAX_TEXT) <= 0.11


def test_both_benches_tell_the_same_overhead() -> None:
    assert tokens(TREE, articles(TREE, 1, "overhead")).overhead == overhead(TREE)
