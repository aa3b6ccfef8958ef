"""Every item's fate has an answer."""

import pytest
from rich.console import Console

from cli.explain import explanation, matching, search, wrapped
from cli.stacks import StackName
from shared.contracts.batch import Disposition, Window
from shared.contracts.edition import ItemReport, Report
from shared.errors import NotFoundError
from shared.ids import item_id

URL = "https://news.example.org/a-depot-is-approved"


def item(url=URL, title="A depot is approved", **facts):
    steps = (
        Disposition(stage="ingest", outcome="queued", reason="profile press: depot"),
        Disposition(stage="engine", outcome="not printed", reason="score 4 is below min_score 10"),
    )
    return ItemReport(item_id=item_id(url), url=url, title=title, dispositions=steps, **facts)


def report(edition_id, *items):
    return Report(
        client_id="lab",
        edition_id=edition_id,
        status="sent",
        window=Window(start="2030-01-01", end="2030-01-08"),
        as_of="2030-01-08T00:00:00Z",
        config_release="0" * 16,
        counts={},
        items=items,
    )


def test_an_item_is_found_by_any_spelling_of_its_address():
    assert matching([item()], URL.upper().replace("/A-DEPOT-IS-APPROVED", "/a-depot-is-approved/?utm_source=x"))


def test_an_item_is_found_by_words_of_its_title_in_any_case():
    assert matching([item(), item(f"{URL}-2", "Something else")], "DEPOT approved") == [item()]


def test_the_newest_report_that_saw_the_item_answers():
    found, _ = search([report("ed-3"), report("ed-2", item()), report("ed-1", item())], URL, "demo", StackName.prod)
    assert found.edition_id == "ed-2"


def test_an_item_that_nothing_saw_gets_an_answer_too():
    with pytest.raises(NotFoundError, match="no source listed it"):
        search([report("ed-1")], URL, "demo", StackName.prod)


def test_every_disposition_and_contribution_is_told_and_what_would_change_it():
    lines = list(
        explanation(item(score=4.0, contributions={"recency": 1.0, "event_type": 3.0}), "demo", StackName.prod)
    )
    assert "  engine: not printed. score 4 is below min_score 10" in lines
    assert lines.index("    +3 event_type") < lines.index("    +1 recency")
    assert "matching rules" in lines[-1]


def test_long_reasons_go_on_below_their_beginning_in_a_terminal_and_stay_one_line_elsewhere():
    line = "  ingest: queued. " + "signals found, " * 12
    address = f"  https://news.example.org/{'a-long-way/' * 9}"
    narrow = Console(force_terminal=True, width=60)
    lines = wrapped(line, narrow).splitlines()
    assert max(map(len, lines)) <= 60
    assert all(one.startswith("    ") for one in lines[1:])
    assert " ".join(wrapped(line, narrow).split()) == " ".join(line.split())
    assert wrapped(address, narrow) == address
    assert wrapped(line, Console(force_terminal=False, width=60)) == line
