"""The flow of a run: poll, consider, write the manifest, queue. Decisions are in plan, consider and the readers."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.ingest import plan
from services.ingest.adapters import Queue
from services.ingest.consider import Rules, Stores, consider
from services.ingest.filtering import filters_for, link_titles
from services.ingest.gateway import Gateway, open_gateway
from services.ingest.listings import Gets, Polled, poll
from services.ingest.plan import Candidate, Considered, Period
from services.ingest.settings import IngestSettings
from services.ingest.sources.base import ReadingContext
from shared import ids
from shared.clock import Clock, parse_as_of
from shared.config.client import ClientConfig
from shared.config.rules import Source
from shared.config.tree import ConfigTree
from shared.contracts.batch import Manifest, QueuedItem, RawMessage, SourceReport
from shared.contracts.events import Answer, IngestEvent, Kind
from shared.errors import ConfigError, InputError, NotFoundError, RunFailedError
from shared.storage import keys
from shared.storage.batches import BatchStore
from shared.storage.editions import Editions
from shared.storage.objects import get_model
from shared.storage.sources import SourceMemory


class ConfigStore(Protocol):
    """Where releases of the configuration are kept."""

    def current(self) -> str: ...
    def load(self, release: str) -> ConfigTree: ...


OpenFetcher = Callable[[Gateway, float], Gets]
"""A fetcher through a gateway that stops at a monotonic moment."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that a run touches."""

    settings: IngestSettings
    config: ConfigStore
    batches: BatchStore
    editions: Editions
    sources: SourceMemory
    stores: Stores
    queue: Queue
    clock: Clock
    open_fetcher: OpenFetcher
    api_key: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Run:
    """A run as planned. `kind` is what its batch is: a restricted run collects, whatever the event says."""

    event: IngestEvent
    client: ClientConfig
    tree: ConfigTree
    sources: tuple[Source, ...]
    kind: Kind
    run_id: str
    batch_id: str
    as_of: datetime
    period: Period
    gateway: Gateway

    @property
    def restricted(self) -> bool:
        return self.event.dry_run or self.event.sources is not None

    @property
    def timezone(self) -> str:
        return self.client.client_profile.timezone


