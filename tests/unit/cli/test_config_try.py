"""What edited files would have changed: decided again from what was kept, with the reasons then and now."""

from datetime import date

import pytest

from cli.config_try import lines
from cli.config_try_compare import Issue, compare, periods, printed_before
from shared.config.tree import ConfigTree
from shared.contracts.batch import Disposition, Window
from shared.contracts.edition import ItemReport
from shared.contracts.items import NormalizedItem, RawItem
from shared.errors import InputError
from tests.unit.engine.samples import FILES, TREE, corporate, make_item, make_tree

WEEK = Window.model_validate({"from": "2026-03-02", "to": "2026-03-09"})
RULING = make_item()
DEAL = corporate("Glimmerworks signs a licence for its slow lantern", event_type="partnership")
NOISE = make_item("Passerby opens an office", event_type="regulatory", published="2026-03-04")


def text_of(name: str) -> str:
    return next(text for path, text in FILES.items() if path.endswith(f"{name}.yaml"))


def raw(item: NormalizedItem, text: str = "") -> RawItem:
    shared = {name: getattr(item, name) for name in RawItem.model_fields if hasattr(item, name)}
    return RawItem.model_validate(
        {**shared, "text": text or item.title, "text_origin": "article", "fetched_at": "2026-03-06T06:00:00+00:00"}
    )


def tried(new: ConfigTree, items=(RULING, DEAL, NOISE), printed=None, filtered=()):
    issue = Issue("ed-1", WEEK, date(2026, 3, 9), printed or {}, tuple(filtered))
    return compare("nightly", TREE, new, issue, list(items), {item.item_id: raw(item) for item in items})


def test_the_same_files_change_nothing():
    outcome = tried(TREE)
    assert (outcome.before, outcome.now, outcome.changes) == (2, 2, ())


def test_a_section_that_takes_less_loses_items_and_says_why():
    new = make_tree(
        nightly=text_of("nightly").replace("filter_event_types: [regulatory]", "filter_event_types: [recruitment]")
    )
    (change,) = tried(new).changes
    assert (change.kind, change.title) == ("lost", RULING.title)
    assert change.before.startswith("selected: ")
    assert "no section takes event type regulatory" in change.now


def test_a_new_company_in_scope_gains_what_it_did():
    scopes = text_of("company_scopes").replace("bigbulb]", "bigbulb, passerby]")
    scopes = scopes.replace("name: Passerby}", "name: Passerby, type: pure_player}")
    scopes_and_floor = make_tree(
        company_scopes=scopes, scoring_rules=text_of("scoring_rules").replace("min_score: 10", "min_score: 1")
    )
    (change,) = tried(scopes_and_floor).changes
    assert (change.kind, change.title) == ("gained", NOISE.title)
    assert "no matching rule holds" in change.before


def test_a_stricter_profile_loses_at_ingest_what_it_had_let_in():
    new = make_tree(exclusion_scopes=text_of("exclusion_scopes").replace("seeks a", "signs a licence"))
    (change,) = tried(new).changes
    assert (change.kind, change.title) == ("lost", DEAL.title)
    assert "not ingested: excluded by hiring" in change.now


def test_articles_that_are_gone_are_counted_where_a_profile_cannot_be_tried_on_them():
    issue = Issue("ed-1", WEEK, date(2026, 3, 9), {})
    outcome = compare("nightly", TREE, TREE, issue, [RULING, DEAL], {DEAL.item_id: raw(DEAL)})
    assert outcome.unkept == 1
    assert any("articles no longer kept: 1" in line for line in lines(outcome))
    assert not any("no longer kept" in line for line in lines(tried(TREE)))


def test_what_was_filtered_and_would_be_let_in_is_named_as_unread():
    item = ItemReport(
        item_id="x" * 20,
        url="https://night.example.org/x",
        title="Lanternhouse is hiring for its afterglow wick",
        source_key="night_post",
        dispositions=(Disposition(stage="ingest", outcome="filtered", reason="broad: excluded by hiring"),),
    )
    new = make_tree(exclusion_scopes=text_of("exclusion_scopes").replace("is hiring, ", ""))
    outcome = tried(new, filtered=[item])
    (change,) = outcome.changes
    assert (change.kind, change.before) == ("to read", "broad: excluded by hiring")
    assert any("never kept" in line for line in lines(outcome))


def test_a_source_that_the_client_gives_up_takes_its_items_along():
    catalog = text_of("source_catalog").replace("[glimmer_site, night_post]", "[night_post]")
    (change,) = tried(make_tree(source_catalog=catalog)).changes
    assert (change.title, change.now) == (DEAL.title, "not matched: none of the client's sources carried it")


def test_an_issue_is_judged_by_what_was_printed_before_it_not_by_what_it_printed_itself():
    editions = {"old": {"window_from": "2026-02-23"}, "this": {"window_from": WEEK.start}}
    rows = {
        "a": {"edition_id": "old"},
        "b": {"edition_id": "this"},
        "c": {"edition_id": "unknown"},
        "d": {"verdict": "drop", "title": "t"},
    }
    assert set(printed_before(rows, editions, WEEK)) == {"a", "d"}


def test_a_period_is_cut_into_issues_of_the_client_s_length():
    cut = [(one.start, one.end) for one in periods("2026-03-01", "2026-03-11", 7)]
    assert cut == [("2026-03-01", "2026-03-08"), ("2026-03-08", "2026-03-11")]
    for wrong in (("2026-03-11", "2026-03-01"), ("soon", "2026-03-01")):
        with pytest.raises(InputError):
            periods(*wrong, 7)
