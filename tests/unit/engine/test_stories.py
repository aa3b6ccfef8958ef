"""The same story told twice, and different events that look alike."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engine.headlines import printed_story, read_headline
from services.engine.selection import Rules, select
from services.engine.stories import Judge, StoryIndex, earlier_chapter, group
from tests.unit.engine.samples import TREE, corporate, facts, make_item, make_rules

JUDGE = Judge(TREE.stories)


def story(title, event="regulatory", day="2026-03-05", companies=("Glimmerworks",), products=(), item_id=""):
    return read_headline(
        TREE,
        item_id=item_id or title,
        title=title,
        hits=TREE.matcher.find(title),
        published=day,
        event_type=event,
        companies=companies,
        products=products,
    )


def same_story(a, b):
    return JUDGE.same(a, b)


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
    assert group([monday, tuesday], JUDGE)["b"] == monday.item_id


def test_over_eager_deduplication_never_swallows_the_approval():
    items = [APPROVAL, *(one for one in DIFFERENT)]
    leaders = group(items, JUDGE)
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
    leaders = group(stories, JUDGE)
    assert leaders["a"] == "a"


def test_a_later_event_of_the_same_product_continues_the_earlier_one():
    filing = story("Glimmerworks files LONGLITE", day="2025-11-01", products=("LONGLITE",), item_id="filing")
    other = story("Lanternhouse files Emberon", day="2025-12-01", companies=("Lanternhouse",), products=("Emberon",))
    assert earlier_chapter(APPROVAL, [other, filing]) == filing
    assert earlier_chapter(filing, [APPROVAL]) is None


WORDS = [
    "Glimmerworks",
    "LONGLITE",
    "Bigbulb",
    "approves",
    "files",
    "sales",
    "licence",
    "$5M",
    "phase 2",
    "Dawn",
    "slow",
    "lanterns",
]
titles = st.one_of(
    st.text(st.characters(codec="ascii", categories=["L", "N", "Zs"]), min_size=1, max_size=80),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=7).map(" ".join),
)
stories = st.builds(
    story,
    titles,
    item_id=st.uuids().map(str),
    day=st.dates(date(2026, 1, 1), date(2026, 2, 1)).map(str),
    event=st.sampled_from(["regulatory", "partnership"]),
    companies=st.lists(st.sampled_from("ABC"), max_size=2),
    products=st.lists(st.sampled_from("XYZ"), max_size=2),
)


@given(stories, stories)
def test_being_the_same_story_is_symmetric(a, b):
    assert same_story(a, b) == same_story(b, a)


@given(stories)
def test_every_item_is_its_own_story(a):
    assert same_story(a, a)


@given(stories, stories)
def test_two_of_one_story_are_near_in_the_index(a, b):
    if same_story(a, b):
        assert list(StoryIndex([a]).near(b)) == [a]


@given(st.lists(stories, max_size=12, unique_by=lambda one: one.item_id))
def test_every_item_has_one_leader_that_leads_itself(items):
    leaders = group(items, JUDGE)
    assert set(leaders) == {one.item_id for one in items}
    assert all(leaders[leader] == leader for leader in leaders.values())


PAID = [story("Glimmerworks Bigbulb $5M", "regulatory"), story("Glimmerworks $5M Bigbulb", "other")]
REWORDED = [
    story(f"{start} its new plant for slow lanterns in the northern region of the country", day=day)
    for start, day in (("Glimmerworks opens", "2026-03-01"), ("Glimmerworks open", "2026-03-20"))
]


STRANGERS = [
    story("Nightfirm and Dawnworks sign licence on slow lanterns", "partnership", companies=()),
    story("Dawnworks takes licence for the lanterns of Nightfirm", "partnership", companies=()),
]
STRANGERS_SHOUTED = [
    story("Nightfirm And Dawnworks Sign Licence", "partnership", companies=()),
    story("Licence For Dawnworks Lanterns: Nightfirm", "partnership", companies=()),
]


def test_two_names_that_nobody_configured_tell_one_deal_where_capitals_mark_names():
    assert same_story(*STRANGERS)
    assert not same_story(*STRANGERS_SHOUTED)


def test_a_company_that_two_others_are_compared_with_makes_no_story_of_them():
    one = story("Dawnworks clears its winter lantern, near Bigbulb's", companies=("Bigbulb", "Dawnworks"))
    two = story("Nightfirm's winter lamp clears a hurdle, far behind Bigbulb's", companies=("Bigbulb", "Nightfirm"))
    own = story("Bigbulb clears its lamp in winter", companies=("Bigbulb",))
    assert not same_story(one, two)
    assert same_story(own, story("Lamp of Bigbulb clears all tests for winter", companies=("Bigbulb",)))


def test_the_tag_of_a_congress_is_no_product():
    one = story("#SHINE26: weekly glow approves of Nightfirm", companies=())
    assert not one.codes
    assert story("SHN2026 approves", companies=()).codes


def test_one_sentence_about_another_thing_is_another_event():
    one = story("Glimmerworks' moonmelt lantern meets its goal in winter gloom", "clinical_update")
    two = story("Glimmerworks' darkweed lantern meets its goal in winter gloom", "clinical_update")
    assert not same_story(one, two)


def test_two_reports_of_one_deal_may_tell_other_amounts_of_money():
    both = ("Glimmerworks", "Bigbulb")
    upfront, in_all = (
        story(f"Glimmerworks licence: Bigbulb pays ${amount} million", "partnership", companies=both)
        for amount in (5, 90)
    )
    assert same_story(upfront, in_all)
    assert not same_story(upfront, story("Glimmerworks licence worth $90 million", "partnership"))


@pytest.mark.parametrize("two", [PAID, REWORDED, STRANGERS])
def test_an_amount_or_the_titles_end_leads_to_the_same_story_too(two):
    assert same_story(*two)
    assert list(StoryIndex(two[:1]).near(two[1])) == two[:1]


def told(companies, title="Agency approves phosphorin for dusk", products=("phosphorin",)):
    return story(title, companies=companies, products=products, item_id=f"{companies} {title}")


@pytest.mark.parametrize(("one", "other"), [((), ()), ((), ("A",)), (("A",), ()), (("A", "B"), ("B",))])
def test_a_substance_leads_to_the_same_story_where_no_two_companies_contradict(one, other):
    a, b = told(one), told(other, "Phosphorin: nod of the agency, dusk")
    assert same_story(a, b)
    assert list(StoryIndex([a]).near(b)) == [a]


def test_a_trade_name_leads_to_the_same_story_whatever_companies_are_told():
    a, b = told(("A",), "Agency approves LONGLITE for dusk"), told(("B",), "LONGLITE: nod of the agency, dusk")
    assert same_story(a, b)
    assert list(StoryIndex([a]).near(b)) == [a]


def test_one_substance_of_two_companies_is_not_even_compared():
    a, b = told(("A",)), told(("B",), "Phosphorin: nod of the agency, dusk")
    assert not same_story(a, b)
    assert list(StoryIndex([a]).near(b)) == []


@given(st.lists(stories, max_size=12, unique_by=lambda one: one.item_id))
def test_an_item_joins_the_best_of_the_leaders_that_it_matches(items):
    leaders: dict[str, str] = {}
    for place, one in enumerate(items):
        matching = (other for other in items[:place] if leaders[other.item_id] == other.item_id)
        leaders[one.item_id] = next((other.item_id for other in matching if same_story(other, one)), one.item_id)
    assert group(items, JUDGE) == leaders


def test_a_deal_with_somebody_else_is_another_deal():
    one = story("Glimmerworks signs licence with Bigbulb", "partnership", companies=("Glimmerworks", "Bigbulb"))
    two = story("Glimmerworks signs licence with Hearthly", "partnership")
    assert not same_story(one, two)


def test_what_a_sent_edition_printed_is_recognised_from_its_row():
    row = {
        "item_id": "old",
        "title": APPROVAL.title,
        "published": "2026-03-04",
        "event_type": "regulatory",
        "companies": ["Glimmerworks"],
        "trademarks": ["LONGLITE"],
    }
    assert same_story(printed_story(row, TREE), APPROVAL)
    reworded = {**row, "title": "In the editor's own words"}
    assert not same_story(printed_story(reworded, TREE), APPROVAL)
    assert same_story(printed_story({**reworded, "headline": APPROVAL.title}, TREE), APPROVAL)


def reports():
    title = "Regulator approves LONGLITE, a slow lantern"
    press = make_item(f"{title} by Glimmerworks", published="2026-03-08", sentences=["Phosphorin has a weekly glow."])
    own = corporate(title, published="2026-03-07")
    return press, own


def test_the_companys_own_release_is_printed_and_the_press_named_beside_it():
    press, own = reports()
    chosen = select([facts(press), facts(own)], make_rules(), {}, TREE).chosen
    assert [one.candidate.item_id for one in chosen] == [own.item_id]
    assert [other.item_id for other in chosen[0].others] == [press.item_id]


def test_a_release_below_the_floor_does_not_displace_a_report_above_it():
    press, own = reports()
    first = make_rules()
    scores = {d.item_id: d.score for d in select([facts(press), facts(own)], first, {}, TREE).decisions.values()}
    assert scores[press.item_id] > scores[own.item_id]
    between = (scores[press.item_id] + scores[own.item_id]) / 2
    client = first.client.model_copy(
        update={"scoring_config": first.client.scoring_config.model_copy(update={"min_score": between})}
    )
    rules = Rules(client, first.plans, first.scoring, first.event_types, first.today)
    assert select([facts(press), facts(own)], rules, {}, TREE).chosen[0].candidate.item_id == press.item_id