class Ingest:
    """One function's runs."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def run(self, event: IngestEvent, request_id: str, seconds_left: float) -> Answer:
        """Ingest for a client, or resume the run of the same run_id.

        Raises InputError and NotFoundError for a wrong event, RunFailedError when nothing worked.
        """
        begun = time.monotonic()
        ends_at = begun + max(0.0, seconds_left - self._ports.settings.time_reserve_seconds)
        run = self.prepare(event, request_id)
        manifest = None if event.dry_run else self._earlier(run)
        manifest = manifest or self._collect(run, ends_at)
        if not event.dry_run:
            self._queue(manifest)
        return Answer(statusCode=200, body=self._body(manifest, event.dry_run, time.monotonic() - begun))

    def prepare(self, event: IngestEvent, request_id: str) -> Run:
        """Everything that can be known before anything is fetched. Raises InputError, NotFoundError, ConfigError."""
        tree = self._ports.config.load(self._ports.config.current())
        if not event.client_id:
            raise InputError(f"the event names no client_id; known: {', '.join(sorted(tree.clients))}")
        client = tree.client(event.client_id)
        timezone = client.client_profile.timezone
        kind: Kind = "collect" if event.dry_run or event.sources is not None else event.kind
        run_id = event.run_id or request_id
        as_of = _as_of(event, self._ports.clock, timezone)
        last = self._ports.editions.last_sent(client.client_id) if event.kind == "edition" else None
        last_to = str(last["window_to"]) if last else None
        return Run(
            event=event,
            client=client,
            tree=tree,
            sources=_wanted(tree.sources_for(client), event.sources, client.client_id),
            kind=kind,
            run_id=run_id,
            batch_id=ids.batch_id(client.client_id, kind, run_id),
            as_of=as_of,
            period=plan.period(event, as_of, timezone, client.pipeline.default_period_days, last_to),
            gateway=open_gateway(event.fetch_gateway, local=self._ports.settings.is_local),
        )

    def _earlier(self, run: Run) -> Manifest | None:
        """The manifest that the same run left, if it came that far."""
        try:
            key = keys.manifest(run.client.client_id, run.batch_id)
            return get_model(self._ports.stores.objects, key, Manifest)
        except NotFoundError:
            return None

    def _collect(self, run: Run, ends_at: float) -> Manifest:
        fetch = self._ports.open_fetcher(run.gateway, ends_at)
        polled = self.poll_all(run, fetch)
        _require_any(polled)
        considered = self._consider_all(run, polled, fetch)
        return _manifest(run, polled, considered, self._ports.clock.now())

    def poll_all(self, run: Run, fetch: Gets) -> list[Polled]:
        """Every source's listing, concurrently; remembers what they said unless the run is dry."""
        is_link = link_titles(run.tree)

        def one(source: Source) -> Polled:
            context = self._context(run, source, is_link)
            memory = self._ports.sources
            previous = None if run.event.force_refresh else memory.snapshot(source.source_key)
            health = memory.health(source.source_key)
            polled = poll(source, fetch, context, previous, health, self._ports.clock.now(), run.as_of)
            if not run.event.dry_run and not run.event.test:
                if polled.snapshot is not None:
                    memory.remember(polled.snapshot)
                memory.save(source.source_key, polled.health)
            return polled

        with ThreadPoolExecutor(min(self._ports.settings.workers, max(1, len(run.sources)))) as pool:
            return list(pool.map(one, run.sources))

    def _context(self, run: Run, source: Source, is_link: Callable[[str], bool]) -> ReadingContext:
        return ReadingContext(
            since=datetime.fromisoformat(run.period.window.start).date(),
            until=datetime.fromisoformat(run.period.last).date(),
            is_link=is_link,
            extractor=run.tree.extractors.extractors.get(source.source_key),
            api_key=self._ports.api_key() if source.ingestion_mode == "pubmed" else "",
        )

    def _consider_all(self, run: Run, polled: Sequence[Polled], fetch: Gets) -> list[Considered]:
        now = self._ports.clock.now()
        rules = Rules(
            period=run.period,
            filters=filters_for(run.tree, run.client, run.sources),
            now=max(now, run.as_of),
            fetched_at=now,
            force=run.event.force_refresh,
            keep=not run.event.dry_run,
        )
        is_link = link_titles(run.tree)
        found = plan.candidates((one.source, one.entries) for one in polled)

        def one(candidate: Candidate) -> Considered:
            if is_link(candidate.entry.title):
                return Considered(candidate, "link_only", "its title is a link to another item")
            return consider(candidate, rules, self._ports.stores, fetch)

        with ThreadPoolExecutor(self._ports.settings.workers) as pool:
            return list(pool.map(one, found))

    def _queue(self, manifest: Manifest) -> None:
        """Open the batch, send what was never sent, close it when there is nothing to wait for."""
        now = self._ports.clock.now()
        deadline = int((now + timedelta(seconds=self._ports.settings.batch_seconds)).timestamp())
        batch = self._ports.batches.open(manifest, deadline)
        if batch.status == "complete" or not manifest.items:
            self._ports.batches.close(batch)
            return
        key = (manifest.client_id, manifest.batch_id)
        sent = self._ports.batches.items(*key)
        messages = [_message(manifest, item) for item in manifest.items if item.item_id not in sent]
        lost = self._ports.queue.send(messages, lambda item_ids: self._ports.batches.mark_sent(*key, item_ids))
        if lost:
            raise RunFailedError(
                f"the queue refused {len(lost)} of {len(messages)} items of {manifest.batch_id}; run again with "
                f"run_id {manifest.run_id!r}, or wait for the sweeper"
            )

    def _body(self, manifest: Manifest, dry: bool, seconds: float) -> dict[str, Any]:
        """The answer's counts. `items_ingested`: articles kept, which `items_queued` are unless the run is dry;
        `items_normalized`: those of them that the lake already has with the same content."""
        key = keys.manifest(manifest.client_id, manifest.batch_id)
        outcomes = plan.outcomes(manifest.seen)
        return {
            "client_id": manifest.client_id,
            "batch_id": manifest.batch_id,
            "kind": manifest.kind,
            "window": manifest.window.model_dump(by_alias=True),
            "sources_processed": len(manifest.sources),
            "sources_failed": {s.source_key: s.error for s in manifest.sources if s.status == "failed"},
            "items_seen": len(manifest.seen),
            "items_ingested": len(manifest.items),
            "items_filtered_out": outcomes.get("filtered", 0),
            "items_undated": outcomes.get("undated", 0),
            "items_queued": 0 if dry else len(manifest.items),
            "items_normalized": manifest.already_normalized,
            "dry_run": dry,
            "execution_time_seconds": round(seconds, 3),
            "s3_output_path": "" if dry else f"s3://{self._ports.settings.data_bucket}/{key}",
        }


