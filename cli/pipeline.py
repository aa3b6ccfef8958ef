"""What a command reads from and asks of a deployed stack; thin, every decision is elsewhere."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from cli.errors import StageFailedError
from cli.stacks import Deployed
from services.ingest.progress import Progress
from shared import ids
from shared.clock import Clock
from shared.contracts.batch import Manifest, SourceReport, Stage
from shared.contracts.edition import Edition, Report
from shared.contracts.events import IngestEvent, Kind
from shared.errors import NotFoundError
from shared.storage import keys
from shared.storage.batches import Batch, BatchStore
from shared.storage.editions import Editions
from shared.storage.objects import S3Objects, get_model
from shared.storage.table import Row, StateTable

EDITION_FILES = (
    "newsletter.md",
    "newsletter.html",
    "newsletter.txt",
    "newsletter.json",
    "report.html",
    "report.json",
)
_LAMBDA_LIMIT = 900
_FUNCTIONS: dict[Stage, str] = {
    "ingest": "IngestFunctionName",
    "normalize": "NormalizeFunctionName",
    "engine": "EngineFunctionName",
    "publisher": "PublisherFunctionName",
}
_FAILURES: dict[Stage, str] = {
    "ingest": "IngestFailureQueueUrl",
    "normalize": "RawDeadLetterQueueUrl",
    "engine": "EngineFailureQueueUrl",
    "publisher": "PublisherDeadLetterQueueUrl",
}
_QUEUES: dict[Stage, str] = {"normalize": "RawQueueUrl", "publisher": "PublisherQueueUrl"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of a run at one moment. `answer` is ingest's, once it has answered; `sources` are those read.
    `progress` is what was read so far by an ingest that goes on in another invocation."""

    answer: dict[str, Any] | None
    batch: Batch | None
    edition: Row | None
    deliveries: tuple[Row, ...] = ()
    sources: tuple[SourceReport, ...] = ()
    progress: Progress | None = None

    @property
    def reading(self) -> bool:
        """Whether ingest has not finished: it has not answered, or it has handed over and the batch is not there."""
        return self.answer is None or (self.batch is None and bool(self.answer.get("continued")))


