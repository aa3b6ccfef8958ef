"""Which items belong to a domain, by the declarative rules alone."""

from services.engine.facts import read_facts
from services.engine.matching import Match, NoMatch, match_item, plan_domains
from shared.contracts.items import Entity
from tests.unit.engine.samples import CLIENT, TREE, corporate, facts, make_item, make_tree

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


def test_companies_of_other_scopes_do_not_count():
    item = make_item("Passerby presents an afterglow wick", event_type="clinical_update")
    assert not verdict(item).matches


def test_the_source_of_a_core_player_makes_it_the_subject():
    assert clause(corporate("A long title without a name", event_type="partnership")) == "core_deal"


def test_every_miss_says_what_would_change_it():
    item = make_item("Weather today", event_type="clinical_update")
    assert miss(item).change
    assert "nothing of this domain" in miss(item).reason
