"""Lambda entry point of normalize: RawQueue in, normalized items in the lake, failures back to the queue."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit

from services.normalize.adapters import SqsQueue
from services.normalize.operations import Invocation
from services.normalize.settings import Settings
from services.normalize.stores import Stores
from shared.bedrock.client import bedrock_client
from shared.bedrock.converse import CallCounts, Converse, Model, RetryPolicy
from shared.bedrock.turns import NoPace, Pace
from shared.clock import SystemClock
from shared.config.store import S3ConfigStore
from shared.observability import logger, metrics, statistics
from shared.storage.batches import BatchStore
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects
from shared.storage.pace import Quota, SharedPace
from shared.storage.results import Results
from shared.storage.spend import Spend
from shared.storage.table import StateTable

if TYPE_CHECKING:
    from shared.config.tree import ConfigTree

_SETTLING_SECONDS = 10
"""What recording outcomes may take at an invocation's end."""
_AFTER_THE_END = 30
"""Seconds after a function's last moment at which its messages come back if it died: the queue's own time is six times
the function's, for invocations that never started."""


@dataclass(frozen=True)
class Parts:
    """The adapters of a warm function."""

    settings: Settings
    bedrock: Converse
    stores: Stores
    batches: BatchStore
    config: S3ConfigStore
    queue: SqsQueue
    pace: Pace
    first_pace: Pace


@cache
def build() -> Parts:
    """The composition root: adapters from the environment, once a warm function."""
    settings = Settings.load()
    clock = SystemClock()
    table = StateTable(boto3.resource("dynamodb"), settings.state_table)
    s3 = boto3.client("s3")
    data = S3Objects(s3, settings.data_bucket)
    quota, first_quota = Quota(settings.rpm, settings.tpm), Quota(settings.first_rpm, settings.first_tpm)
    uses = {"region": settings.region, "model_id": settings.model_id, "first_model_id": settings.first_model_id}
    logger.info("normalization uses", extra=uses | {"paced": quota.limited and settings.retry_mode == "own"})
    return Parts(
        settings=settings,
        bedrock=bedrock_client(
            settings.region,
            read_timeout=settings.read_timeout,
            connections=settings.max_workers,
            retries=settings.retry_mode,
        ),
        stores=Stores(data, Lake(table, data), Results(table, clock), Spend(table, clock)),
        batches=BatchStore(table, data, clock),
        config=S3ConfigStore(s3, settings.config_bucket),
        queue=SqsQueue(boto3.client("sqs"), settings.raw_queue_url),
        pace=_pace(settings, table, settings.model_id, quota),
        first_pace=_pace(settings, table, settings.first_model_id, first_quota),
    )


def _pace(settings: Settings, table: StateTable, model_id: str, quota: Quota) -> Pace:
    """A model's own pace: Bedrock gives a quota to each model in each region."""
    paced = quota.limited and settings.retry_mode == "own"
    return SharedPace(table, settings.region, model_id, quota, SystemClock()) if paced else NoPace()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS event in, `batchItemFailures` out; a failed message comes back alone."""
    parts = build()
    started = time.monotonic()
    remaining = context.get_remaining_time_in_millis() / 1000
    counts = CallCounts()
    parts.queue.hold([record["receiptHandle"] for record in event["Records"]], math.ceil(remaining) + _AFTER_THE_END)
    invocation = _invocation(parts, counts, context.aws_request_id)
    deadline = time.time() + remaining - parts.settings.read_timeout - _SETTLING_SECONDS
    failures = invocation.handle(event["Records"], deadline)
    _publish(invocation, counts, parts.settings, time.monotonic() - started)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}


def _invocation(parts: Parts, counts: CallCounts, owner: str) -> Invocation:
    """What makes an item (prompt, rules, grounding) is loaded here, with the first messages."""
    from services.normalize.item import Normalization
    from services.normalize.model import Models

    settings = parts.settings
    models = Models(_model(parts, counts, settings.model_id, parts.pace))
    if settings.first_model_id:
        models = replace(models, first=_model(parts, counts, settings.first_model_id, parts.first_pace))
    normalization = Normalization(parts.stores, _once_at_a_time(parts.config.load), models, SystemClock(), owner)
    return Invocation(
        normalization,
        parts.batches,
        parts.queue,
        workers=settings.max_workers,
        max_receives=settings.max_receive_count,
    )


def _model(parts: Parts, counts: CallCounts, model_id: str, pace: Pace) -> Model:
    settings = parts.settings
    own_retries = settings.max_retries if settings.retry_mode == "own" else 0
    return Model(
        client=parts.bedrock,
        region=settings.region,
        model_id=model_id,
        clock=SystemClock(),
        policy=RetryPolicy(own_retries, settings.base_delay),
        pace=pace,
        counts=counts,
        output_weight=settings.output_weight,
    )


def _once_at_a_time(load: Callable[[str], ConfigTree]) -> Callable[[str], ConfigTree]:
    """A cold function's workers all need the configuration at once: one reads it, the others find it read."""
    lock = threading.Lock()

    def locked(release: str) -> ConfigTree:
        with lock:
            return load(release)

    return locked


def _publish(invocation: Invocation, counts: CallCounts, settings: Settings, seconds: float) -> None:
    """Metrics, and the one statistics line."""
    tally = invocation.tally
    numbers = {
        "ItemsNormalized": tally.done,
        "ItemsFailed": tally.failed,
        "BedrockCalls": counts.calls,
        "BedrockThrottles": counts.throttles,
        "BedrockRetries": counts.retries,
        "BedrockFinalFailures": counts.final_failures,
        "InputTokens": tally.input_tokens,
        "OutputTokens": tally.output_tokens,
        "CostUsd": tally.cost_usd,
        "UngroundedRefused": tally.refused,
    }
    for name, value in numbers.items():
        metrics.add_metric(name=name, unit=MetricUnit.NoUnit if name == "CostUsd" else MetricUnit.Count, value=value)
    rate = counts.throttles / counts.calls if counts.calls else 0.0
    statistics(
        "normalize",
        **asdict(tally),
        bedrock_calls=counts.calls,
        throttle_rate=round(rate, 4),
        retries=counts.retries,
        final_failures=counts.final_failures,
        region=settings.region,
        model_id=settings.model_id,
        first_model_id=settings.first_model_id,
        seconds=round(seconds, 2),
    )
