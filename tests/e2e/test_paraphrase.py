"""Decisions come from configuration and text: titles are written anew, companies and products are others."""

import json
import re
from pathlib import Path

import pytest

from shared.ids import canonical_url
from tests.e2e.labels import DROP, KEEP, says
from tests.e2e.support import Machine, Outcome, Replay, config_copy, run

ADDITIONS = {
    "canonical/scopes/company_scopes_replaced.yaml": """
scopes:
  lai_companies_mvp_core: [quorvance]
  lai_companies_pure_players: [quorvance]
  lai_companies_hybrid: [halvorix]
  lai_companies_global: [quorvance, halvorix]
entities:
  - {id: quorvance, name: Quorvance, type: pure_player, source: invented for a test}
  - {id: halvorix, name: Halvorix, type: hybrid, source: invented for a test}
""",
    "canonical/scopes/molecule_scopes_replaced.yaml": """
scopes:
  lai_molecules_global: [cortaperidol, belzaproxin]
entities:
  - {id: cortaperidol, name: cortaperidol, source: invented for a test}
  - {id: belzaproxin, name: belzaproxin, source: invented for a test}
""",
    "canonical/scopes/trademark_scopes_replaced.yaml": """
scopes:
  lai_trademarks_global: [tremvora]
entities:
  - id: tremvora
    name: Tremvora
    molecule_id: cortaperidol
    company_id: halvorix
    source: invented for a test
""",
}
NAMES = (
    (r"medincell", "Quorvance"),
    (r"teva pharmaceuticals?|teva", "Halvorix"),
    (r"uzedy", "TREMVORA"),
    (r"risperidone", "cortaperidol"),
    (r"olanzapine", "belzaproxin"),
    (r"\(TEV-.749 / mdc-TJK\) ", ""),
)
TITLES = (
    (
        KEEP[0],
        "Halvorix, the partner of Quorvance, has filed a New Drug Application with the FDA for belzaproxin "
        "extended-release injectable suspension, given once a month to adults with schizophrenia",
    ),
    (
        KEEP[1],
        "TREMVORA® (cortaperidol) extended-release injectable suspension: second indication, bipolar I disorder in "
        "adults, approved by the FDA",
    ),
    (
        KEEP[2],
        "Strong growth of TREMVORA® goes on while Halvorix prepares the US submission of belzaproxin LAI",
    ),
    (
        ("half-year", "results", "consolidated"),
        "Quorvance reports financial results for the first half of the year",
    ),
    (("appoints",), "Dr Grace Kim joins Quorvance as Chief Strategy Officer, U.S. Finance"),
    (("interim report",), "Interim report January-September 2025 published by Nanexa"),
    (("hiring",), "Process engineer wanted: join DelSiTech"),
)


def rewritten(item: dict, number: int) -> dict:
    """The item with another title, other names, and an address that says nothing."""
    title = next((new for words, new in TITLES if says(item["title"], words)), item["title"])
    texts = {
        "title": title,
        "raw_title": title,
        "deck": item["deck"],
        "listing_text": item["listing_text"].replace(item["title"], f"{title}. "),
    }
    for pattern, name in NAMES:
        texts = {key: re.sub(pattern, name, text, flags=re.IGNORECASE) for key, text in texts.items()}
    host, _, path = item["url"].removeprefix("https://").partition("/")
    ending = ".pdf" if path.lower().endswith(".pdf") else "/"
    return {**item, **texts, "url": f"https://{host}/releases/{number}{ending}"}


@pytest.fixture(scope="module")
def pairs(shared: Path) -> list[tuple[dict, dict]]:
    """(original, rewritten) of every item."""
    originals = json.loads((shared / "replay" / "items.json").read_text())
    return [(item, rewritten(item, number)) for number, item in enumerate(originals)]


@pytest.fixture(scope="module")
def outcome(machine: Machine, shared: Path, pairs, tmp_path_factory) -> Outcome:
    folder = tmp_path_factory.mktemp("paraphrase")
    items = folder / "items.json"
    items.write_text(json.dumps([new for _, new in pairs]))
    config = config_copy(folder / "config", ADDITIONS)
    catalog = config / "canonical" / "sources" / "source_catalog.yaml"
    catalog.write_text(catalog.read_text().replace("company_id: medincell", "company_id: quorvance"))
    replay = Replay(shared / "replay").start("2025-12-09", items)
    try:
        arguments = ("lai_weekly", "--as-of", "2025-12-10", "--period-days", "90", "--config", config)
        return run(machine, folder / "out", *arguments, VECTORA_FETCH_GATEWAY=replay.origin)
    finally:
        replay.stop()


def addresses(pairs: list[tuple[dict, dict]], labels: tuple[tuple[str, ...], ...]) -> set[str]:
    """Of the rewritten items whose original title carries one of the labels."""
    return {canonical_url(new["url"]) for old, new in pairs if any(says(old["title"], words) for words in labels)}


def test_what_the_owner_keeps_is_printed_under_other_names(outcome, pairs):
    assert outcome.process.returncode == 0, outcome.text
    printed = {canonical_url(item["url"]) for item in outcome.items}
    assert addresses(pairs, KEEP) <= printed


def test_what_the_owner_drops_stays_out_under_other_names(outcome, pairs):
    printed = {canonical_url(item["url"]) for item in outcome.items}
    assert printed & addresses(pairs, DROP) == set()


def test_most_of_what_is_printed_is_what_the_owner_keeps(outcome, pairs):
    kept = [item for item in outcome.items if canonical_url(item["url"]) in addresses(pairs, KEEP)]
    assert len(kept) / len(outcome.items) > 0.8, [item["title"] for item in outcome.items]


def test_the_new_names_are_recognised_as_entities(outcome):
    names = {name for item in outcome.items for kind in ("companies", "trademarks", "molecules") for name in item[kind]}
    assert {"Quorvance", "Halvorix", "Tremvora", "belzaproxin"} <= names
    assert "Uzedy" not in names
