"""Where a run stands, decided from what is known of it."""

from dataclasses import replace

import pytest

from cli.follow import BUSY_PATIENCE, StallWatch, lost, next_step, undeliverable, views, waiting_for
from cli.pipeline import Snapshot
from cli.progress import counts
from services.ingest.progress import Decided, Progress, ReadSource
from shared.contracts.batch import SeenItem, SourceReport, Window
from shared.storage.batches import Batch

ANSWER = {"items_queued": 4}
OPEN = Batch("lab", "edition-1", "edition", "open", 4, 1, 0, 0, "2030-01-01", "send", False, None)
COMPLETE = replace(OPEN, status="complete", done=3, failed=1)
SOURCES = (
    SourceReport(source_key="a", source_name="A", source_type="rss", status="ok"),
    SourceReport(source_key="b", source_name="B", source_type="rss", status="failed", error="404"),
)


CONTINUED = {"items_queued": 0, "continued": True}


def reading(sources=SOURCES, decided=0, **counts):
    """Ingest's progress so far, of three sources."""
    read = tuple(ReadSource(source_key=one.source_key, entries=(), report=one) for one in sources)
    seen = tuple(
        Decided(
            seen=SeenItem(
                item_id=str(n), url="https://example.org/", title="T", published=None, source_key="a", dispositions=()
            ),
            source_key="a",
        )
        for n in range(decided)
    )
    window = Window.model_validate({"from": "2030-01-01", "to": "2030-01-08"})
    return Progress(
        config_release="r", as_of="2030-01-08", window=window, last="2030-01-08", sources=read, decided=seen,
        **{"sources_in_all": 3, **counts},
    )  # fmt: skip


def snapshot(answer=ANSWER, batch=COMPLETE, status=None, **edition):
    row = {"status": status, "edition_id": "ed-1", **edition} if status else None
    return Snapshot(answer, batch, row, (), SOURCES)


@pytest.mark.parametrize(
    ("state", "goal", "stage"),
    [
        (snapshot(answer=None, batch=None), "sent", "ingest"),
        (snapshot(answer=None), "sent", "ingest"),
        (snapshot(batch=None), "sent", "normalize"),
        (snapshot(CONTINUED, batch=None), "sent", "ingest"),
        (snapshot(CONTINUED, batch=OPEN), "sent", "normalize"),
        (snapshot(CONTINUED), "collected", None),
        (snapshot(batch=OPEN), "sent", "normalize"),
        (snapshot(batch=OPEN), "collected", "normalize"),
        (snapshot(), "collected", None),
        (snapshot(), "sent", "engine"),
        (snapshot(status="building"), "draft", "engine"),
        (snapshot(status="draft"), "draft", None),
        (snapshot(status="draft"), "sent", "publisher"),
        (snapshot(status="sending"), "sent", "publisher"),
        (snapshot(status="sent"), "sent", None),
        (snapshot(status="approved"), "sent", "publisher"),
        (snapshot(status="superseded"), "sent", None),
    ],
)
def test_the_stage_that_a_run_waits_for(state, goal, stage):
    assert waiting_for(state, goal) == stage


def test_a_completed_batch_without_one_normalized_item_is_a_failure_and_never_a_quiet_week():
    assert lost(replace(COMPLETE, done=0, failed=4))
    assert not lost(COMPLETE)
    assert not lost(replace(COMPLETE, expected=0, done=0, failed=0))
    assert not lost(replace(OPEN, done=0, failed=3))


def test_each_stage_shows_what_is_queued_done_and_failed():
    ingest, normalize, engine, publisher = views(snapshot(batch=replace(OPEN, failed=1)), "sent", recipients=2)
    assert (ingest.total, ingest.done, ingest.failed, ingest.state) == (2, 1, 1, "done")
    assert (normalize.total, normalize.done, normalize.failed, normalize.queued) == (4, 1, 1, 2)
    assert (engine.state, engine.queued) == ("waiting", 1)
    assert (publisher.state, publisher.total) == ("waiting", 2)


def test_stages_after_the_goal_are_skipped():
    assert [view.state for view in views(snapshot(), "collected", 2)] == ["done", "done", "skipped", "skipped"]
    assert views(snapshot(status="draft"), "draft", 2)[3].state == "skipped"


def test_a_run_stands_still_only_while_nothing_changes():
    watch = StallWatch(limit=60, started=0)
    assert watch.idle(snapshot(batch=OPEN), now=10) == 0
    assert watch.idle(snapshot(batch=OPEN), now=40) == 30
    assert watch.idle(snapshot(batch=replace(OPEN, done=2)), now=50) == 0
    assert watch.idle(snapshot(batch=replace(OPEN, done=2)), now=111) == 61


def test_messages_in_flight_lengthen_patience():
    watch = StallWatch(limit=60, started=0)
    assert watch.stalled(60, busy=False)
    assert not watch.stalled(60, busy=True)
    assert watch.stalled(60 * BUSY_PATIENCE, busy=True)


def test_the_publisher_s_own_notice_of_failure_ends_the_run():
    told = {"notified_failed_at": "2030-01-01T00:00:00Z", "failure": "SES refuses the sender"}
    failed = replace(snapshot(status="sending", **told), deliveries=({"sk": "r1", "reason": "not verified"},))
    assert undeliverable(failed, "dev") == (
        "SES refuses the sender; not verified. "
        "Next: repair that, then `vectora dlq replay --queue publisher --stack dev` sends the edition."
    )
    assert undeliverable(snapshot(status="sending"), "dev") == ""
    assert undeliverable(replace(failed, edition={**failed.edition, "status": "sent"}), "dev") == ""


def test_an_edition_that_stepped_back_says_so_in_the_publishers_words():
    note = "not sent: 1 of its items are in edition ed-2; rebuild it for the others"
    row = {"notified_failed_at": "2030-01-01T00:00:00Z", "failure": note}
    assert undeliverable(snapshot(status="superseded", **row), "local") == note


@pytest.mark.parametrize("stage", ["ingest", "normalize", "engine", "publisher"])
def test_every_stage_has_a_next_step_and_only_the_local_stack_is_deployed_anew(stage):
    assert "vectora local up" in next_step(stage, "local")
    assert "vectora local up" not in next_step(stage, "prod")


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        (None, "reading sources"),
        (reading(), "1/3 sources, 1 failed, 1 to read"),
        (reading(decided=2, sources_in_all=2, articles_in_all=5), "2/5 articles, 3 to read"),
    ],
)
def test_an_ingest_that_goes_on_elsewhere_shows_what_it_has_read(progress, shown):
    state = Snapshot(CONTINUED if progress else None, None, None, progress=progress)
    ingest, normalize, *_ = views(state, "sent", 1)
    assert (ingest.state, counts(ingest), normalize.state) == ("running", shown, "waiting")


def test_an_ingest_that_goes_on_elsewhere_moves_with_what_it_has_read():
    watch = StallWatch(limit=60, started=0)
    assert watch.idle(Snapshot(CONTINUED, None, None, progress=reading()), now=10) == 0
    assert watch.idle(Snapshot(CONTINUED, None, None, progress=reading()), now=40) == 30
    assert watch.idle(Snapshot(CONTINUED, None, None, progress=reading(decided=1)), now=50) == 0
