"""The owner's labels, with titles written anew: rules normalize them, the engine decides by the product's own files."""

import pytest

from tests.unit.engine.rule_path import Headline, decide

MEDINCELL, DELSITECH, NANEXA = "medincell", "delsitech", "nanexa"
APPROVAL = Headline(
    "UZEDY (risperidone) extended-release injectable approved by the FDA for a second indication, bipolar I disorder",
    published="2025-12-04",
    company_id=MEDINCELL,
)
FILING = Headline(
    "Olanzapine as extended-release injectable suspension: Medincell's partner Teva has filed a New Drug Application "
    "with the FDA",
    published="2025-12-04",
    company_id=MEDINCELL,
)
GROWTH = Headline(
    "Strong growth of UZEDY goes on; Teva prepares to submit olanzapine LAI in the United States",
    published="2025-12-04",
    company_id=MEDINCELL,
)
KEPT = [
    APPROVAL,
    FILING,
    GROWTH,
    Headline("Medicines agency accepts Teva's application for monthly olanzapine long-acting injectable"),
    Headline("FDA clears wider use of UZEDY, Teva's long-acting risperidone"),
    Headline("Medincell signs licence agreement with a global drug maker", company_id=MEDINCELL),
    Headline("Nanexa receives a grant of SEK 8 million from Vinnova", company_id=NANEXA),
    Headline("DelSiTech and a Japanese group enter research collaboration", company_id=DELSITECH),
    Headline("Unitaid grants Medincell $10 million for a malaria injection"),
]
DROPPED = [
    Headline("Process engineer wanted: DelSiTech is hiring", company_id=DELSITECH),
    Headline("DelSiTech seeks a director of quality", company_id=DELSITECH),
    Headline("Change in the leadership of DelSiTech: new chief executive appointed", company_id=DELSITECH),
    Headline("Consolidated financial results of Medincell for the first half of the year", company_id=MEDINCELL),
    Headline("Nanexa publishes its interim report for nine months", company_id=NANEXA),
    Headline("Medincell to take part in two healthcare conferences in New York", company_id=MEDINCELL),
    Headline("Meet us at the Formulation and Drug Delivery Summit", company_id=NANEXA),
    Headline("Pfizer buys its way into GLP-1 with a pill maker"),
    Headline("Novartis picks an AI partner for drug design"),
    Headline("SanegeneBio closes a round of $110M"),
    Headline("Antibiotic maker wins sped-up approval for extended-release amoxicillin tablets"),
    Headline("Nanexa is among the finalists of an innovation award", company_id=NANEXA),
]


def outcome(line: Headline) -> tuple[str, str]:
    selection, items = decide([line])
    decision = selection.decisions[items[line.title].item_id]
    return decision.outcome, decision.reason


@pytest.mark.parametrize("line", KEPT, ids=lambda line: line.title[:50])
def test_what_the_owner_keeps_is_printed(line: Headline):
    assert outcome(line)[0] == "selected", outcome(line)


@pytest.mark.parametrize("line", DROPPED, ids=lambda line: line.title[:50])
def test_what_the_owner_drops_is_not_printed_even_in_an_empty_week(line: Headline):
    assert outcome(line)[0] != "selected", outcome(line)


def test_all_of_a_week_together_prints_the_kept_ones_alone():
    selection, items = decide([*KEPT, *DROPPED])
    kept = {items[line.title].item_id for line in KEPT}
    printed = {chosen.candidate.item_id for chosen in selection.chosen}
    told = printed | {other.item_id for chosen in selection.chosen for other in chosen.others}
    assert printed <= kept
    assert told == kept


def test_high_labels_rank_above_the_medium_one():
    selection, items = decide([APPROVAL, FILING, GROWTH])
    scores = [selection.decisions[items[line.title].item_id].score for line in (APPROVAL, FILING, GROWTH)]
    assert scores == sorted(scores, reverse=True)
    assert len(selection.chosen) == 3


def test_product_news_is_filed_under_products_although_a_filing_is_in_sight():
    _, items = decide([GROWTH])
    assert items[GROWTH.title].event_type == "product_performance"
