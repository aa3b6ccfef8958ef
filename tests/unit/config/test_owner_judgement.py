"""The owner's rules on titles of our own wording: what is let in, and as which event."""

import json
from pathlib import Path

import pytest

from shared.config.events import score_events
from shared.config.filtering import ingest_decision
from shared.config.loader import DirectorySource, MappingSource, load_tree
from shared.config.tree import ConfigTree

CORPORATE, PRESS = "corporate_pure_player_broad", "press_technology_focused"

KEPT = [
    # (profile, title, deck, acceptable event types)
    (CORPORATE, "Teva files for US approval of its monthly olanzapine shot", "", {"regulatory"}),
    (CORPORATE, "US regulator clears UZEDY for bipolar disorder", "", {"regulatory"}),
    (CORPORATE, "Sales of UZEDY keep climbing as Teva readies US filing", "", {"product_performance", "regulatory"}),
    (CORPORATE, "Uzedy prescriptions up 40%, Teva gears up for US filing", "", {"product_performance", "regulatory"}),
    (CORPORATE, "European Commission authorises Buvidal for chronic pain", "", {"regulatory"}),
    (CORPORATE, "EMA accepts marketing authorisation application for CAM2029", "", {"regulatory"}),
    (CORPORATE, "Camurus receives complete response letter for octreotide depot", "", {"regulatory"}),
    (CORPORATE, "Camurus resubmits its application to the FDA", "", {"regulatory"}),
    (CORPORATE, "Medincell and AbbVie sign licence agreement for six programmes", "", {"partnership"}),
    (CORPORATE, "Nanexa enters evaluation agreement with a large pharma company", "", {"partnership"}),
    (CORPORATE, "Nanexa expands its collaboration with Novo Nordisk", "", {"partnership"}),
    (CORPORATE, "DelSiTech teams up with Bayer on eye diseases", "", {"partnership"}),
    (CORPORATE, "Medincell awarded grant by the Gates Foundation for malaria programme", "", {"partnership"}),
    (CORPORATE, "Gates Foundation funds Medincell's contraceptive", "", {"partnership"}),
    (CORPORATE, "Peptron licenses SmartDepot to Eli Lilly", "", {"partnership"}),
    (CORPORATE, "First patient dosed in phase 2 study of NEX-22", "", {"clinical_update"}),
    (CORPORATE, "Camurus announces positive topline results of pivotal trial", "", {"clinical_update"}),
    (CORPORATE, "Brixadi sales grew 30 percent in the United States", "", {"product_performance"}),
    (CORPORATE, "Buvidal launched in Spain", "", {"product_performance"}),
    (CORPORATE, "Nanexa secures production capacity with new GMP manufacturing site", "", {"manufacturing_supply"}),
    (CORPORATE, "Results on silica depots published in Journal of Controlled Release", "", {"scientific_publication"}),
    (PRESS, "FDA waves through Teva's Uzedy in bipolar disorder with approval", "", {"regulatory"}),
    (PRESS, "FDA tells physicians to ignore old dosing instructions as UZEDY label is expanded", "", {"regulatory"}),
    (PRESS, "FDA rejects Luye's paliperidone long-acting injectable", "", {"regulatory"}),
    (PRESS, "Teva submits once-monthly olanzapine injection to FDA", "", {"regulatory"}),
    (PRESS, "AbbVie inks $1.9B pact with Medincell", "The big pharma gets rights to six programmes.", {"partnership"}),
    (PRESS, "Camurus, Lilly strike obesity deal", "", {"partnership"}),
    (PRESS, "Gates Foundation awards $20M to Medincell", "", {"partnership"}),
    (PRESS, "ViiV touts Apretude data in every-four-months HIV study", "Phase 3 results.", {"clinical_update"}),
    (PRESS, "J&J launches Invega Hafyera in Japan", "", {"product_performance"}),
    (PRESS, "Alkermes' Vivitrol sales fall for the third time", "", {"product_performance"}),
]  # fmt: skip

