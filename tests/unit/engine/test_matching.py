"""Which items belong to a domain, by the declarative rules alone."""

import pytest

from services.engine.facts import read_facts
from services.engine.matching import Match, NoMatch, match_item, plan_domains
from shared.contracts.items import Entity
from tests.unit.engine.samples import CLIENT, FILES, TREE, corporate, facts, make_item, make_tree

PLANS = plan_domains(TREE, CLIENT)


def verdict(item):
    return match_item(facts(item), PLANS)


def clause(item) -> str:
    (match,) = verdict(item).matches
    assert isinstance(match, Match)
    return match.clause


def miss(item) -> NoMatch:
    (answer,) = verdict(item).misses
    return answer


def test_a_regulatory_item_about_a_trademark_in_scope_always_matches():
    assert clause(make_item("Agency clears LONGLITE")) == "mark_ruling"


def test_a_partnership_of_a_core_player_matches_without_any_technology_word():
    assert clause(make_item("Glimmerworks and Bigbulb sign a licence", event_type="partnership")) == "core_deal"


def test_a_partnership_between_others_does_not_match():
    item = make_item("Passerby and Bigbulb sign a licence", event_type="partnership")
    assert "no matching rule holds" in miss(item).reason
    assert miss(item).change == "rule core_deal would hold with: pure_player"


def test_a_core_player_named_only_in_passing_is_not_its_subject():
    said = "The market also has Glimmerworks."
    passing = make_item("Bigbulb and Passerby sign a licence", event_type="partnership", sentences=[said])
    assert not verdict(passing).matches


def test_a_rejecting_rule_wins_and_is_named():
    item = make_item("Bigbulb sells a torch with phosphorin", event_type="clinical_update")
    assert miss(item).reason == "rejected by rule torch (found: negative)"


def test_a_stronger_signal_lifts_the_rejection():
    item = make_item("Bigbulb's slow lantern replaces the torch", event_type="clinical_update")
    assert clause(item) == "named_technology"


def test_a_term_inside_another_word_is_no_signal():
    item = make_item("Bigbulb explains slow lanternism", event_type="clinical_update")
    assert not verdict(item).matches


def test_a_new_alias_resolves_without_a_new_normalization():
    entity = Entity(kind="company", name="Glow Ltd", mention="Glow Ltd", role="subject")
    item = make_item("Glow Ltd signs a licence", event_type="partnership", entities=[entity])
    assert not verdict(item).matches
    scopes = """
entities:
  - {id: glimmerworks, name: Glimmerworks, type: pure_player, aliases: [Glow Ltd]}
  - {id: lanternhouse, name: Lanternhouse, type: pure_player}
  - {id: bigbulb, name: Bigbulb, type: hybrid}
scopes: {makers: [glimmerworks, lanternhouse, bigbulb]}
"""
    tree = make_tree(company_scopes=scopes)
    resolved = read_facts(item, tree)
    assert match_item(resolved, plan_domains(tree, tree.client("nightly"))).matches
    assert resolved.names["company"] == ("Glimmerworks",)


def test_a_trade_name_stands_for_its_substance_and_its_company_which_are_not_printed():
    found = facts(make_item("Agency clears LONGLITE"))
    assert found.ids["molecule"] == {"phosphorin"}
    assert found.ids["company"] == {"glimmerworks"}
    assert found.subjects == {"glimmerworks"}
    assert found.names["molecule"] == found.names["company"] == ()
    deal = make_item("LONGLITE goes to Passerby in a licence", event_type="partnership")
    assert clause(deal) == "core_deal"


def test_a_trade_name_in_passing_does_not_make_its_company_the_subject():
    passing = make_item("Passerby signs a licence", event_type="partnership", sentences=["It competes with LONGLITE."])
    assert facts(passing).ids["company"] == {"passerby", "glimmerworks"}
    assert not verdict(passing).matches


PROFILES = """
technology_profiles:
  of_scope: {match: [{id: by_scope, when: entity}]}
  of_type: {match: [{id: by_type, when: entity}]}
  own: {match: [{id: by_itself, when: entity}]}
domain_types: {technology: of_type, regulatory: of_type, indication: of_type}
"""


@pytest.mark.parametrize(
    ("change", "decides"),
    [
        ({}, "by_scope"),
        ({"technology_profile": "own"}, "by_itself"),
        ({"technology_scope": None}, "by_type"),
        ({"type": "regulatory"}, "by_type"),
    ],
)
def test_a_domain_takes_its_own_profile_then_that_of_its_technology_then_that_of_its_type(change, decides):
    scopes = "scopes: {slowlight: {profile: of_scope, categories: {core: [slow lantern]}}}\n"
    tree = make_tree(
        technology_scopes=scopes,
        domain_matching_rules=PROFILES,
        scoring_rules=FILES["canonical/scoring/scoring_rules.yaml"].replace("{core: 2, support: 1}", "{}"),
    )
    client = tree.client("nightly")
    domain = client.watch_domains[0].model_copy(update=change)
    plans = plan_domains(tree, client.model_copy(update={"watch_domains": (domain,)}))
    (match,) = match_item(facts(make_item("Agency clears LONGLITE"), tree=tree), plans).matches
    assert match.clause == decides


def test_companies_of_other_scopes_do_not_count():
    item = make_item("Passerby presents an afterglow wick", event_type="clinical_update")
    assert not verdict(item).matches


def test_the_source_of_a_core_player_makes_it_the_subject():
    assert clause(corporate("A long title without a name", event_type="partnership")) == "core_deal"


def test_every_miss_says_what_would_change_it():
    item = make_item("Weather today", event_type="clinical_update")
    assert miss(item).change
    assert "nothing of this domain" in miss(item).reason
