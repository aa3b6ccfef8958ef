"""Labelled pairs of headlines, reporting one event or two, through the rule-based normalizer and the story rules."""

from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.engine.facts import read_facts
from services.engine.headlines import story_of
from services.engine.stories import Judge, Story
from tests.unit.engine.rule_path import Headline, normalized, product_tree

EVAL = Path(__file__).resolve().parents[3] / "eval"
DAY = date(2026, 3, 2)
MIN_PRECISION, MIN_RECALL = 0.98, 0.9


@lru_cache
def pairs(half: str) -> list[dict[str, Any]]:
    return yaml.safe_load((EVAL / f"stories_{half}.yaml").read_text(encoding="utf-8"))


def told(pair: dict[str, Any], side: str) -> Story:
    day = DAY + timedelta(days=pair.get("days", 0) if side == "b" else 0)
    own = pair.get("company") if side == "a" else None
    tree = product_tree()
    line = Headline(pair[side], published=str(day), company_id=own, url=f"https://press.example.org/{side}")
    return story_of(read_facts(normalized(line, tree), tree), tree)


def judged_same(pair: dict[str, Any]) -> bool:
    return Judge(product_tree().stories).same(told(pair, "a"), told(pair, "b"))


@pytest.mark.parametrize("half", ["development", "held_out"])
def test_stories_are_merged_with_precision_and_found_with_recall(half: str):
    judged = [(pair, judged_same(pair)) for pair in pairs(half)]
    merged = [pair for pair, same in judged if same]
    wrong = [pair for pair in merged if not pair["same"]]
    missed = [pair for pair, same in judged if pair["same"] and not same]
    right = len(merged) - len(wrong)
    assert right / len(merged) >= MIN_PRECISION, wrong
    assert right / (right + len(missed)) >= MIN_RECALL, missed


def test_the_pairs_are_many_and_half_of_them_held_out():
    halves = pairs("development"), pairs("held_out")
    assert min(map(len, halves)) >= 75
    assert sum(bool(pair.get("one_company")) for half in halves for pair in half) >= 40
    texts = [frozenset((pair["a"], pair["b"])) for half in halves for pair in half]
    assert len(texts) == len(set(texts))


APPROVAL = (
    "FDA Approves Expanded Use of UZEDY (risperidone) Extended-Release Injectable Suspension in Bipolar I Disorder"
)
OTHERS = [
    "UZEDY continues strong growth in bipolar I disorder",
    "Teva submits olanzapine extended-release injectable suspension to the FDA",
    "FDA accepts application for UZEDY (risperidone) extended-release injectable suspension in adolescents",
    "FDA Approves Expanded Use of INVEGA HAFYERA (paliperidone palmitate) Injectable Suspension in Bipolar I Disorder",
    "European Commission approves expanded use of UZEDY (risperidone) in bipolar I disorder",
    "UZEDY phase 3 results in bipolar I disorder published",
    "Teva launches UZEDY in bipolar I disorder",
    "Medincell publishes its half-year financial results",
    "Teva files for approval of UZEDY in bipolar I disorder",
]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("company", ["medincell", None])
def test_the_top_approval_is_never_merged_away(other: str, company: str | None):
    assert not judged_same({"a": APPROVAL, "b": other, "company": company})


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("FDA accepts marketing application for Uzedy", "FDA approves marketing application for Uzedy"),
        (
            "Camurus submits new drug application for Brixadi",
            "FDA accepts new drug application for Brixadi",
        ),
        ("Teva withdraws marketing application for Uzedy", "Teva submits marketing application for Uzedy"),
        (
            "Fierce Biotech and Endpoints News say Fooxa wins approval in Japan",
            "Endpoints News and Fierce Biotech on Barzen approval in Japan",
        ),
        (
            "Lilly to acquire Fooxa for $1.2 billion",
            "Lilly buys gene therapy maker Barzen in a $1.2 billion deal",
        ),
    ],
)
def test_what_two_events_have_in_common_by_nature_does_not_make_them_one(a: str, b: str):
    assert not judged_same({"a": a, "b": b})


def test_marketing_approval_is_no_news_of_sales():
    a = "FDA grants marketing approval to Teva's UZEDY for bipolar I disorder"
    b = "Teva's UZEDY wins FDA approval for bipolar I disorder on phase 3 data"
    assert judged_same({"a": a, "b": b})
