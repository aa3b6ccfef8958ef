"""The entry points as Lambda calls them: environment in, batchItemFailures and metrics out."""

import json
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from services.normalize import handler as entry
from services.normalize import sweeper
from tests.integration.normalize.stack import Stack, record
from tests.unit.normalize.trees import raw_item


@dataclass
class Context:
    function_name: str = "normalize"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-3:000000000000:function:normalize"
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def environment(aws: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    boto3.client("s3", region_name="eu-west-3").create_bucket(
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
        "NOTIFICATION_TOPIC_ARN": "arn:aws:sns:eu-west-3:123456789012:notifications",
        "FAILURE_QUEUE_URLS": "normalize=https://sqs.eu-west-3.amazonaws.com/123456789012/raw-dlq",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    entry.build.cache_clear()
    sweeper.build.cache_clear()
    return aws


def test_failures_come_back_alone_and_the_numbers_are_published(
    environment: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = raw_item()
    (message,) = environment.open_batch(raw)
    event = {"Records": [record(message, message_id="no-release"), record("poison", message_id="poison")]}
    answer: dict[str, Any] = entry.handler(event, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    assert "no release r1" in environment.outcome(raw.item_id)["reason"]
    published = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert published[0]["ItemsFailed"] == [1.0]
    assert {"BedrockCalls", "BedrockThrottles", "CostUsd", "UngroundedRefused"} <= published[0].keys()


def test_a_sweep_of_nothing_answers_nothing(environment: Stack) -> None:
    assert sweeper.handler({}, Context()) == {"statusCode": 200, "body": {}}