DROPPED = [
    (CORPORATE, "MedinCell hires new strategy chief", ""),
    (CORPORATE, "Nanexa appoints Jane Doe as chief financial officer", ""),
    (CORPORATE, "Camurus strengthens its management team", ""),
    (CORPORATE, "Chief medical officer leaves Peptron", ""),
    (CORPORATE, "Change in the Board of Directors", ""),
    (CORPORATE, "DelSiTech is looking for a senior formulation scientist", ""),
    (CORPORATE, "Nanexa is recruiting a laboratory manager", ""),
    (CORPORATE, "Vacancy: quality assurance specialist", ""),
    (CORPORATE, "Camurus interim report for the third quarter", ""),
    (CORPORATE, "Medincell reports first-half results", ""),
    (CORPORATE, "Year-end report 2025", ""),
    (CORPORATE, "Medincell joins the SBF 120 index", ""),
    (CORPORATE, "Number of shares and voting rights as of 30 November", ""),
    (CORPORATE, "Nanexa carries out a rights issue", ""),
    (CORPORATE, "Camurus to present at the Jefferies healthcare conference", ""),
    (CORPORATE, "Meet us at BIO-Europe in Vienna", ""),
    (CORPORATE, "Controlled Release Society Annual Meeting, Philadelphia, July 14-18", ""),
    (CORPORATE, "Partnering opportunities in injectables 2026 Lisbon, March 3-4", ""),
    (CORPORATE, "Webcast: Medincell's capital markets day", ""),
    (CORPORATE, "DelSiTech wins innovation prize", ""),
    (CORPORATE, "Peptron shortlisted for best technology award", ""),
    (CORPORATE, "Notice of annual general meeting", ""),
    (CORPORATE, "Read more", ""),
    (CORPORATE, "Camurus is hiring a process engineer (role: engineer)", ""),
    (CORPORATE, "Medincell publishes half-year financial results, category: LAI", ""),
    (PRESS, "Antibiotic maker gets speedy approval of extended-release amoxicillin", "It is an oral drug."),
    (PRESS, "Merck's subcutaneous Keytruda blocked in Germany after Halozyme suit", ""),
    (PRESS, "Once-monthly von Willebrand injection cuts bleeds in early study", "A small biotech presented data."),
    (PRESS, "Pfizer pays $150M for an oral GLP-1", ""),
    (PRESS, "Novartis signs AI pact on skin diseases", ""),
    (PRESS, "Metabolic biotech raises $110M after Lilly deal", ""),
    (PRESS, "Lilly to spend obesity windfall on deals", ""),
    (PRESS, "Gene therapy for haemophilia holds up after five years", "CSL Behring presented data."),
    (PRESS, "AbbVie tops TV ad spending", ""),
    (PRESS, "Teva names new head of generics", ""),
    (PRESS, "Sanofi vaccine chief steps down", ""),
    (PRESS, "J&J claims multiple myeloma win", ""),
    (PRESS, "Bayer stock falls after trial verdict", ""),
]  # fmt: skip


def case_id(row: tuple[object, ...]) -> str:
    return str(row[1])[:60]


@pytest.mark.parametrize("row", KEPT, ids=case_id)
def test_what_the_owner_keeps_is_let_in_as_the_right_event(
    tree: ConfigTree, row: tuple[str, str, str, set[str]]
) -> None:
    profile, title, deck, events = row
    decision = ingest_decision(tree, tree.profiles[profile], title, deck)
    scored = score_events(tree, title, deck)
    assert decision.keep, (decision.reason, scored)
    assert scored, "no event type recognised"
    assert scored[0][0] in events, scored


@pytest.mark.parametrize("row", DROPPED, ids=case_id)
def test_what_the_owner_drops_stays_out_with_a_reason(tree: ConfigTree, row: tuple[str, str, str]) -> None:
    profile, title, deck = row
    decision = ingest_decision(tree, tree.profiles[profile], title, deck)
    assert not decision.keep, decision.reason
    assert decision.reason


REPLAY = Path(__file__).parents[4] / "shared" / "replay" / "items.json"


@pytest.mark.skipif(not REPLAY.exists(), reason="the recorded real listings are not on this machine")
def test_real_listings_keep_three_releases_and_no_press(tree: ConfigTree) -> None:
    items = json.loads(REPLAY.read_text())
    kept: dict[str, list[str]] = {"press_corporate": [], "press_sector": []}
    for item in items:
        profile = tree.profiles[tree.sources[item["source_key"]].ingestion_profile]
        for text in (item["deck"], item["listing_text"] or item["deck"] or item["title"]):
            if ingest_decision(tree, profile, item["title"], text).keep:
                kept[item["source_type"]].append(item["url"])
    assert kept["press_sector"] == []
    assert len(set(kept["press_corporate"])) == 3
    assert len(kept["press_corporate"]) == 6


SUBSTITUTED = [
    ("FDA clears {product} for a further use", "regulatory"),
    ("{company}'s partner files for US approval of {product}", "regulatory"),
    ("{company} signs licensing deal with Roche", "partnership"),
    ("{product} sales double in third year on the market", "product_performance"),
]


@pytest.mark.parametrize(("title", "event"), SUBSTITUTED)
@pytest.mark.parametrize("profile", [CORPORATE, PRESS])
def test_decisions_hold_for_companies_and_products_added_to_canonical(profile: str, title: str, event: str) -> None:
    files = DirectorySource(Path(__file__).parents[3] / "config").files()
    files["canonical/scopes/company_scopes_new.yaml"] = b"""
scopes: {lai_companies_pure_players: [quellor], lai_companies_global: [quellor]}
entities: [{id: quellor, name: Quellor Biosciences, aliases: [Quellor], type: pure_player}]
"""
    files["canonical/scopes/trademark_scopes_new.yaml"] = b"""
scopes: {lai_trademarks_global: [zorvanta]}
entities: [{id: zorvanta, name: Zorvanta, molecule_id: risperidone, company_id: quellor}]
"""
    tree = load_tree(MappingSource(files))
    text = title.format(company="Quellor", product="ZORVANTA\u00ae")
    assert ingest_decision(tree, tree.profiles[profile], text, "").keep
    assert score_events(tree, text, "")[0][0] == event
    unknown = title.format(company="Nobodia", product="Nullvex")
    if profile == PRESS:
        assert not ingest_decision(tree, tree.profiles[profile], unknown, "").keep
