"""The entry points as Lambda calls them: environment in, batchItemFailures and metrics out."""

import json
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest

from services.normalize import handler as entry
from services.normalize import sweeper
from tests.integration.normalize.stack import Stack, record
from tests.unit.bedrock.fakes import ScriptedBedrock, text_answer, tool_answer
from tests.unit.normalize.trees import CHEAPER_ID, MODEL_ID, good_answer, raw_item


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


def test_each_model_keeps_a_pace_of_its_own(environment: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bedrock gives a quota to each model in each region: a cut of one must not slow the other down."""
    quotas = {"BEDROCK_RPM": "600", "BEDROCK_TPM": "900000", "BEDROCK_RPM_FIRST": "1200", "BEDROCK_TPM_FIRST": "0"}
    models = {"BEDROCK_MODEL_ID": MODEL_ID, "BEDROCK_MODEL_ID_NORMALIZATION_FIRST": CHEAPER_ID}
    for name, value in (quotas | models).items():
        monkeypatch.setenv(name, value)
    bedrock = ScriptedBedrock(text_answer("no tool"), tool_answer(good_answer()))
    config = SimpleNamespace(load=environment.load)
    parts = replace(entry.build(), bedrock=bedrock, config=cast(Any, config))
    monkeypatch.setattr(entry, "build", lambda: parts)
    raw = raw_item()
    (message,) = environment.open_batch(raw)
    assert entry.handler({"Records": [record(message)]}, Context()) == {"batchItemFailures": []}
    assert [request["modelId"] for request in bedrock.requests] == [CHEAPER_ID, MODEL_ID]
    paces = {row["sk"]: row for row in environment.table.query("PACE#us-east-1")}
    assert set(paces) == {CHEAPER_ID, MODEL_ID}
    assert paces[CHEAPER_ID]["token_at"] < paces[CHEAPER_ID]["request_at"], "no quota of tokens, no time for them"
    parts.first_pace.throttled(parts.first_pace.reserve(1000, 60))
    rates = {row["sk"]: row["rate"] for row in environment.table.query("PACE#us-east-1")}
    assert rates[CHEAPER_ID] < rates[MODEL_ID] == 1


def test_a_sweep_of_nothing_answers_nothing(environment: Stack) -> None:
    assert sweeper.handler({}, Context()) == {"statusCode": 200, "body": {}}
