"""A run is followed to its goal, or fails naming the stage; fakes stand for the stack, time does not pass."""

from dataclasses import replace

import pytest

from cli.errors import StageFailedError, StalledError
from cli.pipeline import Snapshot
from cli.running import Plan, Run, Time
from shared.contracts.events import IngestEvent
from shared.storage.batches import Batch

OPEN = Batch("lab", "edition-1", "edition", "open", 2, 0, 0, 0, "2030-01-01", "send", False, None)
COMPLETE = replace(OPEN, status="complete", done=2)
PLAN = Plan(IngestEvent(client_id="lab", run_id="r1"), "sent", "local", recipients=1)


class Hours:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def time(self):
        return Time(monotonic=lambda: self.now, epoch=lambda: 1_900_000_000.0, sleep=self._sleep)

    def _sleep(self, seconds):
        self.now += seconds


class Shown:
    def __init__(self):
        self.views = []

    def show(self, views):
        self.views.append(views)


class FakePipeline:
    """Plays a list of (batch, edition row) states, the last one for ever."""

    def __init__(self, states, *, error=None, given_up="", logged="", in_flight=0, continued=False):
        self._states, self._error, self._continued = list(states), error, continued
        self._given_up, self._logged, self._in_flight = given_up, logged, in_flight
        self.invoked = []

    def ingest(self, event):
        self.invoked.append(event)
        if self._error:
            raise self._error
        return {"items_queued": 2, "continued": self._continued}

    def snapshot(self, client_id, kind, run_id, answer):
        if answer is None:
            return Snapshot(None, None, None)
        batch, edition = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        return Snapshot(answer, batch, edition)

    def failed_items(self, batch):
        return {"a" * 20: "model refused"}

    def given_up(self, stage, marks):
        return self._given_up

    def logged_error(self, stage, since_ms):
        return self._logged

    def in_flight(self, stage):
        return self._in_flight


def run(pipeline, diagnosis=lambda: None, plan=PLAN):
    hours = Hours()
    try:
        return Run(pipeline, plan, diagnosis, hours.time())(Shown()), hours
    except (StageFailedError, StalledError) as error:
        error.after = hours.now
        raise


def test_a_run_ends_when_its_edition_is_sent_and_invokes_ingest_once():
    sent = {"status": "sent", "edition_id": "ed-1"}
    pipeline = FakePipeline([(OPEN, None), (COMPLETE, None), (COMPLETE, {"status": "draft"}), (COMPLETE, sent)])
    result, _ = run(pipeline)
    assert result.edition == sent
    assert len(pipeline.invoked) == 1


def test_an_error_of_ingest_is_the_run_s_error():
    with pytest.raises(StageFailedError, match="ingest failed: no source answered"):
        run(FakePipeline([(None, None)], error=StageFailedError("ingest", "no source answered")))


@pytest.mark.parametrize(
    ("state", "stage"),
    [((OPEN, None), "normalize"), ((COMPLETE, None), "engine"), ((COMPLETE, {"status": "draft"}), "publisher")],
)
def test_a_cut_wire_fails_the_run_within_ten_seconds_and_names_the_stage(state, stage):
    with pytest.raises(StalledError, match=f"{stage} stalled: {stage} gets no messages. Next: ") as caught:
        run(FakePipeline([state]), diagnosis=lambda: f"{stage} gets no messages")
    assert caught.value.stage == stage
    assert caught.value.after <= 10


def test_a_cut_wire_behind_the_stage_that_works_does_not_end_the_run_early():
    with pytest.raises(StalledError, match="normalize stalled: nothing moved for 60 s"):
        run(FakePipeline([(OPEN, None)]), diagnosis=lambda: "publisher gets no messages")


def test_a_stage_that_gave_up_is_quoted():
    with pytest.raises(StageFailedError, match="engine failed: no price for model"):
        run(FakePipeline([(COMPLETE, None)], given_up="no price for model"))


def test_the_engine_s_logged_error_ends_the_run_before_it_would_stall():
    with pytest.raises(StageFailedError, match="engine failed: KeyError") as caught:
        run(FakePipeline([(COMPLETE, None)], logged="KeyError: 'x'"))
    assert caught.value.after < PLAN.stall_after


def test_a_logged_error_of_normalize_is_told_only_when_the_run_stands_still():
    with pytest.raises(StageFailedError, match="normalize failed: throttled") as caught:
        run(FakePipeline([(OPEN, None)], logged="throttled"))
    assert caught.value.after >= PLAN.stall_after


def test_a_slow_model_is_waited_for_while_messages_are_in_flight():
    with pytest.raises(StalledError) as caught:
        run(FakePipeline([(OPEN, None)], in_flight=2))
    assert caught.value.after >= 5 * PLAN.stall_after


@pytest.mark.parametrize("goal", ["sent", "collected"])
def test_a_batch_in_which_nothing_worked_fails_with_its_reason(goal):
    with pytest.raises(StageFailedError, match="normalize failed: all 2 items failed, the first with: model refused"):
        run(FakePipeline([(replace(COMPLETE, done=0, failed=2), None)]), plan=replace(PLAN, goal=goal))


def test_a_batch_whose_items_failed_but_are_in_the_lake_already_still_becomes_an_edition():
    lost = replace(COMPLETE, done=0, failed=2)
    result, _ = run(FakePipeline([(lost, None), (lost, {"status": "building"}), (lost, {"status": "sent"})]))
    assert result.edition == {"status": "sent"}


def test_a_run_that_goes_on_in_another_invocation_is_followed_to_its_end_however_long_that_takes():
    sent = {"status": "sent", "edition_id": "ed-1"}
    pipeline = FakePipeline([*[(None, None)] * 2000, (OPEN, None), (COMPLETE, sent)], continued=True)
    result, hours = run(pipeline)
    assert result.edition == sent
    assert hours.now >= 1000
    assert len(pipeline.invoked) == 1


def test_a_continuation_that_gave_up_is_quoted():
    with pytest.raises(StageFailedError, match="ingest failed: the time was too short"):
        run(FakePipeline([(None, None)], continued=True, given_up="the time was too short"))


def test_a_continuation_of_which_nothing_is_heard_stalls_in_the_end():
    with pytest.raises(StalledError, match="ingest stalled: nothing moved for 3600 s"):
        run(FakePipeline([(None, None)], continued=True))
