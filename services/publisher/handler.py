"""PublisherQueue → one edition delivered, once per recipient; and what SES tells about the mails."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from services.publisher.adapters import (
    RETRIES,
    PublisherQueue,
    ReleasedClients,
    SesMailer,
    SesSuppression,
    SnsNotifier,
    TableLedger,
    signer,
)
from services.publisher.errors import RetryLaterError
from services.publisher.hearing import hear
from services.publisher.operations import Parts, publish, read_content, read_message
from services.publisher.recipients import redact
from services.publisher.resending import read_request, resend
from services.publisher.sending import Limits
from services.publisher.settings import PublisherSettings
from services.publisher.standing import NoSuppression
from services.publisher.urls import Links
from shared.clock import SystemClock
from shared.config.store import S3ConfigStore
from shared.observability import logger, metrics
from shared.storage.editions import Editions
from shared.storage.objects import S3Objects
from shared.storage.recipients import Recipients
from shared.storage.table import StateTable

_LEASE_MARGIN = 30  # seconds beyond the invocation, for clocks that differ
_ONE_ATTEMPT = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


@dataclass(frozen=True, slots=True)
class Publisher:
    """The composed service."""

    parts: Parts
    queue: PublisherQueue

    def record(self, record: SQSRecord, lambda_context: LambdaContext) -> None:
        """One message. An error is logged without addresses and fails this message alone."""
        try:
            outcome = self._serve(record.body, _limits(lambda_context, record.message_id))
        except RetryLaterError as error:
            self.queue.delay(record.receipt_handle, error.seconds)
            metrics.add_metric("DeliveriesPaused", MetricUnit.Count, 1)
            logger.warning("delivery paused", extra={"reason": str(error), "resume_after": error.seconds})
            raise
        except Exception as error:
            metrics.add_metric("DeliveriesFailed", MetricUnit.Count, 1)
            trace = redact("".join(traceback.format_exception(error)))
            logger.error("delivery failed", extra={"error": type(error).__name__, "trace": trace})
            raise
        metrics.add_metric(outcome, MetricUnit.Count, 1)

    def _serve(self, body: str, limits: Limits) -> str:
        """Serve one message of any kind; the metric that counts it."""
        content = read_content(body)
        if heard := hear(content, self.parts):
            return heard
        if request := read_request(content):
            resend(request, self.parts, limits)
            return "EditionsResent"
        return f"Editions{publish(read_message(body), self.parts, limits).action.capitalize()}"


def _limits(context: LambdaContext, message_id: str) -> Limits:
    left: Callable[[], float] = lambda: context.get_remaining_time_in_millis() / 1000  # noqa: E731
    return Limits(f"{context.aws_request_id}/{message_id}", left, int(left()) + _LEASE_MARGIN)


def build(settings: PublisherSettings) -> Publisher:
    """The real adapters."""
    s3, clock = boto3.client("s3", config=RETRIES), SystemClock()
    table = StateTable(boto3.resource("dynamodb", config=RETRIES), settings.state_table)
    ses = boto3.client("sesv2", region_name=settings.ses_region, config=_ONE_ATTEMPT)
    asking = boto3.client("sesv2", region_name=settings.ses_region, config=RETRIES)
    signs = signer(settings)
    parts = Parts(
        editions=Editions(table, clock),
        clients=ReleasedClients(S3ConfigStore(s3, settings.config_bucket)),
        objects=S3Objects(s3, settings.newsletters_bucket),
        ledger=TableLedger(table, clock),
        mailer=SesMailer(ses, settings.ses_configuration_set),
        notifier=SnsNotifier(boto3.client("sns", config=RETRIES), settings.notification_topic_arn),
        standings=Recipients(table, clock),
        clock=clock,
        pause=time.sleep,
        rate=settings.send_rate,
        sender=settings.from_address,
        suppression=SesSuppression(asking) if settings.suppression == "account" else NoSuppression(),
        links=Links(settings.links_url, signs, clock) if signs and settings.links_url else None,
    )
    return Publisher(parts, PublisherQueue(boto3.client("sqs", config=RETRIES), settings.queue_url))


@cache
def _publisher() -> Publisher:
    return build(PublisherSettings.load())


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Entry point: an SQS batch in, the failed messages' ids out (ReportBatchItemFailures)."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event=event, record_handler=_publisher().record, processor=processor, context=context
    )
