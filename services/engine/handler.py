"""Lambda entry point: the S3 event of a batch's COMPLETE.json, or a direct request for an edition."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from pydantic import ValidationError

from services.engine.adapters import BedrockWriter, Ports, TopicAnnouncer
from services.engine.operations import Engine, Invocation
from services.engine.settings import EngineSettings
from shared.bedrock.converse import CallCounts, Model
from shared.clock import SystemClock
from shared.config.store import S3ConfigStore
from shared.contracts.events import Answer, EngineEvent
from shared.errors import InputError
from shared.observability import logger, metrics
from shared.storage.batches import BatchStore
from shared.storage.editions import Editions
from shared.storage.labels import Labels
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects
from shared.storage.spend import Spend
from shared.storage.table import StateTable

CALLS = CallCounts()
"""Of the model, since the last invocation."""
_METRICS = {
    "calls": "NewsletterCalls",
    "throttles": "NewsletterThrottles",
    "retries": "NewsletterRetries",
    "final_failures": "NewsletterFinalFailures",
}
_MARKER = re.compile(r"^batches/([^/]+)/([^/]+)/COMPLETE\.json$")


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine with its adapters, built once a warm function."""
    return build(EngineSettings.load())


def build(settings: EngineSettings) -> Engine:
    """The composition root. Only Bedrock is in the newsletter's own region; its retries are shared.bedrock's."""
    clock = SystemClock()
    s3, table = boto3.client("s3"), StateTable(boto3.resource("dynamodb"), settings.state_table)
    data = S3Objects(s3, settings.data_bucket)
    bedrock = boto3.client(
        "bedrock-runtime",
        region_name=settings.bedrock_region,
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=120),
    )
    ports = Ports(
        config=S3ConfigStore(s3, settings.config_bucket),
        lake=Lake(table, data),
        batches=BatchStore(table, data, clock),
        editions=Editions(table, clock),
        labels=Labels(table, clock),
        data=data,
        newsletters=S3Objects(s3, settings.newsletters_bucket),
        announcer=TopicAnnouncer(boto3.client("sns"), settings.newsletter_topic_arn),
        writer=BedrockWriter(Model(bedrock, settings.bedrock_region, settings.bedrock_model_id, clock, counts=CALLS)),
        purse=Spend(table, clock),
        clock=clock,
    )
    return Engine(ports, settings)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer of a direct request: {statusCode, body}; of an S3 event: {statusCode, body: {editions: […]}}.

    Raises InputError for an event that is neither; a failed run raises too, so that Lambda retries or reports it.
    """
    if event.get("Event") == "s3:TestEvent":
        return Answer(statusCode=200, body={"editions": []}).model_dump()
    run = Invocation(context.aws_request_id, lambda: context.get_remaining_time_in_millis() / 1000)
    try:
        return _serve(event, run).model_dump()
    finally:
        count_calls()


def _serve(event: dict[str, Any], run: Invocation) -> Answer:
    if "Records" in event:
        answers = [engine().for_batch(*batch, run) for batch in markers(event)]
        return Answer(statusCode=200, body={"editions": [_counted(answer).body for answer in answers]})
    return _counted(engine().for_request(read_event(event), run))


def count_calls() -> None:
    """The model's calls of this invocation, as metrics of their own: its quota is another one than normalize's."""
    for name, amount in CALLS.take().items():
        metrics.add_metric(name=_METRICS[name], unit=MetricUnit.Count, value=amount)


def read_event(event: dict[str, Any]) -> EngineEvent:
    """Raises InputError naming the fields that are wrong."""
    try:
        return EngineEvent.model_validate(event)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InputError(f"the engine's event is wrong: {problems}") from error


def markers(event: dict[str, Any]) -> list[tuple[str, str]]:
    """(client_id, batch_id) of each COMPLETE.json in an S3 event. Raises InputError for any other key."""
    found = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        match = _MARKER.match(key)
        if match is None:
            raise InputError(f"{key} is no completion marker; the bucket's notification must filter on COMPLETE.json")
        found.append((match.group(1), match.group(2)))
    return found


def _counted(answer: Answer) -> Answer:
    """Count what was made, as metrics."""
    for field, metric in (("items_analyzed", "ItemsAnalyzed"), ("items_selected", "ItemsSelected")):
        if field in answer.body:
            metrics.add_metric(name=metric, unit=MetricUnit.Count, value=answer.body[field])
    return answer
