"""Lambda entry point of the sweeper: on a schedule, what was left half-way goes on, and what never came is noticed."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Protocol

import boto3
from aws_lambda_powertools.metrics import MetricUnit

from services.normalize.adapters import EngineFunction, FailureQueues, OperatorsTopic, SqsDeadLetters, SqsQueue
from services.normalize.digest import write
from services.normalize.digest_facts import Gatherer
from services.normalize.recovery import Policy
from services.normalize.recovery_flow import Recovery
from services.normalize.settings import SweeperSettings
from services.normalize.sweeps import (
    CloseBatch,
    Graces,
    Intent,
    RestartEngine,
    SendItems,
    Settle,
    Sight,
    WriteMarker,
    decide,
)
from services.normalize.watch import Findings, Watch
from shared.clock import Clock, SystemClock
from shared.config.store import S3ConfigStore
from shared.contracts.batch import Manifest, RawMessage
from shared.errors import RunFailedError
from shared.observability import correlated, logger, metrics, statistics
from shared.storage import keys
from shared.storage.batches import BatchStore, Outcome
from shared.storage.editions import Editions
from shared.storage.objects import Objects, S3Objects, get_model
from shared.storage.sources import SourceMemory
from shared.storage.spend import Spend
from shared.storage.table import StateTable

_RECORD_SIZE = 99


class Sender(Protocol):
    def send(self, messages: list[RawMessage]) -> None: ...


class Starter(Protocol):
    def start(self, bucket: str, marker_key: str) -> None: ...


@dataclass(frozen=True)
class Sweeper:
    """Looks at every unsettled batch and carries out what `decide` says. `bucket` is the data bucket's name."""

    table: StateTable
    batches: BatchStore
    objects: Objects
    queue: Sender
    engine: Starter
    clock: Clock
    graces: Graces
    bucket: str

    def sweep(self) -> dict[str, int]:
        """Counts of what was done. One broken batch does not keep the others waiting; raises RunFailedError after all
        when any broke."""
        done: dict[str, int] = {}
        broken = []
        for client_id, batch_id in self.batches.unsettled():
            with correlated(batch_id):
                try:
                    sight = self._look(client_id, batch_id)
                    for intent in decide(sight, self.clock.now(), self.graces):
                        self._act(sight, intent)
                        done[type(intent).__name__] = done.get(type(intent).__name__, 0) + 1
                except Exception:  # noqa: BLE001 (logged with its trace, and raised as one error after the others)
                    logger.exception(f"could not sweep batch {batch_id} of {client_id}")
                    broken.append(batch_id)
        if broken:
            raise RunFailedError(f"{len(broken)} batches could not be swept: {', '.join(broken[:5])}; see the log")
        return done

    def _look(self, client_id: str, batch_id: str) -> Sight:
        batch = self.batches.get(client_id, batch_id)
        row = self.table.get(keys.batch_meta(client_id, batch_id)) or {}
        return Sight(
            batch=batch,
            manifest=get_model(self.objects, keys.manifest(client_id, batch_id), Manifest),
            items=self.batches.items(client_id, batch_id),
            marked=self.objects.get(keys.marker(client_id, batch_id, batch.kind)) is not None,
            completed_at=row.get("completed_at"),
        )

    def _act(self, sight: Sight, intent: Intent) -> None:
        batch = sight.batch
        logger.info(
            f"sweeper: {type(intent).__name__}", extra={"client_id": batch.client_id, "batch_id": batch.batch_id}
        )
        acts: dict[type[Any], Callable[[Sight, Any], None]] = {
            SendItems: self._send,
            CloseBatch: self._close,
            WriteMarker: self._mark,
            RestartEngine: self._restart,
            Settle: self._settle,
        }
        acts[type(intent)](sight, intent)

    def _send(self, sight: Sight, intent: SendItems) -> None:
        manifest = sight.manifest
        messages = [
            RawMessage(
                client_id=manifest.client_id,
                batch_id=manifest.batch_id,
                config_release=manifest.config_release,
                as_of=manifest.as_of,
                kind=manifest.kind,
                **item.model_dump(),
            )
            for item in intent.items
        ]
        self.queue.send(messages)
        self.batches.mark_sent(manifest.client_id, manifest.batch_id, [item.item_id for item in intent.items])

    def _close(self, sight: Sight, intent: CloseBatch) -> None:
        """Record what is missing as failed, then end the batch with what it has."""
        batch = sight.batch
        outcomes = [
            Outcome(item_id, "failed", "deadline: the batch's time was over", {"cause": "deadline"})
            for item_id in intent.missing
        ]
        for start in range(0, len(outcomes), _RECORD_SIZE):
            part = outcomes[start : start + _RECORD_SIZE]
            batch = self.batches.record(batch.client_id, batch.batch_id, part, late=True)
        if batch.status == "open":
            self.batches.close(batch, late=True)

    def _mark(self, sight: Sight, _: WriteMarker) -> None:
        self.batches.close(sight.batch)

    def _restart(self, sight: Sight, _: RestartEngine) -> None:
        batch = sight.batch
        self.engine.start(self.bucket, keys.marker(batch.client_id, batch.batch_id, batch.kind))

    def _settle(self, sight: Sight, _: Settle) -> None:
        self.table.delete(keys.open_batch(sight.batch.client_id, sight.batch.batch_id))


