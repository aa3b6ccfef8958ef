"""The demonstration needs nothing but the checkout."""

import pytest

from tests.e2e.support import Machine, Outcome, run


@pytest.fixture(scope="module")
def demo(machine: Machine, tmp_path_factory) -> Outcome:
    return run(machine, tmp_path_factory.mktemp("demo") / "out", "demo")


def test_it_writes_an_edition_with_items_and_mails(demo):
    assert demo.process.returncode == 0, demo.text
    assert demo.items
    assert demo.mails


def test_its_progress_names_every_stage_and_its_end_says_where_the_files_are(demo):
    for stage in ("ingest", "normalize", "engine", "publisher"):
        assert f"{stage}: " in demo.process.stderr
    assert str(demo.folder / "newsletter.html") in demo.process.stdout
    assert str(demo.folder / "report.json") in demo.process.stdout


def test_editions_are_listed_and_shown(machine, demo):
    edition = demo.newsletter["edition_id"]
    assert edition in machine.vectora("edition", "list", "demo").stdout
    shown = machine.vectora("edition", "show", "demo", edition)
    assert demo.items[0]["title"] in shown.stdout


def test_a_review_run_holds_the_draft_and_mails_nobody(machine, demo, tmp_path):
    held = run(machine, tmp_path / "out", "demo", "--review")
    assert held.process.returncode == 0, held.text
    assert held.newsletter["status"] == "draft"
    assert held.mails == []


def test_a_collect_run_fills_the_lake_and_writes_no_edition(machine, demo, tmp_path):
    collected = run(machine, tmp_path / "out", "demo", "--kind", "collect")
    assert collected.process.returncode == 0, collected.text
    assert "Collected" in collected.process.stdout
    assert not (tmp_path / "out" / "newsletter.json").exists()
