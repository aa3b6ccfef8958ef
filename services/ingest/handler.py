"""Lambda entry point of ingest."""

import time
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from pydantic import ValidationError

from services.ingest.adapters import SelfInvocation, SqsQueue, SsmSecret
from services.ingest.check import check
from services.ingest.consider import Stores
from services.ingest.fetch import Fetcher
from services.ingest.operations import Ingest, Ports
from services.ingest.settings import IngestSettings
from services.ingest.sources.pubmed import pace
from shared.clock import SystemClock
from shared.config.store import S3ConfigStore
from shared.contracts.events import Answer, IngestEvent
from shared.errors import InputError
from shared.observability import logger, metrics, statistics
from shared.storage.batches import BatchStore
from shared.storage.editions import Editions
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects
from shared.storage.sources import SourceMemory, UrlMemory
from shared.storage.table import StateTable

_MARGIN = 2.0


@cache
def build() -> Ports:
    """The real adapters, once a warm function."""
    settings = IngestSettings.load()
    calm = Config(
        retries={"mode": "standard", "max_attempts": 6},
        max_pool_connections=max(settings.workers, settings.poll_workers),
    )
    clock = SystemClock()
    s3 = boto3.client("s3", config=calm)
    table = StateTable(boto3.resource("dynamodb", config=calm), settings.state_table)
    objects = S3Objects(s3, settings.data_bucket)
    return Ports(
        settings=settings,
        config=S3ConfigStore(s3, settings.config_bucket),
        batches=BatchStore(table, objects, clock),
        editions=Editions(table, clock),
        sources=SourceMemory(table, objects),
        stores=Stores(UrlMemory(table), objects, Lake(table, objects)),
        queue=SqsQueue(boto3.client("sqs", config=calm), settings.raw_queue_url),
        clock=clock,
        open_fetcher=lambda gateway, ends_at: Fetcher(settings.user_agent, gateway, ends_at=ends_at, pace=pace),
        api_key=SsmSecret(boto3.client("ssm", config=calm), settings.pubmed_api_key_param),
        go_on=SelfInvocation(lambda: boto3.client("lambda", config=calm), settings.function_name),
    )


_BY_SOURCE = frozenset({"sources_failed", "sources_partial"})
"""Parts of an answer that are no counts."""


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics(raise_on_empty_metrics=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers {statusCode: 200, body: counts}; raises (never answers 200) when the event is wrong or nothing worked."""
    request = _parse(event)
    seconds = context.get_remaining_time_in_millis() / 1000 - _MARGIN
    if request.test:
        ends_at = time.monotonic() + seconds
        return check(build(), request, context.aws_request_id, ends_at).model_dump()
    answer = Ingest(build()).run(request, context.aws_request_id, seconds)
    _measure(answer)
    return answer.model_dump()


def _parse(event: dict[str, Any]) -> IngestEvent:
    try:
        request = IngestEvent.model_validate(event)
        return request.model_copy(update={"run_id": None}) if _unfilled(request.run_id) else request
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
        raise InputError(f"the event is wrong: {problems}") from error


def _unfilled(run_id: str | None) -> bool:
    """Whether it is a placeholder that no Scheduler replaced: as an identity it would make all runs the same one."""
    return run_id is not None and run_id.startswith("<aws.scheduler.")


def _measure(answer: Answer) -> None:
    """Statistics for every invocation; metrics once a run, by the last one: its counts are the whole run's."""
    body = answer.body
    statistics("ingest", **{name: value for name, value in body.items() if name not in _BY_SOURCE})
    if answer.statusCode == 202:
        return
    metrics.add_metadata("client", str(body["client_id"]))
    metrics.add_metric("ItemsQueued", MetricUnit.Count, body["items_queued"])
    metrics.add_metric("ItemsFilteredOut", MetricUnit.Count, body["items_filtered_out"])
    metrics.add_metric("SourcesFailed", MetricUnit.Count, len(body["sources_failed"]))
