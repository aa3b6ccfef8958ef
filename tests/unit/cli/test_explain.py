"""Every item's fate has an answer."""

import pytest
from rich.console import Console

from cli.explain import explanation, matching, search, wrapped
from cli.stacks import StackName
from shared.contracts.batch import Disposition, Window
from shared.contracts.edition import ItemReport, Report, Support, Trace
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


def decided(stage, outcome, reason="for some reason"):
    step = Disposition(stage=stage, outcome=outcome, reason=reason)
    return list(explanation(item().model_copy(update={"dispositions": (step,)}), "lab", StackName.prod))


def test_what_would_change_a_decision_is_said_once_in_the_decision_s_own_words():
    lines = decided("engine", "below_floor", "score 4 is below the floor of 12 (would change it: 8.00 points more)")
    assert lines[-1] == "  To change it: 8.00 points more"
    assert "  engine: below_floor. score 4 is below the floor of 12" in lines


@pytest.mark.parametrize(
    ("stage", "outcome", "named"),
    [
        ("ingest", "filtered", "ingestion_profiles.yaml"),
        ("ingest", "undated", "date_format"),
        ("ingest", "out_of_window", "--period-days"),
        ("ingest", "link_only", "link_only_titles"),
        ("ingest", "error", "vectora sources check --stack prod"),
        ("ingest", "queued", "vectora digest --stack prod"),
        ("normalize", "failed", "vectora digest --stack prod"),
        ("engine", "outside_window", "window holds its date"),
        ("publisher", "dropped", "newsletter_delivery"),
    ],
)
def test_each_fate_names_what_would_change_it(stage, outcome, named):
    assert named in decided(stage, outcome)[-1]


def test_an_unseen_item_is_told_how_to_have_it_seen():
    with pytest.raises(NotFoundError, match="bouquet") as told:
        search([report("ed-1")], URL, "demo", StackName.prod)
    assert "`vectora sources check --url ADDRESS --stack prod`" in str(told.value)


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


def test_what_was_printed_of_an_item_is_told_with_its_source():
    said = item(
        printed=(
            Trace(
                place="tldr", text="A depot is approved.", support=(Support(item_id="i", sentence="It was approved."),)
            ),
            Trace(place="item", text="It lasts.", support=(Support(item_id="i", sentence="It lasts."),)),
        )
    )
    lines = list(explanation(said, "demo", StackName.prod))
    at = lines.index("  printed (TL;DR): A depot is approved.")
    assert lines[at + 1 : at + 3] == ["    from: It was approved.", "  printed (text): It lasts."]
    assert "    from: It lasts." not in lines
