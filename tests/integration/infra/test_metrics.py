"""Each of the services' own metrics that the template's alarms and dashboard use, emitted by its cause."""

import ast
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, get_args

import boto3
import pytest

from services.engine import handler as engine
from services.engine.adapters import BedrockWriter
from services.engine.errors import WritingError
from services.engine.prompt import Prompt
from services.ingest import handler as ingest
from services.normalize import handler as normalize
from services.normalize import sweeper
from services.normalize.settings import Settings
from services.publisher import handler as publisher
from services.publisher import links
from services.publisher.delivery import Action
from services.publisher.errors import MailThrottledError, RetryLaterError
from services.publisher.feedback import CONNECTED, Kind
from shared.bedrock.converse import Model
from shared.config.rules import ModelPrice
from shared.config.sources import DirectorySource
from shared.config.store import S3ConfigStore
from shared.contracts.events import Answer
from shared.errors import InputError
from shared.observability import metrics
from shared.signing import Purpose
from shared.storage import keys
from shared.storage.sources import Health, SourceMemory
from tests.integration.normalize.stack import DEADLINE, Stack, record
from tests.unit.bedrock.fakes import ScriptedBedrock, Time, bedrock_error, tool_answer
from tests.unit.infra.template import TEMPLATE as TEMPLATE_FILE
from tests.unit.infra.template import load, parameters, resolve
from tests.unit.normalize.trees import MODEL_ID, good_answer, raw_item
from tests.unit.publisher.fakes import World, message
from tests.unit.publisher.test_links import FORM, Office
from tests.unit.publisher.test_readership import event as ses_event
from tests.unit.publisher.test_readership import request

CLIENT = "lai_weekly"
THROTTLED = bedrock_error("ThrottlingException", 429)
TEMPLATE = load()
SERVICES = TEMPLATE_FILE.parents[2] / "services"


