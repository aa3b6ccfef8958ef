"""What is printed, where, and why not: the owner's rules as properties."""

import gc
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.engine.building import uncollected
from services.engine.selection import Selection, select
from shared.contracts.items import Entity
from tests.unit.engine.samples import CLIENT, TREE, corporate, days_before, facts, make_item, make_rules, with_client


def run(items, client=CLIENT, printed=None) -> Selection:
    return select([facts(item) for item in items], make_rules(client), printed or {}, TREE)


def printed_ids(selection: Selection) -> list[str]:
    return [chosen.candidate.item_id for chosen in selection.chosen]


def outcome(selection: Selection, item) -> str:
    return selection.decisions[item.item_id].outcome


APPROVAL = make_item("Agency approves LONGLITE for winter gloom")
DEAL = corporate("Glimmerworks licenses its wick to Bigbulb", event_type="partnership", published=days_before(3))
TRIAL = corporate("First night of the slow lantern trial", event_type="clinical_update", published=days_before(5))
RESULTS = corporate("Glimmerworks half-year results, with slow lantern sales", event_type="financial_results")
HIRING = corporate("Glimmerworks is hiring a lamplighter", event_type="recruitment")
NOISE = make_item("Passerby opens an office", event_type="partnership")


def test_items_go_to_the_section_of_their_event_type():
    selection = run([APPROVAL, DEAL, TRIAL, NOISE])
    assert [(s.config.id, len(s.items)) for s in selection.sections] == [("rulings", 1), ("deals", 1), ("progress", 1)]
    assert outcome(selection, NOISE) == "not_matched"


def test_no_heading_without_items():
    selection = run([APPROVAL])
    assert [section.config.id for section in selection.sections] == ["rulings"]


def test_a_quiet_week_has_no_section():
    assert run([NOISE]).sections == ()


def test_recruitment_and_financial_results_are_out_by_their_event_type():
    selection = run([HIRING])
    assert outcome(selection, HIRING) == "not_newsworthy"


def test_a_rule_that_names_the_event_makes_it_news():
    selection = run([RESULTS])
    assert outcome(selection, RESULTS) != "not_newsworthy"


def test_one_section_does_not_swallow_everything():
    rulings = [
        make_item(f"Agency approves LONGLITE for use number {n} in {w}", published=days_before(9 - n))
        for n, w in enumerate(["barns", "caves", "tunnels", "attics", "ships"], 1)
    ]
    selection = run([*rulings, DEAL])
    sizes = {section.config.id: len(section.items) for section in selection.sections}
    assert sizes == {"rulings": 3, "deals": 1}
    assert sum(outcome(selection, item) == "section_full" for item in rulings) == 2


def test_a_full_edition_says_so():
    client = with_client(selection={"max_items_total": 1})
    selection = run([APPROVAL, DEAL], client)
    assert len(selection.chosen) == 1
    assert sorted(d.outcome for d in selection.decisions.values()) == ["edition_full", "selected"]


def test_the_floor_is_really_applied():
    client = with_client(scoring_config={"min_score": 1000.0, "fill_min_score": 1000.0})
    selection = run([APPROVAL, DEAL], client)
    assert selection.sections == ()
    assert {d.outcome for d in selection.decisions.values()} == {"below_floor"}


WEAK = corporate("Glimmerworks polishes its lamps", event_type="product_performance", published=days_before(6))


def test_weaker_items_of_core_players_fill_a_thin_issue_only():
    client = with_client(scoring_config={"min_score": 15.0, "fill_min_score": 5.0}, selection={"thin_below": 2})
    thin = run([APPROVAL, WEAK], client)
    assert outcome(thin, WEAK) == "selected"
    rich = run([APPROVAL, DEAL, WEAK], client)
    assert outcome(rich, WEAK) == "below_floor"
    assert "not thin" in rich.decisions[WEAK.item_id].reason


def test_a_weak_item_of_nobody_in_particular_fills_nothing():
    other = make_item("Bigbulb's slow lantern, reviewed", event_type="product_performance", published=days_before(40))
    client = with_client(scoring_config={"min_score": 15.0, "fill_min_score": 1.0})
    assert outcome(run([other], client), other) == "below_floor"


def test_the_same_story_is_printed_once_and_names_the_other_source():
    twin = corporate("Agency approves LONGLITE® for winter gloom", event_type="regulatory")
    selection = run([APPROVAL, twin])
    (chosen,) = selection.chosen
    assert chosen.candidate.item_id == twin.item_id  # the company's own site scores higher
    assert [other.item_id for other in chosen.others] == [APPROVAL.item_id]
    assert outcome(selection, APPROVAL) == "story_duplicate"


def row(item, **more):
    return {
        "item_id": item.item_id,
        "title": item.title,
        "url": item.url,
        "published": item.published,
        "event_type": item.event_type,
        "edition_id": "ed-1",
        **more,
    }


def test_what_a_sent_edition_printed_is_not_printed_again():
    selection = run([APPROVAL], printed={APPROVAL.item_id: row(APPROVAL)})
    assert selection.sections == ()
    assert outcome(selection, APPROVAL) == "already_printed"


@pytest.mark.parametrize("url", [APPROVAL.url, "https://elsewhere.example.org/x"])
def test_a_story_dropped_in_a_review_stays_dropped_whoever_reports_it(url):
    again = make_item("Agency approves LONGLITE for winter gloom", url=url)
    selection = run([again], printed={APPROVAL.item_id: row(APPROVAL, verdict="drop", reason="old hat")})
    assert selection.sections == ()
    assert outcome(selection, again) == "dropped"
    assert "old hat" in selection.decisions[again.item_id].reason