def _as_of(event: IngestEvent, clock: Clock, timezone: str) -> datetime:
    try:
        return parse_as_of(event.as_of, clock, timezone)
    except ValueError as error:
        raise InputError(f"as_of must be an ISO date or datetime, not {event.as_of!r}") from error


def _wanted(sources: tuple[Source, ...], only: tuple[str, ...] | None, client_id: str) -> tuple[Source, ...]:
    known = {source.source_key: source for source in sources}
    if not known:
        raise ConfigError(f"client {client_id} has no enabled source; add some to its source_config")
    unknown = [key for key in only or () if key not in known]
    if unknown:
        raise InputError(f"{client_id} has no source {', '.join(unknown)}; known: {', '.join(known)}")
    return tuple(known[key] for key in dict.fromkeys(only)) if only else sources


def _require_any(polled: Sequence[Polled]) -> None:
    if all(one.report.status == "failed" and not one.entries for one in polled):
        reasons = "; ".join(f"{one.source.source_key}: {one.report.error}" for one in polled)
        raise RunFailedError(f"no source could be read: {reasons}")


def _manifest(run: Run, polled: Sequence[Polled], considered: Sequence[Considered], now: datetime) -> Manifest:
    kept = [one for one in considered if one.raw is not None]
    counts: dict[str, int] = {}
    for one in kept:
        key = one.candidate.source.source_key
        counts[key] = counts.get(key, 0) + 1
    return Manifest(
        client_id=run.client.client_id,
        batch_id=run.batch_id,
        kind=run.kind,
        run_id=run.run_id,
        as_of=run.as_of.isoformat(),
        window=run.period.window,
        config_release=run.tree.release,
        restricted=run.restricted,
        delivery=run.event.delivery,
        created_at=now.isoformat(),
        items=tuple(plan.queued(one, keys.raw(one.raw.item_id, one.raw.content_hash)) for one in kept if one.raw),
        seen=tuple(plan.seen(one) for one in considered),
        sources=tuple(_with_counts(one, counts, run) for one in polled),
        already_normalized=sum(one.known for one in kept),
    )


def _with_counts(polled: Polled, counts: dict[str, int], run: Run) -> SourceReport:
    """The source's report with what was queued, and whether any gap falls into this run's window."""
    start = plan.start_moment(run.period, run.timezone)
    gap = any(start <= datetime.fromisoformat(moment) <= run.as_of for moment in polled.health.gaps)
    return polled.report.model_copy(update={"queued": counts.get(polled.source.source_key, 0), "gap": gap})


def _message(manifest: Manifest, item: QueuedItem) -> RawMessage:
    return RawMessage(
        client_id=manifest.client_id,
        batch_id=manifest.batch_id,
        item_id=item.item_id,
        content_hash=item.content_hash,
        raw_key=item.raw_key,
        config_release=manifest.config_release,
        as_of=manifest.as_of,
        kind=manifest.kind,
    )
