"""Schedules in EventBridge Scheduler (moto): written, kept, changed and removed, in the clients' own group alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws

from cli.schedules import next_runs, plan, reconcile
from cli.schedules_store import Schedules
from tests.unit.cli.test_schedules import WEEKLY, client

REGION = "eu-west-3"


class Stack:
    """A stack with what these commands need of it."""

    outputs: ClassVar[dict[str, str]] = {
        "ScheduleGroupName": "clients",
        "IngestFunctionArn": "arn:aws:lambda:eu-west-3:123456789012:function:ingest",
        "SchedulerRoleArn": "arn:aws:iam::123456789012:role/scheduler",
        "IngestFailureQueueArn": "arn:aws:sqs:eu-west-3:123456789012:failures",
    }

    def client(self, service: str, config: Any = None) -> Any:
        return boto3.client(service, region_name=REGION)


@pytest.fixture
def store(monkeypatch) -> Iterator[Schedules]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        boto3.client("scheduler", region_name=REGION).create_schedule_group(Name="clients")
        yield Schedules(Stack())


def push(store, *clients):
    """What a push does; returns the verbs."""
    changes = reconcile(plan(clients, store.wiring), store.stored())
    store.apply(changes)
    return [f"{change.verb} {change.name}" for change in changes]


def test_a_push_writes_changes_and_removes_and_then_has_nothing_to_do(store):
    assert push(store, client(collect="rate(6 hours)", edition=WEEKLY)) == ["create lab-collect", "create lab-edition"]
    assert push(store, client(collect="rate(6 hours)", edition=WEEKLY)) == []
    assert push(store, client(edition="cron(0 9 ? * TUE *)")) == ["delete lab-collect", "update lab-edition"]
    assert store.stored()["lab-edition"]["ScheduleExpression"] == "cron(0 9 ? * TUE *)"
    assert push(store) == ["delete lab-edition"]
    assert store.stored() == {}


def test_the_stored_schedule_runs_at_eight_on_the_client_s_clock_before_and_after_the_change(store):
    push(store, client(edition=WEEKLY))
    row = store.stored()["lab-edition"]
    runs = next_runs(
        row["ScheduleExpression"], row["ScheduleExpressionTimezone"], datetime(2026, 3, 23, 12, tzinfo=UTC)
    )
    assert [f"{run:%m-%d %H:%M}" for run in runs[:2]] == ["03-30 06:00", "04-06 06:00"]
    before = next_runs(row["ScheduleExpression"], row["ScheduleExpressionTimezone"], datetime(2026, 3, 20, tzinfo=UTC))
    assert f"{before[0]:%m-%d %H:%M}" == "03-23 07:00"


def test_schedules_of_other_groups_are_left_alone(store):
    scheduler = boto3.client("scheduler", region_name=REGION)
    target = {"Arn": Stack.outputs["IngestFunctionArn"], "RoleArn": Stack.outputs["SchedulerRoleArn"]}
    scheduler.create_schedule(
        Name="sweep", ScheduleExpression="rate(5 minutes)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )
    assert push(store) == []
    assert scheduler.get_schedule(Name="sweep")["Name"] == "sweep"
