"""An edition made anew tells of the run that collected its items; one without a run claims nothing of sources."""

from datetime import timedelta
from typing import Any

import pytest

from cli import edition_actions
from shared.contracts.batch import SourceReport
from shared.contracts.events import EngineEvent
from shared.errors import InputError
from tests.integration.engine.conftest import NOW, World, run_of
from tests.integration.engine.test_engine import APPROVAL, DEAL, REQUEST, edition, report
from tests.unit.cli.test_edition_actions import FakeStack

TOLD = "Not reached: The Night Post. Possible gaps: Glimmerworks newsroom (poll every 5 h)."
SOURCES = [
    SourceReport(
        source_key="glimmer_site",
        source_name="Glimmerworks newsroom",
        source_type="press_corporate",
        status="ok",
        gap=True,
        poll_hours=5.0,
    ),
    SourceReport(
        source_key="night_post",
        source_name="The Night Post",
        source_type="press_sector",
        status="failed",
        error="404",
    ),
]


def rebuild_event(row: dict[str, Any]) -> EngineEvent:
    """What `vectora edition rebuild` asks the engine for."""
    stack = FakeStack({"statusCode": 200, "body": {"edition_id": "ed"}})
    edition_actions.rebuild(stack, row)
    return EngineEvent.model_validate(stack.events[0])


def test_gaps_and_sources_not_reached_survive_every_rebuild(world: World):
    batch = world.batch(APPROVAL, DEAL, sources=SOURCES)
    answer = world.engine.for_batch("nightly", batch, run_of("a"))
    first = edition(world, answer)
    assert first.coverage.endswith(TOLD)
    for number in (1, 2):
        row = world.ports.editions.get("nightly", answer.body["edition_id"])
        engine = world.at(NOW + timedelta(minutes=number))
        answer = engine.for_request(rebuild_event(row), run_of(f"rebuild-{number}"))
        assert answer.body["edition_id"] != row["edition_id"]
        assert edition(world, answer).coverage == first.coverage
        told = report(world, answer)
        assert told.sources == tuple(SOURCES)
        assert told.counts["ingest"]["seen"] == 3
        assert told.cost_usd == pytest.approx(0.02)
    assert world.ports.batches.get("nightly", batch).edition_id == answer.body["edition_id"]
    assert world.ports.batches.unsettled() == []


def test_force_regenerate_without_a_batch_keeps_that_of_the_draft(world: World):
    batch = world.batch(APPROVAL, sources=SOURCES)
    window = {"from_date": "2026-03-02", "to_date": "2026-03-09"}
    named = REQUEST.model_copy(update={**window, "batch_id": batch})
    world.engine.for_request(named, run_of("a"))
    again = REQUEST.model_copy(update={**window, "force_regenerate": True})
    answer = world.at(NOW + timedelta(minutes=1)).for_request(again, run_of("b"))
    assert edition(world, answer).coverage.endswith(TOLD)


def test_an_edition_without_a_run_names_only_sources_that_its_items_came_from(world: World):
    world.fill(DEAL)
    answer = world.engine.for_request(REQUEST, run_of())
    made, told = edition(world, answer), report(world, answer)
    assert made.coverage == "Coverage: 1 company site, 2 March 2026 – 8 March 2026. 1 item seen, 1 printed."
    assert [(one.source_key, one.status, one.listed) for one in told.sources] == [("glimmer_site", "collected", 1)]


def test_a_manifest_that_is_gone_is_no_obstacle_and_no_claim(world: World):
    answer = world.engine.for_batch("nightly", world.batch(DEAL, sources=SOURCES), run_of("a"))
    row = world.ports.editions.get("nightly", answer.body["edition_id"])
    world.s3.delete_object(Bucket="the-data", Key="batches/nightly/edition-run-1/manifest.json")
    again = world.at(NOW + timedelta(minutes=1)).for_request(rebuild_event(row), run_of("b"))
    assert [one.status for one in report(world, again).sources] == ["collected"]


@pytest.mark.parametrize(
    "change", [{"restricted": True}, {"kind": "collect"}, {"window": {"from": "2026-02-23", "to": "2026-03-02"}}]
)
def test_a_batch_of_another_window_is_refused(world: World, change: dict[str, Any]):
    batch = world.batch(DEAL, **change)
    with pytest.raises(InputError, match="did not collect for"):
        world.engine.for_request(REQUEST.model_copy(update={"batch_id": batch}), run_of())