@dataclass
class Context:
    function_name: str = "sweeper"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-3:000000000000:function:sweeper"
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def stack(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    boto3.client("s3").create_bucket(
        Bucket="test-config", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"}
    )
    values = {
        "ENV": "dev",
        "CONFIG_BUCKET": "test-config",
        "DATA_BUCKET": "data",
        "STATE_TABLE": "state",
        "RAW_QUEUE_URL": aws.queue_url,
        "RAW_DLQ_URL": aws.dlq_url,
        "ENGINE_FUNCTION": "engine",
        "NOTIFICATION_TOPIC_ARN": boto3.client("sns").create_topic(Name="notifications")["TopicArn"],
        "FAILURE_QUEUE_URLS": f"raw={aws.dlq_url},ingest={aws.dlq_url}",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    sweeper.build.cache_clear()
    return aws


Emitted = Callable[[], dict[str, float]]


@pytest.fixture
def emitted(capsys: pytest.CaptureFixture[str]) -> Emitted:
    """The metrics that were printed since the last look, summed by name. What other tests left unprinted is dropped."""
    metrics.clear_metrics()

    def read() -> dict[str, float]:
        if metrics.metric_set:
            metrics.flush_metrics()
        found: dict[str, float] = {}
        for line in capsys.readouterr().out.splitlines():
            if '"_aws"' in line:
                blob = json.loads(line)
                (declared,) = blob["_aws"]["CloudWatchMetrics"]
                assert declared["Namespace"] == "VectoraInbox"
                assert [set(one) for one in declared["Dimensions"]] == [{"service", "environment"}]
                for metric in declared["Metrics"]:
                    found[metric["Name"]] = found.get(metric["Name"], 0) + sum(blob[metric["Name"]])
        return found

    return read


def test_throttled_calls_retries_and_final_failures(stack: Stack, emitted: Emitted) -> None:
    sent = stack.open_batch(*[raw_item(url=f"https://example.org/{n}") for n in range(2)])
    bedrock = ScriptedBedrock(*[THROTTLED] * 4, tool_answer(good_answer()))
    _, first, counts = stack.invoke(bedrock, record(sent[0], message_id="a"))
    normalize._publish(first, counts, Settings.load(), 1)
    failures = emitted_like(BedrockCalls=4, BedrockThrottles=4, BedrockRetries=3, BedrockFinalFailures=1)
    assert emitted() == failures
    _, second, counts = stack.invoke(bedrock, record(sent[1], message_id="b"))
    normalize._publish(second, counts, Settings.load(), 1)
    told = emitted()
    assert (told["BedrockCalls"], told["ItemsNormalized"], told["InputTokens"]) == (1, 1, 1000)
    assert told["CostUsd"] > 0


def emitted_like(**numbers: float) -> dict[str, float]:
    """What an invocation of normalize emits that came to nothing, with `numbers` in it."""
    names = ("ItemsNormalized", "ItemsFailed", "InputTokens", "OutputTokens", "CostUsd", "UngroundedRefused")
    return dict.fromkeys(names, 0.0) | numbers


def test_names_that_no_text_supports(stack: Stack, emitted: Emitted) -> None:
    (sent,) = stack.open_batch(raw_item())
    invented = tool_answer(good_answer(molecules=["brivastatin", "inventumab"]))
    _, invocation, counts = stack.invoke(ScriptedBedrock(invented), record(sent))
    normalize._publish(invocation, counts, Settings.load(), 1)
    assert emitted()["UngroundedRefused"] == 1


def test_dead_letters_that_return_are_dropped_and_stay(stack: Stack, emitted: Emitted) -> None:
    throttled, done, refused, _open = stack.open_batch(*[raw_item(url=f"https://example.org/{n}") for n in range(4)])
    stack.invoke(ScriptedBedrock(THROTTLED), record(throttled, 5))
    stack.invoke(ScriptedBedrock(tool_answer(good_answer())), record(done))
    stack.invoke(ScriptedBedrock(bedrock_error("AccessDeniedException", 403)), record(refused))
    for letter in (throttled, done, refused):
        stack.sqs.send_message(QueueUrl=stack.dlq_url, MessageBody=letter.model_dump_json())
    sweeper.handler({}, Context())
    told = emitted()
    assert {told[f"DeadLetters{name}"] for name in ("Returned", "Dropped", "Left")} == {1}


def test_a_batch_past_its_deadline(stack: Stack, emitted: Emitted) -> None:
    stack.open_batch(raw_item())
    assert stack.time.now() + timedelta(seconds=DEADLINE) < datetime.now(UTC), "the sweeper's own clock is real"
    sweeper.handler({}, Context())
    assert emitted()["BatchesPastDeadline"] == 1
    sweeper.handler({}, Context())
    assert emitted()["BatchesPastDeadline"] == 0


def watched(stack: Stack) -> str:
    """A release with the checkout's own configuration, and the key of a source of CLIENT."""
    store = S3ConfigStore(boto3.client("s3"), "test-config")
    release = store.push(DirectorySource(TEMPLATE_FILE.parents[2] / "config").files())
    tree = store.load(release)
    assert tree.client(CLIENT).schedule.edition
    return tree.sources_for(tree.client(CLIENT))[0].source_key


def test_an_edition_that_never_came_a_used_budget_and_a_source_that_went_silent(stack: Stack, emitted: Emitted) -> None:
    source = watched(stack)
    sweeper.handler({"duty": "watch"}, Context())
    assert emitted() == {"EditionsOverdue": 0, "BudgetUsedPercent": 0, "SourcesSilent": 0, "SourcesFailing": 0}
    now = datetime.now(UTC)
    old = (now - timedelta(days=40)).isoformat()
    stack.table.put(keys.edition(CLIENT, "e-1"), {"status": "sent", "sent_at": old})
    stack.table.put(keys.spend(CLIENT, now.strftime("%Y-%m")), {"spent": 1_000_000})
    memory = SourceMemory(stack.table, stack.objects)
    memory.save(source, Health(newest_at=old, failures=3))
    body = sweeper.handler({"duty": "watch"}, Context())["body"]
    assert (body["overdue"], body["silent"], body["failing"]) == ((CLIENT,), (source,), (source,))
    told = emitted()
    assert told.pop("BudgetUsedPercent") > 100
    assert told == {"EditionsOverdue": 1, "SourcesSilent": 1, "SourcesFailing": 1}


def test_what_ingest_counts(emitted: Emitted) -> None:
    counts = {"client_id": CLIENT, "items_queued": 3, "items_filtered_out": 9, "sources_failed": ["a", "b"]}
    ingest._measure(Answer(statusCode=200, body=counts))
    told = emitted()
    assert (told["ItemsQueued"], told["ItemsFilteredOut"], told["SourcesFailed"]) == (3, 9, 2)


def test_what_the_engine_counts(emitted: Emitted) -> None:
    engine._counted(Answer(statusCode=200, body={"items_analyzed": 7, "items_selected": 2}))
    assert emitted() == {"ItemsAnalyzed": 7, "ItemsSelected": 2}


def test_a_throttled_editorial_is_counted_apart_from_normalize(emitted: Emitted) -> None:
    time = Time()
    model = Model(
        ScriptedBedrock(*[THROTTLED] * 4),
        "eu-west-3",
        MODEL_ID,
        time,
        counts=engine.CALLS,
        pause=time.pause,
        jitter=lambda _low, high: high,
    )
    prompt = Prompt(system="s", facts="f", ids={}, texts=False)
    with pytest.raises(WritingError, match="Throttled"):
        BedrockWriter(model).write(prompt, ModelPrice(input_per_million=1, output_per_million=1), time.deadline(100))
    engine.count_calls()
    told = {"Calls": 4, "Throttles": 4, "Retries": 3, "FinalFailures": 1}
    assert emitted() == {f"Newsletter{name}": number for name, number in told.items()}
    engine.count_calls()
    assert set(emitted().values()) == {0}, "each invocation counts its own"


def test_a_delivery_that_fails(emitted: Emitted) -> None:
    nobody: Any = None
    message: Any = SimpleNamespace(body="{}", message_id="m-1", receipt_handle="r-1")
    with pytest.raises(InputError, match="not a message about an edition"):
        publisher.Publisher(nobody, nobody).record(message, Context())  # type: ignore[arg-type]
    assert emitted() == {"DeliveriesFailed": 1}


def deliver(world: World, items: int = 2, body: str = "") -> None:
    """The world's edition, or another body, as the publisher's queue brings it."""
    queue: Any = SimpleNamespace(delay=lambda _receipt, _seconds: None)
    body = body or message(items=items).model_dump_json()
    letter: Any = SimpleNamespace(body=body, message_id="m-1", receipt_handle="r-1")
    publisher.Publisher(world.parts, queue).record(letter, Context())  # type: ignore[arg-type]


def test_editions_that_are_sent_skipped_held_and_paused(emitted: Emitted) -> None:
    world = World()
    deliver(world)
    assert emitted() == {"EditionsSend": 1}
    deliver(world)
    assert emitted() == {"EditionsIgnore": 1}, "sent already"
    deliver(World(items=0, delivery={"quiet_week": "skip"}), items=0)
    assert emitted() == {"EditionsSkip": 1}
    deliver(World(delivery={"mode": "review"}))
    assert emitted() == {"EditionsHold": 1}
    busy = World()
    busy.mailer.trouble["ann@example.org"] = [MailThrottledError("TooManyRequestsException")] * 5
    with pytest.raises(RetryLaterError):
        deliver(busy)
    assert emitted() == {"DeliveriesPaused": 1}


def test_an_edition_that_was_sent_and_not_announced(emitted: Emitted) -> None:
    world = World()
    deliver(world)
    emitted()
    del world.row["notified_sent_at"]  # the function died between the last mail and the word about it
    deliver(world)
    assert emitted() == {"EditionsAnnounce": 1}
    assert world.notices() == ["sent", "sent"]


def test_a_sent_edition_that_goes_out_again(emitted: Emitted) -> None:
    world = World()
    deliver(world)
    emitted()
    deliver(world, body=json.dumps(request()))
    assert emitted() == {"EditionsResent": 1}
    assert "new@example.org" in world.mailer.addresses()


def test_what_ses_tells_of_mails_by_kind(emitted: Emitted) -> None:
    told = {"Send": "Sent", "Delivery": "Delivered", "DeliveryDelay": "Deferred", "Bounce": "Bounced"}
    told |= {"Complaint": "Complained", "Reject": "Rejected", "Rendering Failure": "Rejected"}
    assert {kind.capitalize() for kind in get_args(Kind)} == set(told.values())
    for event, kind in told.items():
        deliver(World(), body=json.dumps(ses_event(event)))
        assert emitted() == {f"Mails{kind}": 1}, event


def test_ses_that_connects_and_tells_of_mails_that_others_sent(emitted: Emitted) -> None:
    deliver(World(), body=json.dumps({"Type": "Notification", "Message": CONNECTED}))
    assert emitted() == {"SesConnected": 1}
    deliver(World(), body=json.dumps({"eventType": "Send", "mail": {"messageId": "1"}}))
    assert emitted() == {"SesEventsOfOthers": 1}


def test_links_that_are_used_and_one_that_fails(emitted: Emitted, monkeypatch: pytest.MonkeyPatch) -> None:
    for purpose in ("approve", "drop", "unsubscribe"):
        office = Office(World(delivery={"mode": "review"}))
        assert office.open(office.link(purpose), "POST", FORM).status == 200
        assert emitted() == {f"Links{purpose.capitalize()}": 1}
    monkeypatch.setattr(links, "_desk", lambda: 1 / 0)
    event = {"requestContext": {"http": {"method": "GET"}}, "rawPath": "/drop"}
    assert links.handler(event, Context())["statusCode"] == 500  # type: ignore[arg-type]
    assert emitted() == {"LinksFailed": 1}


PROVOKED_HERE = {
    *("BedrockCalls", "BedrockThrottles", "BedrockRetries", "BedrockFinalFailures", "ItemsNormalized", "ItemsFailed"),
    *("InputTokens", "OutputTokens", "CostUsd", "UngroundedRefused"),
    *("DeadLettersReturned", "DeadLettersDropped", "DeadLettersLeft", "BatchesPastDeadline", "DigestsSent"),
    *("EditionsOverdue", "BudgetUsedPercent", "SourcesSilent", "SourcesFailing"),
    *("NewsletterCalls", "NewsletterThrottles", "NewsletterRetries", "NewsletterFinalFailures"),
    *("ItemsQueued", "ItemsFilteredOut", "SourcesFailed", "ItemsAnalyzed", "ItemsSelected"),
    *("EditionsSend", "EditionsIgnore", "EditionsSkip", "EditionsHold", "EditionsAnnounce", "EditionsResent"),
    *("DeliveriesFailed", "DeliveriesPaused", "SesConnected", "SesEventsOfOthers"),
    *("MailsSent", "MailsDelivered", "MailsDeferred", "MailsBounced", "MailsComplained", "MailsRejected"),
    *("LinksApprove", "LinksDrop", "LinksUnsubscribe", "LinksFailed"),
}
COMPUTED = {
    "engine/handler.py": {*engine._METRICS.values(), "ItemsAnalyzed", "ItemsSelected"},
    "normalize/handler.py": {name for name in PROVOKED_HERE if name.startswith(("Bedrock", "Items"))}
    - {"ItemsQueued", "ItemsFilteredOut", "ItemsAnalyzed", "ItemsSelected"}
    | {"InputTokens", "OutputTokens", "CostUsd", "UngroundedRefused"},
    "normalize/sweeper.py": {"DeadLettersReturned", "DeadLettersDropped", "DeadLettersLeft"},
    "publisher/handler.py": {
        *(f"Editions{action.capitalize()}" for action in get_args(Action) if action != "wait"),  # told as paused
        *(f"Mails{kind.capitalize()}" for kind in get_args(Kind)),
        *("EditionsResent", "SesConnected", "SesEventsOfOthers"),
    },
    "publisher/links.py": {f"Links{purpose.capitalize()}" for purpose in get_args(Purpose)},
}
"""Metrics whose name is put together, by the file that emits them: from the same types that the code uses."""


def test_the_template_asks_for_no_metric_that_nobody_emits() -> None:
    alarms = [one["Properties"] for one in TEMPLATE["Resources"].values() if one["Type"] == "AWS::CloudWatch::Alarm"]
    stats = [m["MetricStat"]["Metric"] for a in alarms for m in a.get("Metrics", ()) if "MetricStat" in m]
    asked = {one["MetricName"] for one in [*stats, *alarms] if one.get("Namespace") == "VectoraInbox"}
    body = resolve(TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"], parameters(TEMPLATE))
    for widget in json.loads(body)["widgets"]:
        asked |= {m[1] for m in widget["properties"].get("metrics", ()) if m[0] == "VectoraInbox"}
    assert asked <= PROVOKED_HERE


def test_every_metric_that_is_emitted_is_provoked_here_and_no_other() -> None:
    literal, computed = set[str](), dict[str, int]()
    for file in SERVICES.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "add_metric":
                name = call.args[0] if call.args else next(one.value for one in call.keywords if one.arg == "name")
                if isinstance(name, ast.Constant):
                    literal.add(str(name.value))
                else:
                    place = file.relative_to(SERVICES).as_posix()
                    computed[place] = computed.get(place, 0) + 1
    assert computed == dict.fromkeys(COMPUTED, 1) | {"engine/handler.py": 2}, "a place that no test knows"
    assert literal | set().union(*COMPUTED.values()) == PROVOKED_HERE


def test_the_weekly_digest_reaches_whoever_subscribes_to_the_operators_topic(stack: Stack, emitted: Emitted) -> None:
    source = watched(stack)
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    inbox = sqs.create_queue(QueueName="operator")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=os.environ["NOTIFICATION_TOPIC_ARN"], Protocol="sqs", Endpoint=arn)
    now = datetime.now(UTC)
    stack.time.moment = now
    stack.open_batch(raw_item(), client_id=CLIENT)
    edition = {"edition_id": "ed-1", "status": "draft", "started_at": now.isoformat(), "items": 5, "near_misses": []}
    stack.table.put(keys.edition(CLIENT, "ed-1"), edition)
    stack.table.put(keys.spend(CLIENT, now.strftime("%Y-%m")), {"spent": 1.5, "calls": 12})
    gap = (now - timedelta(days=1)).isoformat()
    SourceMemory(stack.table, stack.objects).save(source, Health(newest_at=gap, gaps=(gap,), span_hours=8))
    sqs.send_message(QueueUrl=stack.dlq_url, MessageBody="{}")
    dry = sweeper.handler({"duty": "digest", "dry_run": True}, Context())["body"]
    assert "Messages" not in sqs.receive_message(QueueUrl=inbox)
    sweeper.handler({"duty": "digest"}, Context())
    (letter,) = sqs.receive_message(QueueUrl=inbox)["Messages"]
    mail = json.loads(letter["Body"])
    assert mail["Subject"] == dry["subject"]
    assert mail["MessageAttributes"]["kind"]["Value"] == "digest"
    assert f"{CLIENT}: ed-1" in mail["Message"]
    assert "12 calls" in mail["Message"]
    assert f"{source}: 1 gaps" in mail["Message"]
    assert "1 messages were given up in the raw queue" in mail["Message"]
    assert "@" not in mail["Message"]
    assert emitted()["DigestsSent"] == 1