class Pipeline:
    """One stack's batches, editions, queues and logs."""

    def __init__(self, stack: Deployed, clock: Clock) -> None:
        self._stack = stack
        outputs = stack.outputs
        self._table = StateTable(stack.resource("dynamodb"), outputs["StateTableName"])
        self.data = S3Objects(stack.client("s3"), outputs["DataBucketName"])
        self.newsletters = S3Objects(stack.client("s3"), outputs["NewslettersBucketName"])
        self._batches = BatchStore(self._table, self.data, clock)
        self.editions = Editions(self._table, clock)
        self._manifests: dict[str, Manifest] = {}

    def ingest(self, event: IngestEvent) -> dict[str, Any]:
        """Invoke ingest once and wait; the answer's body. Never repeated by the SDK: a repetition is another run.

        Raises StageFailedError with the function's own message.
        """
        once = Config(retries={"total_max_attempts": 1}, read_timeout=_LAMBDA_LIMIT + 30, tcp_keepalive=True)
        client = self._stack.client("lambda", config=once)
        try:
            answer = client.invoke(
                FunctionName=self._stack.outputs[_FUNCTIONS["ingest"]],
                Payload=event.model_dump_json(exclude_none=True, exclude_defaults=True).encode(),
            )
        except ReadTimeoutError as error:
            raise StageFailedError("ingest", f"no answer within {_LAMBDA_LIMIT} s") from error
        payload = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError") or not isinstance(payload, dict) or payload.get("statusCode", 500) >= 400:
            raise StageFailedError("ingest", failure_text(payload))
        body = payload["body"]
        return json.loads(body) if isinstance(body, str) else dict(body)

    def snapshot(self, client_id: str, kind: Kind, run_id: str, answer: dict[str, Any] | None) -> Snapshot:
        """The state of the run that `run_id` names; what does not exist yet is None."""
        batch_id = ids.batch_id(client_id, kind, run_id)
        try:
            batch = self._batches.get(client_id, batch_id)
        except NotFoundError:
            return Snapshot(answer, None, None, progress=self._progress(client_id, batch_id))
        edition_id = batch.edition_id or ids.edition_id(client_id, batch_id)
        edition = self.editions.find(client_id, edition_id)
        deliveries = self.deliveries(edition_id) if edition else ()
        return Snapshot(answer, batch, edition, deliveries, self.manifest(client_id, batch_id).sources)

    def _progress(self, client_id: str, batch_id: str) -> Progress | None:
        try:
            return get_model(self.data, keys.progress(client_id, batch_id), Progress)
        except NotFoundError:
            return None

    def deliveries(self, edition_id: str) -> tuple[Row, ...]:
        """One row for each recipient to whom delivery was tried; `sk` is the recipient."""
        return tuple(self._table.query(keys.delivery(edition_id, "")[0]))

    def failed_items(self, batch: Batch) -> dict[str, str]:
        """Item id → reason of every item of the batch that failed."""
        rows = self._batches.items(batch.client_id, batch.batch_id)
        return {item_id: str(row.get("reason", "")) for item_id, row in rows.items() if row.get("status") == "failed"}

    def manifest(self, client_id: str, batch_id: str) -> Manifest:
        """A batch's manifest, read once: it never changes."""
        if batch_id not in self._manifests:
            self._manifests[batch_id] = get_model(self.data, keys.manifest(client_id, batch_id), Manifest)
        return self._manifests[batch_id]

    def in_flight(self, stage: Stage) -> int:
        """Messages that a function holds at this moment; 0 for a stage without queue."""
        if stage not in _QUEUES:
            return 0
        name = "ApproximateNumberOfMessagesNotVisible"
        answer = self._stack.client("sqs").get_queue_attributes(
            QueueUrl=self._stack.outputs[_QUEUES[stage]], AttributeNames=[name]
        )
        return int(answer.get("Attributes", {}).get(name, 0))

    def given_up(self, stage: Stage, marks: Sequence[str]) -> str:
        """Why the stage gave up on a run that `marks` (run, batch and edition id) name, or an empty string.

        Looks into the stage's failure queue and leaves it as it is.
        """
        answer = self._stack.client("sqs").receive_message(
            QueueUrl=self._stack.outputs[_FAILURES[stage]], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        bodies = [message["Body"] for message in answer.get("Messages", [])]
        ours = [body for body in bodies if any(mark in body for mark in marks)]
        return failure_text(_decoded(ours[-1])) if ours else ""

    def logged_error(self, stage: Stage, since_ms: int) -> str:
        """The last error in the function's log since `since_ms` (epoch), or an empty string."""
        logs = self._stack.client("logs")
        group = f"/aws/lambda/{self._stack.outputs[_FUNCTIONS[stage]]}"
        try:
            events = logs.filter_log_events(logGroupName=group, startTime=since_ms, limit=200).get("events", [])
        except logs.exceptions.ResourceNotFoundException:
            return ""
        return next((text for event in reversed(events) if (text := error_text(event["message"]))), "")

    def edition(self, row: Row) -> Edition:
        return get_model(self.newsletters, f"{self.prefix(row)}/newsletter.json", Edition)

    def report(self, row: Row) -> Report:
        return get_model(self.newsletters, f"{self.prefix(row)}/report.json", Report)

    def files(self, row: Row) -> dict[str, bytes]:
        """An edition's files by name. Raises NotFoundError for one that is missing."""
        found = {name: self.newsletters.get(f"{self.prefix(row)}/{name}") for name in EDITION_FILES}
        missing = [name for name, body in found.items() if body is None]
        if missing:
            raise NotFoundError(f"edition {row['edition_id']} lacks {', '.join(missing)} under {self.prefix(row)}")
        return {name: body for name, body in found.items() if body is not None}

    def prefix(self, row: Row) -> str:
        """The edition's folder in the newsletters bucket."""
        stored = row.get("prefix") or keys.edition_prefix(row["client_id"], row["edition_date"], row["edition_id"])
        return str(stored).rstrip("/")


def failure_text(payload: Any) -> str:
    """The message inside a failed function's answer, a failure-queue record, or a dead message."""
    if not isinstance(payload, dict):
        return str(payload)
    inner = payload.get("responsePayload", payload)
    if isinstance(inner, dict):
        body = inner.get("body")
        nested = body.get("error") or body.get("message") if isinstance(body, dict) else body
        text = inner.get("errorMessage") or nested or inner.get("message")
        if text:
            return str(text)
    return "it gave up on this message; its log says why"


def error_text(line: str) -> str:
    """The error that a log line reports, or an empty string for any other line."""
    record = _decoded(line)
    if isinstance(record, dict):
        if record.get("level") not in ("ERROR", "CRITICAL"):
            return ""
        name, told = record.get("exception_name"), record.get("message", "")
        cause = str(record.get("exception", "")).strip().splitlines()[-1:] if name else []
        return cause[0] if cause else str(told)
    return line.strip() if line.startswith("[ERROR]") or "Task timed out" in line else ""


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
