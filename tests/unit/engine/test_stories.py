"""The same story told twice, and different events that look alike."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engine.stories import earlier_chapter, group, same_story, story_of


def story(title, event="regulatory", day="2026-03-05", companies=("Glimmerworks",), products=(), item_id=""):
    return story_of(item_id or title, title, day, event, companies, products)


APPROVAL = story("FDA approves wider use of LONGLITE injection for winter gloom", products=("LONGLITE",))

SAME = [
    story("FDA approves wider use of LONGLITE® injection for winter gloom", products=("LONGLITE",)),
    story("LONGLITE injection wins FDA approval for winter gloom", day="2026-03-06", products=("LONGLITE",)),
    story("Glimmerworks' LONGLITE gets FDA nod for wider use in winter gloom", products=("LONGLITE",)),
]
DIFFERENT = [
    story("LONGLITE sales double in a strong quarter", "product_performance", products=("LONGLITE",)),
    story("Glimmerworks signs licence with Bigbulb", "partnership"),
    story("FDA approves wider use of EMBERON injection for winter gloom", products=("EMBERON",)),
    story("FDA approves wider use of LONGLITE injection for winter gloom", day="2025-10-01", products=("LONGLITE",)),
    story("Lanternhouse wins FDA approval in winter gloom", companies=("Lanternhouse",)),
]


@pytest.mark.parametrize("other", SAME, ids=lambda s: s.title[:30])
def test_reports_of_one_event_are_one_story(other):
    assert same_story(APPROVAL, other)
    assert same_story(other, APPROVAL)


@pytest.mark.parametrize("other", DIFFERENT, ids=lambda s: s.title[:30])
def test_different_events_stay_apart(other):
    assert not same_story(APPROVAL, other)
    assert not same_story(other, APPROVAL)


def test_the_same_listing_on_two_days_is_one_story():
    monday = story("Glimmerworks starts a trial of its weekly lantern", "clinical_update", "2026-03-02")
    tuesday = story("Glimmerworks starts a trial of its weekly lantern", "clinical_update", "2026-03-03", item_id="b")
    assert group([monday, tuesday])["b"] == monday.item_id


def test_over_eager_deduplication_never_swallows_the_approval():
    items = [APPROVAL, *(one for one in DIFFERENT)]
    leaders = group(items)
    assert [leaders[one.item_id] for one in items] == [one.item_id for one in items]


def test_two_trials_of_one_company_on_one_day_stay_two():
    two = story("Glimmerworks reports Phase 2 results of its lantern", "clinical_update", products=("phosphorin",))
    three = story("Glimmerworks reports Phase 3 results of its lantern", "clinical_update", products=("phosphorin",))
    assert not same_story(two, three)


def test_a_chain_of_look_alikes_does_not_pull_two_events_together():
    stories = [
        story("Glimmerworks files LONGLITE in Europe", item_id="a", products=("LONGLITE",)),
        story("Glimmerworks files LONGLITE in Europe and Japan", item_id="b", products=("LONGLITE",)),
    ]
    leaders = group(stories)
    assert leaders["a"] == "a"


def test_a_later_event_of_the_same_product_continues_the_earlier_one():
    filing = story("Glimmerworks files LONGLITE", day="2025-11-01", products=("LONGLITE",), item_id="filing")
    other = story("Lanternhouse files Emberon", day="2025-12-01", companies=("Lanternhouse",), products=("Emberon",))
    assert earlier_chapter(APPROVAL, [other, filing]) == filing
    assert earlier_chapter(filing, [APPROVAL]) is None


titles = st.text(st.characters(codec="ascii", categories=["L", "N", "Zs"]), min_size=1, max_size=80)
stories = st.builds(
    story_of,
    item_id=st.uuids().map(str),
    title=titles,
    published=st.dates(date(2026, 1, 1), date(2026, 2, 1)).map(str),
    event_type=st.sampled_from(["regulatory", "partnership"]),
    companies=st.lists(st.sampled_from("ABC"), max_size=2),
    products=st.lists(st.sampled_from("XYZ"), max_size=2),
)


@given(stories, stories)
def test_being_the_same_story_is_symmetric(a, b):
    assert same_story(a, b) == same_story(b, a)


@given(stories)
def test_every_item_is_its_own_story(a):
    assert same_story(a, a)


@given(st.lists(stories, max_size=12, unique_by=lambda one: one.item_id))
def test_every_item_has_one_leader_that_leads_itself(items):
    leaders = group(items)
    assert set(leaders) == {one.item_id for one in items}
    assert all(leaders[leader] == leader for leader in leaders.values())
