"""Replaying dead letters on moto's queues: nothing is lost, nothing counts twice, wherever it is interrupted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli import dlq_commands
from cli.dlq import DIED, DONE, QUEUES, UNREADABLE, Letter, grouped, original_event
from cli.dlq_post import Post
from cli.dlq_replay import HOLD, Time, fates, move_all, replay
from shared.clock import FixedClock
from shared.contracts.batch import Manifest, QueuedItem, RawMessage, Window
from shared.errors import VectoraError
from shared.storage import keys
from shared.storage.batches import BatchStore, Outcome
from shared.storage.memory import MemoryObjects
from shared.storage.table import StateTable

REGION = "eu-west-3"
NOW = datetime(2030, 1, 8, tzinfo=UTC)
RAW, PUBLISHER, INGEST, ENGINE, SWEEPER = QUEUES
NAMES = {queue.url: queue.name for queue in QUEUES} | {
    "RawQueueUrl": "raw-work",
    "PublisherQueueUrl": "publisher-work",
    "SesEventsQueueUrl": "ses-work",
}


class Killed(BaseException):
    """The process died."""


@dataclass
class FakeLambda:
    """Remembers invocations."""

    events: list[tuple[str, dict]] = field(default_factory=list)

    def invoke(self, FunctionName, InvocationType, Payload):
        assert InvocationType == "Event"
        self.events.append((FunctionName, json.loads(Payload)))
        return {"StatusCode": 202}


@dataclass
class Stack:
    """A stack whose queues are moto's."""

    outputs: dict[str, str]
    functions: FakeLambda = field(default_factory=FakeLambda)

    def client(self, service: str, config: Any = None) -> Any:
        return self.functions if service == "lambda" else boto3.client(service, region_name=REGION)

    def resource(self, service: str) -> Any:
        return boto3.resource(service, region_name=REGION)


