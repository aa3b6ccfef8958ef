"""What a weekly run pays for: the prompt stays frugal."""

from pathlib import Path

from bench.prompt.__main__ import overhead, rows
from services.engine.adapters import MAX_ANSWER_TOKENS
from services.normalize.model import cost_usd
from services.normalize.prompt import MAX_TEXT, MAX_TOKENS, RequestText
from services.normalize.settings import DEFAULT_MODEL
from shared.config.loader import DirectorySource, load_tree

TREE = load_tree(DirectorySource(Path(__file__).parents[3] / "config"))
EDITORIAL_PROMPT = 1000
"""Tokens that the editorial's prompt may have (specification, Engine)."""


def test_a_call_without_an_article_stays_below_900_tokens() -> None:
    assert overhead(TREE) < 900


def test_three_longest_items_and_an_edition_cost_at_most_ten_cents() -> None:
    longest = RequestText("A title " * 20, "2025-12-09", "word " * (MAX_TEXT // 5), "en")
    items = sum(row.dollars for row in rows(TREE, [longest] * 3, MAX_TOKENS))
    edition = cost_usd(TREE.price(DEFAULT_MODEL), EDITORIAL_PROMPT, MAX_ANSWER_TOKENS)
    assert items + edition <= 0.10
