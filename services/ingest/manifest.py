"""From what a run read and decided to its manifest, its messages and its answer."""

from datetime import datetime
from typing import Any

from services.ingest import plan
from services.ingest.listings import Polled
from services.ingest.plan import Considered
from services.ingest.progress import Decided, Progress, ReadSource
from shared.contracts.batch import Manifest, QueuedItem, RawMessage, SourceReport
from shared.contracts.events import IngestEvent, Kind
from shared.storage import keys


def read_source(polled: Polled) -> ReadSource:
    """A poll as it is kept."""
    return ReadSource(
        source_key=polled.source.source_key,
        entries=polled.entries,
        report=polled.report,
        gaps=polled.health.gaps,
    )


def decided(considered: Considered) -> Decided:
    """A decision as it is kept: without the article, which has its own place."""
    raw = considered.raw
    return Decided(
        seen=plan.seen(considered),
        item=plan.queued(considered, keys.raw(raw.item_id, raw.content_hash)) if raw else None,
        source_key=considered.candidate.source.source_key,
        known=considered.known,
    )


def manifest(
    progress: Progress, event: IngestEvent, kind: Kind, batch_id: str, run_id: str, start: datetime, now: datetime
) -> Manifest:
    """The manifest of a run that has read everything. `start`: when its window begins (UTC)."""
    counts: dict[str, int] = {}
    for one in progress.decided:
        counts[one.source_key] = counts.get(one.source_key, 0) + (one.item is not None)
    as_of = datetime.fromisoformat(progress.as_of)
    return Manifest(
        client_id=event.client_id,
        batch_id=batch_id,
        kind=kind,
        run_id=run_id,
        as_of=progress.as_of,
        window=progress.window,
        config_release=progress.config_release,
        restricted=event.dry_run or event.sources is not None,
        delivery=event.delivery,
        created_at=now.isoformat(),
        items=tuple(one.item for one in progress.decided if one.item),
        seen=tuple(one.seen for one in progress.decided),
        sources=tuple(_report(one, counts, start, as_of) for one in progress.sources),
        already_normalized=sum(one.known for one in progress.decided if one.item),
    )


def _report(source: ReadSource, counts: dict[str, int], start: datetime, as_of: datetime) -> SourceReport:
    """The source's report with what was queued, and whether any gap falls into this run's window."""
    gap = any(start <= datetime.fromisoformat(moment) <= as_of for moment in source.gaps)
    return source.report.model_copy(update={"queued": counts.get(source.source_key, 0), "gap": gap})


def message(made: Manifest, item: QueuedItem) -> RawMessage:
    return RawMessage(
        client_id=made.client_id,
        batch_id=made.batch_id,
        item_id=item.item_id,
        content_hash=item.content_hash,
        raw_key=item.raw_key,
        config_release=made.config_release,
        as_of=made.as_of,
        kind=made.kind,
    )


def body(made: Manifest, data_bucket: str, *, dry: bool, continued: bool, seconds: float) -> dict[str, Any]:
    """The answer's counts. `items_ingested`: articles kept, which `items_queued` are unless the run is dry or
    `continued` (by another invocation, which queues them; a dry run ends there, and has counted so far);
    `items_normalized`: those of them that the lake already has with the same content."""
    outcomes = plan.outcomes(made.seen)
    return {
        "client_id": made.client_id,
        "batch_id": made.batch_id,
        "kind": made.kind,
        "window": made.window.model_dump(by_alias=True),
        "sources_processed": len(made.sources),
        "sources_failed": {s.source_key: s.error for s in made.sources if s.status == "failed"},
        "sources_partial": {s.source_key: s.error for s in made.sources if s.status == "partial"},
        "items_seen": len(made.seen),
        "items_ingested": len(made.items),
        "items_filtered_out": outcomes.get("filtered", 0),
        "items_undated": outcomes.get("undated", 0),
        "items_queued": 0 if dry or continued else len(made.items),
        "items_normalized": made.already_normalized,
        "dry_run": dry,
        "continued": continued,
        "execution_time_seconds": round(seconds, 3),
        "s3_output_path": "" if dry else f"s3://{data_bucket}/{keys.manifest(made.client_id, made.batch_id)}",
    }
