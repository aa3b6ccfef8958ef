"""Schedules of clients: what is asked for, what a reconciliation changes, and when runs start across clock changes."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cli.schedules import RUN_ID, Change, Wiring, next_runs, plan, reconcile
from shared.config.client import ClientConfig
from shared.contracts.events import IngestEvent
from shared.errors import ConfigError

WIRING = Wiring("group", "arn:ingest", "arn:role", "arn:failures")
WEEKLY = "cron(0 8 ? * MON *)"


def client(client_id="lab", zone="Europe/Paris", **schedule):
    return ClientConfig.model_validate(
        {
            "client_profile": {"client_id": client_id, "name": client_id, "timezone": zone},
            "schedule": schedule,
            "watch_domains": [{"id": "d", "type": "technology"}],
            "source_config": {},
            "newsletter_layout": {"sections": [{"id": "s", "title": "S"}]},
            "newsletter_delivery": {"from_address": "lab@example.org"},
        }
    )


def stored(planned):
    """GetSchedule's answers after these were created."""
    return {one.name: {"Name": one.name, "GroupName": "group", "Arn": "arn:one", **one.body} for one in planned}


def test_a_client_gets_a_schedule_for_each_of_its_rhythms_in_its_own_time_zone():
    planned = plan([client(collect="rate(6 hours)", edition=WEEKLY), client("quiet")], WIRING)
    assert [(one.name, one.expression, one.timezone) for one in planned] == [
        ("lab-collect", "rate(6 hours)", "Europe/Paris"),
        ("lab-edition", WEEKLY, "Europe/Paris"),
    ]


def test_a_schedule_starts_ingest_once_and_leaves_what_it_cannot_hand_over_in_the_failure_queue():
    (planned,) = plan([client(edition=WEEKLY)], WIRING)
    target = planned.body["Target"]
    assert (target["Arn"], target["RoleArn"], target["DeadLetterConfig"]) == (
        "arn:ingest",
        "arn:role",
        {"Arn": "arn:failures"},
    )
    assert planned.body["FlexibleTimeWindow"] == {"Mode": "OFF"}
    event = json.loads(target["Input"])
    assert event == {"client_id": "lab", "kind": "edition", "run_id": RUN_ID}
    IngestEvent.model_validate(event)


def test_repeated_attempts_of_one_occurrence_have_one_run_id():
    """Scheduler's execution id differs from attempt to attempt; the scheduled time does not."""
    assert RUN_ID == "<aws.scheduler.scheduled-time>"


def test_a_reconciliation_of_what_is_stored_changes_nothing():
    planned = plan([client(collect="rate(6 hours)", edition=WEEKLY)], WIRING)
    assert reconcile(planned, stored(planned)) == ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (client(edition="cron(0 9 ? * MON *)"), "ScheduleExpression"),
        (client(edition=WEEKLY, zone="Asia/Tokyo"), "ScheduleExpressionTimezone: Europe/Paris becomes Asia/Tokyo"),
    ],
)
def test_a_changed_rhythm_or_time_zone_is_updated(changed, told):
    before = stored(plan([client(edition=WEEKLY)], WIRING))
    (change,) = reconcile(plan([changed], WIRING), before)
    assert (change.verb, change.name) == ("update", "lab-edition")
    assert told in change.why


@pytest.mark.parametrize("field", ["Arn", "RoleArn", "Input", "DeadLetterConfig", "RetryPolicy"])
def test_a_schedule_whose_target_was_changed_by_hand_is_mended(field):
    planned = plan([client(edition=WEEKLY)], WIRING)
    row = stored(planned)["lab-edition"]
    row["Target"] = {**row["Target"], field: "something else"}
    assert [change.verb for change in reconcile(planned, {"lab-edition": row})] == ["update"]


def test_schedules_of_a_client_that_is_gone_are_deleted():
    before = stored(plan([client("gone", edition=WEEKLY), client(edition=WEEKLY)], WIRING))
    changes = reconcile(plan([client(edition=WEEKLY)], WIRING), before)
    assert changes == (Change("delete", "gone-edition", "no client asks for it"),)


def test_names_stay_within_scheduler_s_limit_and_apart():
    names = {one.name for one in plan([client("a" * 60 + x, edition=WEEKLY) for x in "bc"], WIRING)}
    assert len(names) == 2
    assert max(map(len, names)) <= 64


@pytest.mark.parametrize(
    "wrong", ["every monday", "cron(0 8 * * MON *)", "cron(61 8 ? * MON *)", "rate(0 hours)", "cron(0 8 ? * MON)"]
)
def test_an_expression_that_would_never_run_is_refused_naming_client_and_field(wrong):
    with pytest.raises(ConfigError, match=r"clients/lab\.yaml: schedule\.edition"):
        plan([client(edition=wrong)], WIRING)


def walls(expression, zone, after, count):
    """Next runs on the client's clock, with the offset from UTC."""
    return [f"{run.astimezone(ZoneInfo(zone)):%m-%d %H:%M %z}" for run in next_runs(expression, zone, after, count)]


def test_monday_at_eight_stays_at_eight_when_the_clocks_change():
    spring = walls(WEEKLY, "Europe/Paris", datetime(2026, 3, 20, tzinfo=UTC), 3)
    assert spring == ["03-23 08:00 +0100", "03-30 08:00 +0200", "04-06 08:00 +0200"]
    autumn = walls(WEEKLY, "America/New_York", datetime(2026, 10, 26, tzinfo=UTC), 3)
    assert autumn == ["10-26 08:00 -0400", "11-02 08:00 -0500", "11-09 08:00 -0500"]


def test_a_wall_clock_time_that_does_not_exist_is_skipped_and_one_that_comes_twice_runs_once():
    nightly = "cron(30 2 * * ? *)"
    spring = walls(nightly, "Europe/Paris", datetime(2026, 3, 27, 12, tzinfo=UTC), 3)
    assert spring == ["03-28 02:30 +0100", "03-30 02:30 +0200", "03-31 02:30 +0200"]
    autumn = walls(nightly, "Europe/Paris", datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    assert autumn == ["10-25 02:30 +0200", "10-26 02:30 +0100"]


def test_a_rate_does_not_know_time_zones():
    runs = next_runs("rate(6 hours)", "Europe/Paris", datetime(2026, 3, 28, 22, tzinfo=UTC), 2)
    assert [run.hour for run in runs] == [4, 10]


def test_an_expression_that_never_runs_again_has_no_next_run():
    assert next_runs("cron(0 8 ? * MON 2020)", "Europe/Paris", datetime(2026, 3, 1, tzinfo=UTC)) == []
