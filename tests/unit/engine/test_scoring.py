"""Scores: sums of named contributions, each monotone in its weight."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engine.matching import match_item, plan_domains
from services.engine.scoring import contributions, recency, total
from shared.config.client import ScoringConfig
from shared.config.rules import ScoringRules
from tests.unit.engine.samples import CLIENT, TODAY, TREE, corporate, days_before, facts, make_item

PLANS = plan_domains(TREE, CLIENT)
NO_OVERRIDES = ScoringConfig()


def parts(item, rules: ScoringRules = TREE.scoring, client: ScoringConfig = NO_OVERRIDES):
    resolved = facts(item)
    return contributions(resolved, match_item(resolved, PLANS).matches, rules, client, TODAY)


def test_each_contribution_is_named_and_they_add_up():
    item = corporate("Agency approves LONGLITE, the slow lantern with phosphorin", published=days_before(7))
    assert parts(item) == {
        "event type regulatory": 7,
        "domain priority": 3,
        "match confidence": 3,
        "source type": 2,
        "recency": 1,
        "signal depth": 0.6,
        "signal core": 2,
        "pure player": 2,
        "trademark": 4,
        "molecule": 2,
        "technology": 1,
        "regulatory trademark": 3,
    }
    assert total(parts(item)) == pytest.approx(30.6)


def test_a_client_override_replaces_the_canonical_weight():
    item = make_item("Agency approves LONGLITE")
    client = ScoringConfig(event_type_weight_overrides={"regulatory": 1.5})
    assert parts(item, client=client)["event type regulatory"] == 1.5


def test_a_hiring_notice_of_a_core_player_is_pushed_down_by_its_title():
    notice = corporate("Glimmerworks is hiring a lamplighter", event_type="recruitment")
    assert parts(notice)["penalty hiring"] == -6


def test_a_hybrid_company_earns_its_own_bonus_only():
    item = make_item("Bigbulb tests a slow lantern", event_type="clinical_update")
    assert parts(item)["hybrid company"] == 0.5
    assert "pure player" not in parts(item)


@given(st.integers(min_value=0, max_value=4000))
def test_recency_halves_with_every_half_life(age: int):
    published = (TODAY - timedelta(days=age)).isoformat()
    assert recency(published, TODAY, TREE.scoring) == pytest.approx(2 * 0.5 ** (age / 7))


def test_an_item_of_tomorrow_is_not_worth_more_than_todays():
    assert recency("2026-03-10", TODAY, TREE.scoring) == 2


WEIGHTS = [
    "recency_weight",
    "signal_depth_bonus",
    "pure_player_bonus",
    "trademark_bonus",
    "molecule_bonus",
    "technology_bonus",
    "regulatory_trademark_bonus",
]


@given(
    field=st.sampled_from(WEIGHTS),
    more=st.floats(min_value=0, max_value=50, allow_nan=False),
    age=st.integers(min_value=0, max_value=60),
)
def test_scores_are_monotone_in_each_weight(field: str, more: float, age: int):
    item = corporate("Agency approves LONGLITE, the slow lantern", published=days_before(age))
    raised = TREE.scoring.model_copy(update={field: getattr(TREE.scoring, field) + more})
    assert total(parts(item, raised)) >= total(parts(item)) - 1e-3


@given(name=st.sampled_from(sorted(TREE.scoring.event_type_weights)), more=st.floats(min_value=0, max_value=50))
def test_scores_are_monotone_in_each_event_weight(name: str, more: float):
    item = corporate("The slow lantern", event_type=name)
    weights = {**TREE.scoring.event_type_weights, name: TREE.scoring.event_type_weights[name] + more}
    raised = TREE.scoring.model_copy(update={"event_type_weights": weights})
    gained = total(parts(item, raised)) - total(parts(item))
    assert math.isclose(gained, more, abs_tol=1e-3)


TABLES = [
    "event_type_weights",
    "domain_priority_weights",
    "match_confidence_weights",
    "source_type_weights",
    "signal_quality_weights",
    "contextual_penalties",
]


@given(data=st.data(), table=st.sampled_from(TABLES), more=st.floats(min_value=0, max_value=50))
def test_scores_are_monotone_in_each_entry_of_each_table(data: st.DataObject, table: str, more: float):
    weights = getattr(TREE.scoring, table)
    name = data.draw(st.sampled_from(sorted(weights)))
    raised = TREE.scoring.model_copy(update={table: {**weights, name: weights[name] + more}})
    for item in (
        corporate("Glimmerworks is hiring for its slow lantern", event_type="recruitment"),
        make_item(
            "Bigbulb signs a licence for the weekly glow of phosphorin, a slow lantern", event_type="partnership"
        ),
    ):
        assert total(parts(item, raised)) >= total(parts(item)) - 1e-3


@given(st.lists(st.integers(min_value=0, max_value=90), min_size=2, max_size=2))
def test_of_two_equal_items_the_newer_scores_no_less(ages: list[int]):
    newer, older = sorted(ages)
    scores = [total(parts(corporate("The slow lantern", published=days_before(age)))) for age in (newer, older)]
    assert scores[0] >= scores[1]
