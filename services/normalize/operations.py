"""The flow of one invocation: every message to a verdict, by parallel workers; then one record a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from services.normalize.entities import Again, Job, Verdict
from shared.contracts.batch import RawMessage
from shared.errors import ConflictError, NotFoundError
from shared.observability import correlate, correlated, logger
from shared.storage.batches import BatchStore, Outcome

if TYPE_CHECKING:
    from services.normalize.item import Normalization

_SOON = 30
_AT_ONCE = 0
"""For messages that only have the dead-letter queue before them."""
_RECORD_SIZE = 99
"""Outcomes a transaction holds beside the batch's counter (DynamoDB: 100 operations)."""

LOST_TRANSPORT = (ClientError, BotoCoreError)


class Queue(Protocol):
    """RawQueue, as the flow needs it."""

    def delay(self, receipt_handle: str, seconds: int) -> None:
        """Let a message in flight come back after `seconds`."""


@dataclass
class Tally:
    """What an invocation did, for metrics and the statistics line."""

    records: int = 0
    done: int = 0
    failed: int = 0
    again: int = 0
    poison: int = 0
    reused: int = 0
    by_rules: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    refused: int = 0

    def add(self, outcome: Outcome) -> None:
        facts = outcome.facts
        self.done += outcome.status == "done"
        self.failed += outcome.status == "failed"
        self.reused += bool(facts.get("reused"))
        self.by_rules += facts.get("normalizer") == "rules"
        self.refused += sum(facts.get("refused", {}).values())
        self.pay(facts)

    def pay(self, facts: Mapping[str, Any]) -> None:
        """Count what a delivery cost, however it ended."""
        self.input_tokens += facts.get("input_tokens", 0)
        self.output_tokens += facts.get("output_tokens", 0)
        self.cost_usd += facts.get("cost_usd", 0.0)


class Invocation:
    """Handles the records of one invocation. `normalization` makes a verdict of one job."""

    def __init__(
        self,
        normalization: Normalization,
        batches: BatchStore,
        queue: Queue,
        *,
        workers: int,
        max_receives: int,
    ) -> None:
        self._normalization, self._batches, self._queue = normalization, batches, queue
        self._workers, self._max_receives = workers, max_receives
        self.tally = Tally()

    def handle(self, records: Sequence[dict[str, Any]], deadline: float) -> list[str]:
        """Message ids that failed and must come back. `deadline`: epoch second by which the last call must start."""
        self.tally.records = len(records)
        jobs, failures = self._parse(records)
        correlate(*(job.message.batch_id for job in jobs))
        known = {batch for batch in {job.batch for job in jobs} if self._known(batch)}
        strangers = [job for job in jobs if job.batch not in known]
        jobs = [job for job in jobs if job.batch in known]
        with ThreadPoolExecutor(self._workers) as pool:
            verdicts = list(pool.map(lambda job: self._verdict(job, deadline), jobs))
        for job in strangers:
            self._queue.delay(job.receipt_handle, _AT_ONCE)
        failures += [job.message_id for job in strangers]
        return failures + self._settle(list(zip(jobs, verdicts, strict=True)))

    def _parse(self, records: Iterable[dict[str, Any]]) -> tuple[list[Job], list[str]]:
        jobs, failures = [], []
        for record in records:
            try:
                jobs.append(parse_job(record))
            except ValidationError as error:
                self.tally.poison += 1
                failures.append(record["messageId"])
                self._queue.delay(record["receiptHandle"], _AT_ONCE)
                logger.error(
                    "message is not a raw item reference; it goes to dead letters: see `vectora dlq show --queue raw`",
                    extra={"message_id": record["messageId"], "problems": error.error_count()},
                )
        return jobs, failures

    def _known(self, batch: tuple[str, str]) -> bool:
        try:
            self._batches.get(*batch)
        except NotFoundError:
            logger.error(f"message of an unknown batch {batch[1]} of {batch[0]}; it goes to the dead-letter queue")
            return False
        return True

    def _verdict(self, job: Job, deadline: float) -> Verdict:
        """One failed item never blocks the others: whatever happens becomes a verdict."""
        with correlated(job.message.batch_id):
            try:
                return self._normalization.run(job, deadline, last_chance=job.receives >= self._max_receives)
            except Exception as error:  # noqa: BLE001 (logged with its trace; the message comes back)
                logger.exception("item not normalized", extra={"item_id": job.message.item_id})
                return Again("internal", f"{type(error).__name__}: {error}"[:300], _SOON)

    def _settle(self, verdicts: list[tuple[Job, Verdict]]) -> list[str]:
        """Record what ended, delay what comes back; returns the message ids that come back."""
        failures = []
        by_batch: dict[tuple[str, str], list[tuple[Job, Outcome]]] = defaultdict(list)
        for job, verdict in verdicts:
            with correlated(job.message.batch_id):
                outcome = self._outcome(job, verdict)
                if isinstance(verdict, Again) and outcome is None:
                    self._paid(job, verdict)
            if outcome is not None:
                by_batch[job.batch].append((job, outcome))
            if isinstance(verdict, Again):
                failures.append(job.message_id)
                self.tally.again += 1
                self._queue.delay(job.receipt_handle, verdict.seconds if outcome is None else _AT_ONCE)
        for batch, ended in by_batch.items():
            with correlated(batch[1]):
                failures += self._record(batch, ended)
        return list(dict.fromkeys(failures))

    def _paid(self, job: Job, verdict: Again) -> None:
        """A question may be paid for although its repetition was throttled: it counts with its own delivery."""
        self.tally.pay(verdict.facts)
        try:
            self._batches.paid(*job.batch, job.message.item_id, verdict.facts)
        except (ConflictError, *LOST_TRANSPORT) as error:
            logger.warning(f"the batch's cost lacks one delivery of an item: {error}", extra=dict(verdict.facts))

    def _outcome(self, job: Job, verdict: Verdict) -> Outcome | None:
        if not isinstance(verdict, Again):
            return verdict.outcome
        extra = {"item_id": job.message.item_id, "cause": verdict.cause, "receives": job.receives}
        if job.receives < self._max_receives:
            logger.warning(f"item comes back in {verdict.seconds} s: {verdict.reason}", extra=extra)
            return None
        logger.error(f"item failed on its last receive: {verdict.reason}", extra=extra)
        facts = {**verdict.facts, "cause": verdict.cause}
        return Outcome(job.message.item_id, "failed", f"{verdict.cause}: {verdict.reason}", facts)

    def _record(self, batch: tuple[str, str], ended: list[tuple[Job, Outcome]]) -> list[str]:
        """Record a batch's outcomes; when the state table refuses, their messages come back (results are kept)."""
        failures = []
        for start in range(0, len(ended), _RECORD_SIZE):
            part = ended[start : start + _RECORD_SIZE]
            try:
                self._batches.record(*batch, [outcome for _, outcome in part])
            except (RuntimeError, *LOST_TRANSPORT):
                logger.exception(f"could not record {len(part)} outcomes of batch {batch[1]}; their messages come back")
                for job, _ in part:
                    self._queue.delay(job.receipt_handle, _SOON)
                failures += [job.message_id for job, _ in part]
                continue
            for _, outcome in part:
                self.tally.add(outcome)
        return failures


def parse_job(record: dict[str, Any]) -> Job:
    """A job from an SQS record of a Lambda event. Raises pydantic's ValidationError."""
    return Job(
        message=RawMessage.model_validate_json(record["body"]),
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        receives=int(record.get("attributes", {}).get("ApproximateReceiveCount", "1")),
    )