@pytest.fixture
def stack(monkeypatch) -> Iterator[Stack]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        boto3.client("dynamodb", region_name=REGION).create_table(
            TableName="state",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        sqs = boto3.client("sqs", region_name=REGION)
        urls = {output: sqs.create_queue(QueueName=name)["QueueUrl"] for output, name in NAMES.items()}
        yield Stack({"StateTableName": "state", **urls, **{queue.function: queue.name for queue in QUEUES}})


@pytest.fixture
def table(stack):
    return StateTable(stack.resource("dynamodb"), "state")


@pytest.fixture
def batches(table):
    return BatchStore(table, MemoryObjects(), FixedClock(NOW), lambda _: None)


def message(number: int) -> RawMessage:
    return RawMessage(
        client_id="lab",
        batch_id="b",
        item_id=f"{number:020d}",
        content_hash="0" * 16,
        raw_key="raw",
        config_release="r",
        as_of=NOW.isoformat(),
        kind="edition",
    )


def open_batch(batches, count, extra=1):
    """A batch with one item more than will ever end, so that it stays open."""
    items = [QueuedItem(item_id=f"{n:020d}", raw_key="raw", content_hash="0" * 16) for n in range(count + extra)]
    manifest = Manifest(
        client_id="lab",
        batch_id="b",
        kind="edition",
        run_id="r",
        as_of=NOW.isoformat(),
        window=Window.model_validate({"from": "2030-01-01", "to": "2030-01-08"}),
        config_release="r",
        created_at=NOW.isoformat(),
        items=tuple(items),
        seen=(),
        sources=(),
    )
    batches.open(manifest, 2_000_000_000)


def put(stack, output, *bodies, attributes=None):
    sqs = stack.client("sqs")
    for start in range(0, len(bodies), 10):
        entries = [
            {"Id": str(n), "MessageBody": body, "MessageAttributes": attributes or {}}
            for n, body in enumerate(bodies[start : start + 10])
        ]
        sqs.send_message_batch(QueueUrl=stack.outputs[output], Entries=entries)


def take(stack, output) -> list[str]:
    """Every body on a queue; the queue is empty afterwards."""
    sqs, url, bodies = stack.client("sqs"), stack.outputs[output], []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [one["Body"] for one in found]
        for one in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return bodies


def at_once(start=None):
    """Time that never waits; replays begin after the letters were sent."""
    return Time(now=lambda: start or datetime.now(UTC) + timedelta(seconds=1), sleep=lambda _: None)


class Interrupted(Post):
    """Dies between sending and deleting, once so many letters were sent."""

    def __init__(self, stack, after):
        super().__init__(stack)
        self.sent, self.after = 0, after

    def send_back(self, letters):
        taken = super().send_back(letters)
        self.sent += len(taken)
        return taken

    def delete(self, letters):
        if self.sent >= self.after:
            raise Killed
        super().delete(letters)


def quick(post):
    """Without long polling, which moto answers by sleeping."""
    receive = post.receive
    post.receive = lambda queue, hold, wait=1: receive(queue, hold, 0)
    return post


class FastSqs:
    """Queues with visibility in memory, at an hour of the test's own: moto looks at every message at every call."""

    def __init__(self):
        self.now, self.queues, self.count = 0.0, {}, 0

    def send_message_batch(self, QueueUrl, Entries):
        for entry in Entries:
            self.count += 1
            self.queues.setdefault(QueueUrl, {})[str(self.count)] = [0.0, entry["MessageBody"]]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def receive_message(self, QueueUrl, VisibilityTimeout=30, **_):
        rows = self.queues.get(QueueUrl, {})
        visible = [name for name, row in rows.items() if row[0] <= self.now][:10]
        for name in visible:
            rows[name][0] = self.now + VisibilityTimeout
        return {"Messages": [{"MessageId": n, "ReceiptHandle": n, "Body": rows[n][1]} for n in visible]}

    def delete_message_batch(self, QueueUrl, Entries):
        for entry in Entries:
            del self.queues[QueueUrl][entry["ReceiptHandle"]]
        return {}

    def delete_message(self, QueueUrl, ReceiptHandle):
        del self.queues[QueueUrl][ReceiptHandle]

    def change_message_visibility_batch(self, QueueUrl, Entries):
        for entry in Entries:
            self.queues[QueueUrl][entry["ReceiptHandle"]][0] = self.now + entry["VisibilityTimeout"]


@pytest.fixture
def fast(stack, monkeypatch):
    """The stack with fast queues."""
    queues, client = FastSqs(), stack.client
    monkeypatch.setattr(stack, "client", lambda service, config=None: queues if service == "sqs" else client(service))
    return queues


def test_a_replay_of_a_thousand_messages_that_is_killed_in_the_middle_loses_none_and_doubles_none(stack, batches, fast):
    count = 1000
    open_batch(batches, count)
    put(stack, RAW.url, *(message(n).model_dump_json() for n in range(count)))

    with pytest.raises(Killed):
        replay(RAW, quick(Interrupted(stack, 500)), None, 0, lambda _: None, at_once())
    before = take(stack, "RawQueueUrl")
    _normalize(batches, before)
    fast.now += HOLD  # what the dead process held comes back
    done = replay(RAW, quick(Post(stack)), None, 0, lambda _: None, at_once())
    after = take(stack, "RawQueueUrl")
    _normalize(batches, after)

    ended = batches.get("lab", "b")
    assert (ended.done, ended.failed) == (count, 0)
    sent_twice = {json.loads(body)["item_id"] for body in before} & {json.loads(body)["item_id"] for body in after}
    assert len(before) == 500
    assert done.handled >= 500
    assert len(sent_twice) <= 10, "only what was sent and not yet deleted may be sent again"
    assert not fast.queues[stack.outputs[RAW.url]]


def _normalize(batches, bodies):
    """What normalize records of the messages that it gets; all of them succeed."""
    ended = [Outcome(json.loads(body)["item_id"], "done", "by the model") for body in bodies]
    for start in range(0, len(ended), 90):
        batches.record("lab", "b", ended[start : start + 90])


def test_letters_are_grouped_by_what_the_state_table_says_of_them(stack, batches):
    open_batch(batches, 4)
    batches.record("lab", "b", [Outcome(f"{0:020d}", "failed", "throttled: too many", {"cause": "throttled"})])
    batches.record("lab", "b", [Outcome(f"{1:020d}", "done", "by the model")])
    put(stack, RAW.url, *(message(n).model_dump_json() for n in range(3)), "not a reference")
    letters = quick(Post(stack)).peek(RAW)
    assert {group: len(members) for (_, group), members in grouped(letters).items()} == {
        "throttled": 1,
        DONE: 1,
        DIED: 1,
        UNREADABLE: 1,
    }
    assert {letter.reason for letter in letters if letter.group == "throttled"} == {"throttled: too many"}
    assert Post(stack).depth(RAW) == (4, 0), "looking takes nothing away"


def test_a_replay_by_reason_takes_those_alone_and_shows_the_others_again(stack, batches):
    open_batch(batches, 3)
    batches.record("lab", "b", [Outcome(f"{0:020d}", "failed", "throttled", {"cause": "throttled"})])
    batches.record("lab", "b", [Outcome(f"{1:020d}", "failed", "refused: no access", {"cause": "refused"})])
    put(stack, RAW.url, *(message(n).model_dump_json() for n in range(3)))
    done = replay(RAW, quick(Post(stack)), "refused", 0, lambda _: None, at_once())
    assert [json.loads(body)["item_id"] for body in take(stack, "RawQueueUrl")] == [f"{1:020d}"]
    assert (len(done.sent), len(done.left)) == (1, 2)
    assert Post(stack).depth(RAW) == (2, 0)


@pytest.mark.parametrize("only", [None, UNREADABLE])
def test_what_nobody_can_read_is_left_by_every_replay_as_the_list_says(stack, batches, only):
    open_batch(batches, 1)
    put(stack, RAW.url, message(0).model_dump_json(), "not a reference")
    done = replay(RAW, quick(Post(stack)), only, 0, lambda _: None, at_once())
    assert [letter.body for letter in done.left.values() if letter.group == UNREADABLE] == ["not a reference"]
    assert len(done.sent) == (only is None)
    assert "not a reference" in take(stack, RAW.url)


def test_list_and_rehearsal_tell_the_same_groups_counts_and_fates(stack, batches, monkeypatch, capsys):
    monkeypatch.setattr(dlq_commands, "connect", lambda _: stack)
    monkeypatch.setattr(dlq_commands, "Post", lambda deployed: quick(Post(deployed)))
    monkeypatch.setenv("COLUMNS", "300")
    open_batch(batches, 4)
    batches.record("lab", "b", [Outcome(f"{1:020d}", "done", "by the model")])
    bodies = [message(n).model_dump_json() for n in range(3)]
    put(stack, RAW.url, *bodies, "not a reference", "nor this")
    dlq_commands.list_letters(RAW.name)
    listed = [line.split("   ")[:3] for line in capsys.readouterr().out.splitlines()[2:]]
    listed = [[" ".join(cell.split()) for cell in row] for row in listed]
    dlq_commands.replay_letters(RAW.name, dry_run=True)
    rehearsed = capsys.readouterr().out
    assert rehearsed.splitlines() == [
        "dry run: raw, done already: 1 would be removed",
        "dry run: raw, function died: 2 would be put back",
        "dry run: raw, unreadable: 2 would be left as they are, because nothing can repeat them",
    ]
    assert len(listed) == 3
    assert Post(stack).depth(RAW)[0] == 5


def test_a_letter_that_fails_again_while_a_replay_runs_is_left_for_the_next_one(stack):
    put(stack, RAW.url, message(0).model_dump_json())
    done = replay(RAW, quick(Post(stack)), None, 0, lambda _: None, at_once(datetime.now(UTC) - timedelta(hours=1)))
    assert (len(done.sent), len(done.left)) == (0, 1)


def test_what_became_of_each_letter_is_told(stack, batches):
    open_batch(batches, 3)
    for number in range(3):
        batches.record("lab", "b", [Outcome(f"{number:020d}", "failed", "throttled", {"cause": "throttled"})])
    put(stack, RAW.url, *(message(n).model_dump_json() for n in range(3)))
    started = NOW + timedelta(seconds=1)
    done = replay(RAW, quick(Post(stack)), None, 0, lambda _: None, at_once())
    done.since = started.isoformat()
    later = BatchStore(batches._table, MemoryObjects(), FixedClock(NOW + timedelta(minutes=1)))
    later.record("lab", "b", [Outcome(f"{0:020d}", "done", ""), Outcome(f"{1:020d}", "failed", "refused")])
    assert fates(done, Post(stack), 0, at_once()) == {"done": 1, "failed": 1, "waiting": 1}


def test_a_rate_bounds_the_replay(stack):
    put(stack, RAW.url, *(message(n).model_dump_json() for n in range(25)))
    waits: list[float] = []
    clock = Time(monotonic=lambda: 0.0, now=lambda: datetime.now(UTC) + timedelta(seconds=1), sleep=waits.append)
    replay(RAW, quick(Post(stack)), None, 5, lambda _: None, clock)
    assert sum(waits) == pytest.approx(5.0)


def test_dead_letters_of_the_publisher_go_back_to_the_queue_that_they_came_from(stack, table):
    table.put(keys.edition("lab", "e1"), {"status": "approved"})
    table.put(keys.delivery("e1", "r1"), {"status": "retry", "reason": "SES is paused"})
    edition = json.dumps({"client_id": "lab", "edition_id": "e1"})
    bounce = json.dumps({"eventType": "Bounce", "mail": {}})
    put(stack, PUBLISHER.url, edition, bounce)
    post = quick(Post(stack))
    assert {letter.group: letter.reason for letter in post.peek(PUBLISHER)} == {
        "delivery": "SES is paused (1)",
        "mail event": "mail event Bounce",
    }
    replay(PUBLISHER, post, None, 0, lambda _: None, at_once())
    assert (take(stack, "PublisherQueueUrl"), take(stack, "SesEventsQueueUrl")) == ([edition], [bounce])


def failure(event, request_id="req-1", message="boom", kind="RunFailedError"):
    """What Lambda sends to a failure destination."""
    return json.dumps(
        {
            "requestContext": {"requestId": request_id, "condition": "RetriesExhausted"},
            "requestPayload": event,
            "responsePayload": {"errorMessage": message, "errorType": kind},
        }
    )


def test_a_failed_run_is_started_again_as_the_same_run(stack):
    put(stack, INGEST.url, failure({"client_id": "lab", "kind": "collect"}))
    post = quick(Post(stack))
    (letter,) = post.peek(INGEST)
    assert (letter.group, letter.reason, letter.about) == ("RunFailedError", "boom", "lab collect")
    replay(INGEST, post, None, 0, lambda _: None, at_once())
    assert stack.functions.events == [("ingest", {"client_id": "lab", "kind": "collect", "run_id": "req-1"})]
    assert Post(stack).depth(INGEST) == (0, 0)


def test_an_event_that_scheduler_could_not_hand_over_is_started_with_its_own_run_id(stack):
    event = {"client_id": "lab", "kind": "edition", "run_id": "2030-01-07T07:00:00Z"}
    attributes = {"ERROR_CODE": {"DataType": "String", "StringValue": "AccessDenied"}}
    put(stack, INGEST.url, json.dumps(event), attributes=attributes)
    post = quick(Post(stack))
    (letter,) = post.peek(INGEST)
    assert letter.group == "AccessDenied"
    replay(INGEST, post, None, 0, lambda _: None, at_once())
    assert stack.functions.events == [("ingest", event)]


def test_the_engine_gets_its_marker_s_event_again_and_its_edition_tells_the_fate(stack, table):
    event = {"Records": [{"s3": {"object": {"key": "batches/lab/edition-1/COMPLETE.json"}}}]}
    put(stack, ENGINE.url, failure(event))
    post = quick(Post(stack))
    done = replay(ENGINE, post, None, 0, lambda _: None, at_once())
    assert stack.functions.events == [("engine", event)]
    assert fates(done, post, 0, at_once()) == {"waiting": 1}
    from shared.ids import edition_id

    table.put(keys.edition("lab", edition_id("lab", "edition-1")), {"status": "draft"})
    assert fates(done, post, 0, at_once()) == {"done": 1}


def test_an_event_that_carries_no_run_id_gets_the_same_one_however_often_it_is_replayed():
    letter = Letter(INGEST, "m", "r", failure({"client_id": "lab"}, "req-9"), 0)
    assert original_event(letter) == original_event(letter) == {"client_id": "lab", "run_id": "req-9"}


class FakeMoves:
    """StartMessageMoveTask that goes on a little at each look."""

    def __init__(self, *states):
        self.states, self.started = list(states), []

    def start(self, queue, rate):
        self.started.append((queue.name, rate))

    def progress(self, queue):
        return self.states.pop(0)


def test_on_aws_a_whole_queue_is_moved_by_sqs_itself_and_followed_to_its_end():
    mover, shown = FakeMoves(("RUNNING", 3, ""), ("RUNNING", 7, ""), ("COMPLETED", 9, "")), []
    letters = [Letter(RAW, str(n), "r", "", 0) for n in range(9)]
    done = move_all(RAW, mover, letters, 20, shown.append, at_once())
    assert (mover.started, shown, len(done.sent)) == ([("raw", 20)], [3, 7, 9], 9)


def test_a_move_that_sqs_gives_up_is_an_error_that_says_how_far_it_came():
    with pytest.raises(VectoraError, match="AWS moved 4 messages and then gave up"):
        move_all(RAW, FakeMoves(("FAILED", 4, "CouldNotReach")), [], 20, lambda _: None, at_once())