@dataclass(frozen=True)
class Duties:
    """What one invocation does."""

    sweeper: Sweeper
    recovery: Recovery
    watch: Watch
    gatherer: Gatherer
    operators: OperatorsTopic


@cache
def build() -> Duties:
    """The composition root."""
    settings = SweeperSettings.load()
    clock = SystemClock()
    table = StateTable(boto3.resource("dynamodb"), settings.state_table)
    s3 = boto3.client("s3")
    objects = S3Objects(s3, settings.data_bucket)
    sqs = boto3.client("sqs")
    queue = SqsQueue(sqs, settings.raw_queue_url)
    batches = BatchStore(table, objects, clock)
    sweeper = Sweeper(
        table=table,
        batches=batches,
        objects=objects,
        queue=queue,
        engine=EngineFunction(boto3.client("lambda"), settings.engine_function),
        clock=clock,
        graces=Graces(settings.unsent_grace, settings.engine_grace),
        bucket=settings.data_bucket,
    )
    policy = Policy(settings.recovery_per_sweep, settings.recovery_limit, settings.recovery_wait)
    recovery = Recovery(table, SqsDeadLetters(sqs, settings.raw_dlq_url), queue, clock, policy)
    watch = Watch(
        releases=S3ConfigStore(s3, settings.config_bucket),
        editions=Editions(table, clock),
        spending=Spend(table, clock),
        sources=SourceMemory(table, objects),
        clock=clock,
        grace_hours=settings.edition_grace,
    )
    gatherer = _gatherer(settings, watch, batches, FailureQueues(sqs, settings.failure_queue_urls))
    operators = OperatorsTopic(boto3.client("sns"), settings.notification_topic_arn)
    return Duties(sweeper, recovery, watch, gatherer, operators)


def _gatherer(settings: SweeperSettings, watch: Watch, batches: BatchStore, letters: FailureQueues) -> Gatherer:
    """What the digest is written from: what is watched, and more."""
    return Gatherer(
        environment=settings.env,
        releases=watch.releases,
        editions=watch.editions,
        batches=batches,
        spending=watch.spending,
        sources=watch.sources,
        letters=letters,
        clock=watch.clock,
        grace_hours=watch.grace_hours,
    )


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Scheduled: `{"duty": "watch"}` looks at clients and sources, `{"duty": "digest"}` mails the operators (not with
    `"dry_run": true`), anything else sweeps. Answers with what was done.

    Raises RunFailedError when batches could not be swept, after the dead letters had their turn, and NotFoundError when
    there is no configuration to watch.
    """
    duties = build()
    if event.get("duty") == "watch":
        return {"statusCode": 200, "body": _measured(duties.watch.look())}
    if event.get("duty") == "digest":
        return {"statusCode": 200, "body": _digest(duties, dry_run=bool(event.get("dry_run")))}
    letters = duties.recovery.run()
    for name in ("returned", "dropped", "left"):
        metrics.add_metric(f"DeadLetters{name.title()}", MetricUnit.Count, letters.get(name, 0))
    done = duties.sweeper.sweep()
    metrics.add_metric("BatchesPastDeadline", MetricUnit.Count, done.get("CloseBatch", 0))
    done |= {f"letters_{name}": count for name, count in letters.items()}
    statistics("sweeper", **done)
    return {"statusCode": 200, "body": done}


def _digest(duties: Duties, *, dry_run: bool) -> dict[str, Any]:
    digest = write(duties.gatherer.gather())
    if not dry_run:
        duties.operators.mail(digest)
        metrics.add_metric("DigestsSent", MetricUnit.Count, 1)
    statistics("digest", actions=digest.actions, dry_run=dry_run)
    return asdict(digest)


def _measured(findings: Findings) -> dict[str, Any]:
    metrics.add_metric("EditionsOverdue", MetricUnit.Count, len(findings.overdue))
    metrics.add_metric("BudgetUsedPercent", MetricUnit.Percent, findings.budget_used)
    metrics.add_metric("SourcesSilent", MetricUnit.Count, len(findings.silent))
    metrics.add_metric("SourcesFailing", MetricUnit.Count, len(findings.failing))
    return asdict(findings)