def test_a_printed_story_under_another_address_is_not_printed_again():
    twin = make_item("Agency approves LONGLITE for winter gloom", url="https://elsewhere.example.org/x")
    selection = run([twin], printed={APPROVAL.item_id: row(APPROVAL)})
    assert outcome(selection, twin) == "already_printed"
    assert "ed-1" in selection.decisions[twin.item_id].reason


def test_news_about_a_printed_story_names_the_earlier_item():
    entity = Entity(kind="company", name="Glimmerworks", id="glimmerworks", mention="Glimmerworks", role="subject")
    filing = row(
        make_item("Glimmerworks files LONGLITE", published="2026-01-10"),
        companies=["Glimmerworks"],
        trademarks=["LONGLITE"],
    )
    approval = make_item("Agency approves LONGLITE of Glimmerworks", entities=[entity])
    (chosen,) = run([approval], printed={filing["item_id"]: filing}).chosen
    assert chosen.previously == filing
    (alone,) = run([approval], printed={filing["item_id"]: {**filing, "verdict": "drop"}}).chosen
    assert alone.previously is None  # what a review dropped was never printed


def test_an_item_whose_link_is_no_web_address_is_set_aside():
    item = make_item("Agency approves LONGLITE", url="javascript:alert(1)")
    assert outcome(run([item]), item) == "no_link"


def test_an_event_type_that_no_section_takes_is_reported():
    client = with_client(
        newsletter_layout={"sections": [{"id": "deals", "title": "D", "filter_event_types": ["partnership"]}]}
    )
    assert outcome(run([APPROVAL], client), APPROVAL) == "no_section"


def test_an_unknown_event_type_is_not_news():
    item = corporate("LONGLITE and the slow lantern", event_type="gossip")
    assert outcome(run([item]), item) == "not_newsworthy"


def test_date_desc_sections_are_sorted_by_date():
    old = corporate("Slow lantern, one year on", event_type="clinical_update", published=days_before(6))
    new = corporate("Lanternhouse starts another thing", event_type="product_performance", published=days_before(1))
    (section,) = run([old, new]).sections
    assert [c.candidate.facts.item.published for c in section.items] == [days_before(1), days_before(6)]


# Properties over many editions

WORDS = [
    "slow lantern",
    "afterglow wick",
    "weekly glow",
    "torch",
    "LONGLITE",
    "Emberon",
    "phosphorin",
    "Glimmerworks",
    "Lanternhouse",
    "Bigbulb",
    "Passerby",
    "approves",
    "results",
    "is hiring",
    "Phase 2",
]
EVENTS = ["regulatory", "partnership", "clinical_update", "product_performance", "financial_results", "recruitment"]

items_strategy = st.lists(
    st.builds(
        make_item,
        title=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join),
        event_type=st.sampled_from(EVENTS),
        published=st.integers(0, 20).map(days_before),
        source_key=st.sampled_from(["night_post", "glimmer_site"]),
        source_type=st.sampled_from(["press_sector", "press_corporate"]),
        company_id=st.sampled_from([None, "glimmerworks"]),
    ),
    max_size=25,
    unique_by=lambda item: item.item_id,
)
clients = st.builds(
    lambda floor, fill, total, thin: with_client(
        scoring_config={"min_score": floor, "fill_min_score": fill},
        selection={"max_items_total": total, "thin_below": thin},
    ),
    floor=st.floats(0, 30),
    fill=st.floats(0, 30),
    total=st.integers(1, 12),
    thin=st.integers(0, 6),
)


@settings(max_examples=60, deadline=None)
@given(items=items_strategy, client=clients)
def test_every_edition_keeps_the_rules(items, client):
    selection, rules = run(items, client), make_rules(client)
    ids = printed_ids(selection)
    assert len(ids) == len(set(ids)) <= client.selection.max_items_total
    assert all(section.items for section in selection.sections)
    assert set(selection.decisions) == {item.item_id for item in items}
    assert all(decision.reason and decision.change for decision in selection.decisions.values())
    for section in selection.sections:
        assert len(section.items) <= section.config.max_items
    strong = [c for c in selection.chosen if c.candidate.score >= rules.floor]
    weak = [c for c in selection.chosen if c.candidate.score < rules.floor]
    assert all(c.candidate.core and c.candidate.score >= rules.fill_floor for c in weak)
    assert not weak or len(strong) + len(weak) <= client.selection.thin_below
    for chosen in selection.chosen:
        assert chosen.reason
        assert chosen.candidate.facts.item.url.startswith("https://")
        assert selection.decisions[chosen.candidate.item_id].outcome == "selected"


@settings(max_examples=60, deadline=None)
@given(items=items_strategy, seed=st.integers(0, 10**6))
def test_the_order_of_the_input_changes_nothing(items, seed):
    shuffled = random.Random(seed).sample(items, len(items))
    first, second = run(items), run(shuffled)
    assert [(s.config.id, printed_ids(first)) for s in first.sections] == [
        (s.config.id, printed_ids(second)) for s in second.sections
    ]
    assert {i: d.outcome for i, d in first.decisions.items()} == {i: d.outcome for i, d in second.decisions.items()}


@pytest.mark.parametrize("item", [NOISE, HIRING, APPROVAL])
def test_every_decision_says_why_and_what_would_change_it(item):
    decision = run([item]).decisions[item.item_id]
    assert decision.reason
    assert decision.change


@pytest.mark.parametrize("on", [True, False])
def test_building_leaves_the_garbage_collector_as_it_was(on):
    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        with pytest.raises(ValueError, match="inside"), uncollected():
            assert not gc.isenabled()
            raise ValueError("inside")
        assert gc.isenabled() == on
    finally:
        (gc.enable if before else gc.disable)()
