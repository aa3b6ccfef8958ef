"""The sweeper against S3, DynamoDB and SQS."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.normalize.adapters import SqsQueue
from services.normalize.sweeper import Sweeper
from services.normalize.sweeps import Graces
from shared.contracts.batch import Marker, RawMessage
from shared.errors import RunFailedError
from shared.storage import keys
from shared.storage.objects import get_model
from tests.integration.normalize.stack import DEADLINE, Stack, record
from tests.unit.bedrock.fakes import ScriptedBedrock, tool_answer
from tests.unit.normalize.trees import good_answer, raw_item

GOOD = tool_answer(good_answer())


@dataclass
class Engine:
    """Remembers how it was started."""

    started: list[tuple[str, str]] = field(default_factory=list)

    def start(self, bucket: str, marker_key: str) -> None:
        self.started.append((bucket, marker_key))


def sweeper(aws: Stack, engine: Engine | None = None) -> Sweeper:
    return Sweeper(
        aws.table,
        aws.batches,
        aws.objects,
        SqsQueue(aws.sqs, aws.queue_url),
        engine or Engine(),
        aws.time,
        Graces(120, 900),
        "data",
    )


def messages(aws: Stack) -> list[RawMessage]:
    answer = aws.sqs.receive_message(QueueUrl=aws.queue_url, MaxNumberOfMessages=10)
    return [RawMessage.model_validate_json(message["Body"]) for message in answer.get("Messages", [])]


def test_no_batch_at_all_is_quiet(aws: Stack) -> None:
    assert sweeper(aws).sweep() == {}


def test_items_that_were_never_sent_are_queued_once(aws: Stack) -> None:
    items = [raw_item(url=f"https://example.org/{n}") for n in range(3)]
    sent = aws.open_batch(*items)
    aws.batches.mark_sent("acme_weekly", "edition-1", [items[0].item_id])
    assert sweeper(aws).sweep() == {}, "ingest may still be at it"
    aws.time.moment += timedelta(seconds=121)
    assert sweeper(aws).sweep() == {"SendItems": 1}
    assert sorted(m.item_id for m in messages(aws)) == sorted(m.item_id for m in sent[1:])
    assert sweeper(aws).sweep() == {}


def test_a_batch_past_its_deadline_ends_with_what_it_has(aws: Stack) -> None:
    items = [raw_item(url=f"https://example.org/{n}") for n in range(3)]
    sent = aws.open_batch(*items)
    aws.invoke(ScriptedBedrock(GOOD), record(sent[0]))
    aws.time.moment += timedelta(seconds=DEADLINE + 1)
    assert sweeper(aws).sweep() == {"CloseBatch": 1}
    batch = aws.batches.get("acme_weekly", "edition-1")
    assert (batch.status, batch.done, batch.failed) == ("complete", 1, 2)
    assert aws.outcome(items[1].item_id)["reason"].startswith("deadline")
    marker = get_model(aws.objects, keys.marker("acme_weekly", "edition-1", "edition"), Marker)
    assert (marker.late, marker.failed) == (True, 2)


def test_a_missing_marker_is_written_and_an_engine_that_died_is_restarted(aws: Stack) -> None:
    sent = aws.open_batch(raw_item())
    aws.invoke(ScriptedBedrock(GOOD), record(sent[0]))
    key = keys.marker("acme_weekly", "edition-1", "edition")
    aws.objects._client.delete_object(Bucket="data", Key=key)
    engine = Engine()
    assert sweeper(aws, engine).sweep() == {"WriteMarker": 1}
    assert aws.objects.get(key) is not None
    assert sweeper(aws, engine).sweep() == {}
    aws.time.moment += timedelta(seconds=901)
    assert sweeper(aws, engine).sweep() == {"RestartEngine": 1}
    assert engine.started == [("data", key)]
    aws.batches.settle("acme_weekly", "edition-1", "ed-1")
    assert sweeper(aws, engine).sweep() == {}


def test_one_broken_batch_does_not_keep_the_others_waiting_and_is_an_error(aws: Stack) -> None:
    aws.open_batch(raw_item(), batch_id="edition-a")
    aws.open_batch(raw_item(), batch_id="edition-b")
    aws.objects.put(keys.manifest("acme_weekly", "edition-a"), json.dumps({}).encode())
    aws.time.moment += timedelta(seconds=DEADLINE + 1)
    with pytest.raises(RunFailedError, match="edition-a"):
        sweeper(aws).sweep()
    assert aws.batches.get("acme_weekly", "edition-b").status == "complete"
