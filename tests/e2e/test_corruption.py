"""A model that invents entities and numbers and fences its JSON never gets any of it printed."""

import json
from pathlib import Path

import pytest

from local.model_endpoint.faults import INVENTED_NAME, INVENTED_NUMBER
from shared.config.loader import DirectorySource, load_tree
from shared.ids import canonical_url
from tests.e2e.labels import KEEP, numbers, says, ungrounded_names
from tests.e2e.support import CONFIG, Machine, Outcome, Replay, run

COPIES = 15
"""Of each item that is normalized, so that one answer in five is never none."""


def copies(item: dict) -> list[dict]:
    """The same release again and again, at addresses of its own."""
    stem, _, ending = item["url"].rpartition(".")
    return [{**item, "url": f"{stem}-{n}.{ending}", "title": f"{item['title']} ({n})"} for n in range(1, COPIES)]


@pytest.fixture(scope="module")
def replay(shared: Path, tmp_path_factory):
    """The real sources, in which what is kept stands many times."""
    items = json.loads((shared / "replay" / "items.json").read_text())
    kept = [item for item in items if any(says(item["title"], words) for words in KEEP)]
    file = tmp_path_factory.mktemp("many") / "items.json"
    file.write_text(json.dumps([*items, *(copy for item in kept for copy in copies(item))]))
    served = Replay(shared / "replay").start("2025-12-09", file)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def corrupted(machine: Machine, replay: Replay, tmp_path_factory) -> Outcome:
    told = machine.vectora("local", "model", "--corrupt", "0.2")
    assert told.returncode == 0, told.stderr
    arguments = ("lai_weekly", "--as-of", "2025-12-10", "--period-days", "90")
    output = tmp_path_factory.mktemp("corrupted") / "out"
    return run(machine, output, *arguments, VECTORA_FETCH_GATEWAY=replay.origin)


def test_the_report_counts_what_was_refused(corrupted):
    assert corrupted.process.returncode == 0, corrupted.text
    assert sum(corrupted.report["refused"].values()) > 0
    assert "Refused as not grounded" in corrupted.process.stdout


def test_nothing_invented_is_printed(corrupted):
    for name in ("newsletter.md", "newsletter.html", "newsletter.txt", "newsletter.json"):
        text = (corrupted.folder / name).read_text()
        assert INVENTED_NAME not in text
        assert INVENTED_NUMBER not in text
        assert "```" not in text


def test_every_entity_and_number_stands_in_the_article(corrupted, replay):
    tree = load_tree(DirectorySource(CONFIG))
    sources = {canonical_url(item["url"]): item for item in replay.items}
    assert corrupted.items
    for item in corrupted.items:
        source = sources[canonical_url(item["url"])]
        text = " ".join((source["title"], source["deck"], source["listing_text"], source["published"]))
        assert ungrounded_names(item, text, tree) == []
        assert numbers(item["summary"]) <= numbers(text)
