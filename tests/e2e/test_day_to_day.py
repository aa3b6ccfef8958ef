"""What reaches the operator without asking: one id through all logs, records and mails, and the weekly digest."""

import email
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from shared.contracts.batch import Manifest, Marker
from shared.contracts.delivery import DeliveryReport
from shared.storage import keys
from shared.storage.editions import Editions
from shared.storage.objects import S3Objects, get_model
from shared.storage.table import StateTable
from tests.e2e.support import Machine, Outcome, run

SERVICES = ("ingest", "normalize", "engine", "publisher")
SECONDS = 300


def until(holds: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """The first true answer. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.5)
    return answer


@pytest.fixture(scope="module")
def inbox(machine: Machine) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """An operator's subscription: what NotificationTopic said so far, each call the news."""
    stack = machine.stack()
    sqs, sns = stack.client("sqs"), stack.client("sns")
    url = sqs.create_queue(QueueName="operator-inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=stack.outputs["NotificationTopicArn"], Protocol="sqs", Endpoint=arn)

    def news() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for one in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in found]

    yield news
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture(scope="module")
def made(machine: Machine, inbox: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    done = run(machine, tmp_path_factory.mktemp("traced") / "out", "demo")
    assert done.process.returncode == 0, done.text
    return done


def log_lines(stack: Stack, service: str) -> list[dict[str, Any]]:
    """The structured lines of a service's log group."""
    logs, group = stack.client("logs"), f"/aws/lambda/{stack.outputs[f'{service.capitalize()}FunctionName']}"
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    texts = [line for page in pages for event in page["events"] for line in event["message"].splitlines()]
    found = [json.loads(text) for text in texts if text.startswith("{")]
    return [one for one in found if "level" in one]


@pytest.fixture(scope="module")
def records(machine: Machine) -> tuple[StateTable, S3Objects, S3Objects]:
    stack = machine.stack()
    s3 = stack.client("s3")
    table = StateTable(machine.resource("dynamodb"), stack.outputs["StateTableName"])
    buckets = (S3Objects(s3, stack.outputs[name]) for name in ("DataBucketName", "NewslettersBucketName"))
    return (table, *buckets)


def test_one_id_finds_a_run_in_every_services_log(machine: Machine, made: Outcome) -> None:
    batch = made.report["batch_id"]
    for service in SERVICES:
        lines = until(lambda service=service: with_statistics(machine.stack(), service, batch))
        assert all(line["commit"] != "unbuilt" for line in lines)
        texts = json.dumps(lines)
        assert "@example" not in texts
        assert not any(item["summary"][:60] in texts for item in made.items)
        ends = [line for line in lines if line.get("stage") == service]
        assert ends
        assert service == "normalize" or len(ends) == 1, "one statistics line a run"
    batches = [line for line in log_lines(machine.stack(), "normalize") if line.get("stage") == "batch"]
    assert [line["correlation_id"] for line in batches].count(batch) == 1


def with_statistics(stack: Stack, service: str, batch: str) -> list[dict[str, Any]]:
    """The service's lines of the run, once its statistics are among them."""
    mine = [line for line in log_lines(stack, service) if batch in str(line.get("correlation_id", "")).split()]
    return mine if any(line.get("stage") == service for line in mine) else []


def test_the_same_id_is_in_records_messages_and_mails(
    machine: Machine,
    made: Outcome,
    inbox: Callable[[], list[dict[str, Any]]],
    records: tuple[StateTable, S3Objects, S3Objects],
) -> None:
    table, data, newsletters = records
    batch, edition_id = made.report["batch_id"], made.newsletter["edition_id"]
    assert get_model(data, keys.manifest("demo", batch), Manifest).batch_id == batch
    assert get_model(data, keys.marker("demo", batch, "edition"), Marker).batch_id == batch
    row = Editions(table, None).get("demo", edition_id)
    assert row["correlation_id"] == batch
    delivered = get_model(newsletters, f"{row['prefix']}/delivery.json", DeliveryReport)
    assert delivered.correlation_id == batch
    assert made.mails
    for path in made.mails:
        assert email.message_from_bytes(path.read_bytes())["X-Vectora-Correlation-Id"] == batch
    notice = until(lambda: [one for one in inbox() if edition_id in one["Message"]])[0]
    assert notice["MessageAttributes"]["correlation_id"]["Value"] == batch


def test_the_weekly_digest_arrives_by_its_schedule(
    machine: Machine, made: Outcome, inbox: Callable[[], list[dict[str, Any]]]
) -> None:
    stack = machine.stack()
    scheduler = stack.client("scheduler")
    found = [scheduler.get_schedule(Name=one["Name"]) for one in scheduler.list_schedules()["Schedules"]]
    (stored,) = [one for one in found if "digest" in one["Target"].get("Input", "")]
    assert stored["ScheduleExpression"] == "cron(0 7 ? * MON *)"
    fields = ("Name", "Target", "FlexibleTimeWindow")
    scheduler.update_schedule(ScheduleExpression="rate(1 minute)", **{name: stored[name] for name in fields})
    try:
        arrived = until(lambda: [one for one in inbox() if "week to" in one.get("Subject", "")])
    finally:
        scheduler.update_schedule(ScheduleExpression=stored["ScheduleExpression"], **{n: stored[n] for n in fields})
    assert arrived[0]["MessageAttributes"]["kind"]["Value"] == "digest"
    text = arrived[0]["Message"]
    assert f"demo: {made.newsletter['edition_id']}" in text
    assert f"{len(made.items)} items, 2 readers" in text
    assert "@" not in text


def test_the_digest_can_be_looked_at_any_time(machine: Machine, made: Outcome, tmp_path: Path) -> None:
    shown = machine.vectora("digest")
    assert shown.returncode == 0, shown.stderr
    assert made.newsletter["edition_id"] in shown.stdout
