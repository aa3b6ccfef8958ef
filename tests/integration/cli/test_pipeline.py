"""What the command reads from a stack (moto's services), and how it invokes ingest (a loopback server)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from cli.errors import StageFailedError
from cli.pipeline import EDITION_FILES, Pipeline
from shared import ids
from shared.clock import FixedClock
from shared.contracts.batch import Manifest, SourceReport, Window
from shared.contracts.events import IngestEvent
from shared.errors import NotFoundError
from shared.storage import keys
from shared.storage.batches import BatchStore, Outcome
from shared.storage.editions import Editions
from shared.storage.objects import S3Objects
from shared.storage.table import StateTable

STAGES = ("ingest", "normalize", "engine", "publisher")
CLOCK = FixedClock(datetime(2030, 1, 8, tzinfo=UTC))
REGION = "eu-west-3"
BATCH = ids.batch_id("lab", "edition", "r1")
EDITION = ids.edition_id("lab", BATCH)
BUCKETS = {"DataBucketName": "lab-data", "NewslettersBucketName": "lab-newsletters"}
QUEUES = {
    "RawQueueUrl": "raw",
    "RawDeadLetterQueueUrl": "raw-dlq",
    "PublisherQueueUrl": "publisher",
    "PublisherDeadLetterQueueUrl": "publisher-dlq",
    "IngestFailureQueueUrl": "ingest-failures",
    "EngineFailureQueueUrl": "engine-failures",
}


class FakeStack:
    """A stack on moto; Lambda is wherever `lambda_endpoint` says."""

    def __init__(self, outputs: dict[str, str], lambda_endpoint: str | None = None) -> None:
        self.outputs, self._lambda = outputs, lambda_endpoint

    def client(self, service: str, config: Config | None = None) -> Any:
        endpoint = self._lambda if service == "lambda" else None
        return boto3.client(service, region_name=REGION, endpoint_url=endpoint, config=config)

    def resource(self, service: str) -> Any:
        return boto3.resource(service, region_name=REGION)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStack]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        for bucket in BUCKETS.values():
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        boto3.client("dynamodb", region_name=REGION).create_table(
            TableName="state",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )
        boto3.client("logs", region_name=REGION).create_log_group(logGroupName="/aws/lambda/engine")
        sqs = boto3.client("sqs", region_name=REGION)
        queues = {output: sqs.create_queue(QueueName=name)["QueueUrl"] for output, name in QUEUES.items()}
        functions = {
            f"{name.capitalize()}FunctionName": name for name in ("ingest", "normalize", "engine", "publisher")
        }
        yield FakeStack({"StateTableName": "state", **BUCKETS, **queues, **functions})


@pytest.fixture
def table(stack: FakeStack) -> StateTable:
    return StateTable(stack.resource("dynamodb"), "state")


@pytest.fixture
def batches(stack: FakeStack, table: StateTable) -> BatchStore:
    return BatchStore(table, S3Objects(stack.client("s3"), "lab-data"), CLOCK)


def manifest() -> Manifest:
    items = [{"item_id": letter * 20, "raw_key": "raw", "content_hash": "0" * 16} for letter in "ab"]
    down = SourceReport(source_key="s", source_name="S", source_type="rss", status="failed", error="404 Not Found")
    return Manifest(
        client_id="lab",
        batch_id=BATCH,
        kind="edition",
        run_id="r1",
        as_of="2030-01-08T00:00:00+00:00",
        window=Window(start="2030-01-01", end="2030-01-08"),
        config_release="0" * 16,
        created_at="2030-01-08T00:00:00+00:00",
        items=items,
        seen=(),
        sources=(down,),
    )


def test_before_ingest_wrote_its_manifest_nothing_is_known(stack):
    seen = Pipeline(stack, CLOCK).snapshot("lab", "edition", "r1", None)
    assert (seen.batch, seen.edition, seen.deliveries, seen.sources) == (None, None, (), ())


def test_a_run_is_followed_from_batch_to_deliveries(stack, table, batches):
    pipeline = Pipeline(stack, CLOCK)
    batches.open(manifest(), deadline=2_000_000_000)
    batches.record("lab", BATCH, [Outcome("a" * 20, "done", ""), Outcome("b" * 20, "failed", "throttled")])
    seen = pipeline.snapshot("lab", "edition", "r1", {})
    assert (seen.batch.status, seen.batch.done, seen.batch.failed) == ("complete", 1, 1)
    assert seen.sources[0].error == "404 Not Found"
    assert seen.edition is None
    assert pipeline.failed_items(seen.batch) == {"b" * 20: "throttled"}

    Editions(table, CLOCK).begin("lab", EDITION, "engine", 900)
    table.put(keys.delivery(EDITION, "0" * 16), {"status": "sent"})
    seen = pipeline.snapshot("lab", "edition", "r1", {})
    assert seen.edition["status"] == "building"
    assert [row["status"] for row in seen.deliveries] == ["sent"]


def test_an_edition_that_lacks_a_file_is_never_handed_out_in_part(stack):
    pipeline = Pipeline(stack, CLOCK)
    row = {"client_id": "lab", "edition_id": EDITION, "prefix": "lab/2030/01/08/ed"}
    for name in EDITION_FILES[:-1]:
        pipeline.newsletters.put(f"lab/2030/01/08/ed/{name}", b"x")
    with pytest.raises(NotFoundError, match=r"lacks report\.json"):
        pipeline.files(row)
    pipeline.newsletters.put("lab/2030/01/08/ed/report.json", b"{}")
    assert set(pipeline.files(row)) == set(EDITION_FILES)


def test_only_this_run_s_failures_are_read_from_a_failure_queue_and_they_stay_there(stack):
    pipeline, sqs = Pipeline(stack, CLOCK), stack.client("sqs")
    queue = stack.outputs["EngineFailureQueueUrl"]
    for batch, reason in (("edition-other", "old trouble"), (BATCH, "no price for model")):
        record = {"requestPayload": {"key": f"batches/lab/{batch}/COMPLETE.json"}}
        sqs.send_message(
            QueueUrl=queue, MessageBody=json.dumps({**record, "responsePayload": {"errorMessage": reason}})
        )
    assert pipeline.given_up("engine", [BATCH]) == "no price for model"
    assert pipeline.given_up("engine", [BATCH]) == "no price for model"
    assert pipeline.given_up("engine", ["edition-third"]) == ""


def test_an_error_is_read_from_the_function_s_log(stack):
    pipeline, logs = Pipeline(stack, CLOCK), stack.client("logs")
    assert pipeline.logged_error("normalize", 0) == ""  # this function never wrote one
    logs.create_log_stream(logGroupName="/aws/lambda/engine", logStreamName="s")
    now = int(datetime.now(UTC).timestamp() * 1000)
    lines = [{"level": "INFO", "message": "fine"}, {"level": "ERROR", "message": "it broke"}]
    events = [{"timestamp": now + i, "message": json.dumps(line)} for i, line in enumerate(lines)]
    logs.put_log_events(logGroupName="/aws/lambda/engine", logStreamName="s", logEvents=events)
    assert pipeline.logged_error("engine", now - 1000) == "it broke"
    assert pipeline.logged_error("engine", now + 1000) == ""


INVOKE = "/2015-03-31/functions/ingest/invocations"


@pytest.fixture
def invoking(stack, httpserver):
    stack_with_lambda = FakeStack(stack.outputs, httpserver.url_for(""))
    return Pipeline(stack_with_lambda, CLOCK)


def test_ingest_s_answer_is_its_body(invoking, httpserver):
    httpserver.expect_request(INVOKE).respond_with_json({"statusCode": 200, "body": {"items_queued": 3}})
    assert invoking.ingest(IngestEvent(client_id="lab", run_id="r1")) == {"items_queued": 3}
    assert json.loads(httpserver.log[0][0].data) == {"client_id": "lab", "run_id": "r1"}


def test_an_invocation_that_fails_on_the_way_is_never_repeated_by_itself(invoking, httpserver):
    httpserver.expect_request(INVOKE).respond_with_json({"message": "busy"}, status=503)
    with pytest.raises(Exception, match=r"503|busy"):
        invoking.ingest(IngestEvent(client_id="lab", run_id="r1"))
    assert len(httpserver.log) == 1


def test_a_function_error_is_the_run_s_error_with_the_function_s_words(invoking, httpserver):
    httpserver.expect_request(INVOKE).respond_with_json(
        {"errorMessage": "no source answered", "errorType": "RunFailedError"},
        headers={"X-Amz-Function-Error": "Unhandled"},
    )
    with pytest.raises(StageFailedError, match="ingest failed: no source answered"):
        invoking.ingest(IngestEvent(client_id="lab", run_id="r1"))
