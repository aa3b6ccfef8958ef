"""The flow of a run: poll, consider, write the manifest, queue (or hand over to another invocation, see progress).

Decisions are in plan, consider and the readers.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.ingest import plan
from services.ingest.adapters import Queue
from services.ingest.consider import Rules, Stores, consider
from services.ingest.fetch import Gets, OutOfTimeError
from services.ingest.filtering import filters_for, link_titles
from services.ingest.gateway import Gateway, open_gateway
from services.ingest.listings import Polled, given_up_on, poll
from services.ingest.manifest import body, decided, manifest, message, read_source
from services.ingest.plan import Candidate, Considered, Period
from services.ingest.progress import MOST, PATIENCE, STEP_SECONDS, Decided, Progress, ReadSource
from services.ingest.settings import IngestSettings
from services.ingest.sources.base import ReadingContext
from shared import ids
from shared.clock import Clock, parse_as_of
from shared.config.client import ClientConfig
from shared.config.rules import Source
from shared.config.tree import ConfigTree
from shared.contracts.batch import Manifest
from shared.contracts.events import Answer, IngestEvent, Kind
from shared.errors import ConfigError, InputError, NotFoundError, RunFailedError
from shared.observability import correlate, logger
from shared.storage import keys
from shared.storage.batches import BatchStore
from shared.storage.editions import Editions
from shared.storage.objects import get_model, put_model
from shared.storage.sources import Entry, SourceMemory


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
    go_on: Callable[[IngestEvent], None]


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
    earlier: Progress | None = None

    @property
    def timezone(self) -> str:
        return self.client.client_profile.timezone

    @property
    def last(self) -> bool:
        """Whether no invocation may follow this one."""
        return self.event.continuation >= MOST


class Ingest:
    """One function's runs."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def run(self, event: IngestEvent, request_id: str, seconds_left: float) -> Answer:
        """Ingest for a client, or resume the run of the same run_id. `statusCode` 202: another invocation goes on, or
        would, where the run is dry: then its counts are not the whole.

        Raises InputError and NotFoundError for a wrong event, RunFailedError when nothing worked.
        """
        begun = time.monotonic()
        ends_at = begun + max(0.0, seconds_left - self._ports.settings.time_reserve_seconds)
        run = self.prepare(event, request_id)
        made = None if event.dry_run else self._earlier(run)
        continued = False
        if made is None:
            progress, whole = self._collect(run, ends_at)
            made = self._manifest(run, progress)
            continued = not whole
            if continued and not event.dry_run:
                self._hand_over(run, progress)
        if not event.dry_run and not continued:
            made = self._queue(made)
        bucket, seconds = self._ports.settings.data_bucket, time.monotonic() - begun
        answer = body(made, bucket, dry=event.dry_run, continued=continued, seconds=seconds)
        return Answer(statusCode=202 if continued else 200, body=answer)

    def prepare(self, event: IngestEvent, request_id: str) -> Run:
        """Everything that can be known before anything is fetched. Raises InputError, NotFoundError, ConfigError."""
        kind: Kind = "collect" if event.dry_run or event.sources is not None else event.kind
        run_id = event.run_id or request_id
        batch_id = ids.batch_id(event.client_id, kind, run_id)
        correlate(batch_id)
        earlier = None if event.dry_run or event.test else self._unfinished(event.client_id, batch_id)
        tree = self._ports.config.load(earlier.config_release if earlier else self._ports.config.current())
        if not event.client_id:
            raise InputError(f"the event names no client_id; known: {', '.join(sorted(tree.clients))}")
        client = tree.client(event.client_id)
        timezone = client.client_profile.timezone
        as_of = datetime.fromisoformat(earlier.as_of) if earlier else _as_of(event, self._ports.clock, timezone)
        days = Period(earlier.window, earlier.last) if earlier else self._period(event, client, as_of)
        return Run(
            event=event,
            client=client,
            tree=tree,
            sources=_wanted(tree.sources_for(client), event.sources, client.client_id),
            kind=kind,
            run_id=run_id,
            batch_id=batch_id,
            as_of=as_of,
            period=days,
            gateway=open_gateway(event.fetch_gateway, local=self._ports.settings.is_local),
            earlier=earlier,
        )

    def _period(self, event: IngestEvent, client: ClientConfig, as_of: datetime) -> Period:
        last = self._ports.editions.last_sent(client.client_id) if event.kind == "edition" else None
        last_to = str(last["window_to"]) if last else None
        zone, days = client.client_profile.timezone, client.pipeline.default_period_days
        return plan.period(event, as_of, zone, days, last_to)

    def _unfinished(self, client_id: str, batch_id: str) -> Progress | None:
        """What earlier invocations of the same run have done."""
        try:
            return get_model(self._ports.stores.objects, keys.progress(client_id, batch_id), Progress)
        except NotFoundError:
            return None

    def _earlier(self, run: Run) -> Manifest | None:
        """The manifest that the same run left, if it came that far."""
        try:
            key = keys.manifest(run.client.client_id, run.batch_id)
            return get_model(self._ports.stores.objects, key, Manifest)
        except NotFoundError:
            return None

    def _collect(self, run: Run, ends_at: float) -> tuple[Progress, bool]:
        """What the run has read and decided by now, and whether that is all.

        What two whole invocations in a row came no further with, or the last one of the chain leaves, is given up with
        its reason: one source or article that never ends must not cost the others. Raises RunFailedError when no source
        could be read, or when the time was too short for anything.
        """
        fetch = self._ports.open_fetcher(run.gateway, ends_at)
        now = time.monotonic()
        last_start = max(ends_at - STEP_SECONDS, (now + ends_at) / 2)
        before = run.earlier or _begun(run)
        known = {one.source_key for one in before.sources}
        left = [source for source in run.sources if source.source_key not in known]
        polled = self.poll_all(run, fetch, left, last_start)
        sources = (*before.sources, *map(read_source, polled))
        progress = before.model_copy(update={"sources": sources, "sources_in_all": len(run.sources)})
        if len(polled) < len(left):
            progress = _counted(before, progress)
            if not (run.last or progress.idle >= PATIENCE):
                return progress, False
            progress = self._without_unread_sources(run, progress)
        _require_any(progress.sources)
        found, fresh = self._consider_all(run, progress, fetch, last_start)
        decisions = (*progress.decided, *fresh)
        progress = progress.model_copy(update={"decided": decisions, "articles_in_all": len(found)})
        if len(decisions) < len(found):
            progress = _counted(before, progress)
            if not (run.last or progress.idle >= PATIENCE):
                return progress, False
            progress = _without_unread_articles(progress, found)
        return progress, True

    def _without_unread_sources(self, run: Run, progress: Progress) -> Progress:
        """The sources that were not read, as failed."""
        left, memory = _unread(run.sources, progress), self._ports.sources
        given_up = [given_up_on(one, memory.health(one.source_key), self._ports.clock.now()) for one in left]
        for polled in given_up:
            self._remember(run, polled)
        logger.error("sources were given up", extra={"sources": [source.source_key for source in left]})
        return progress.model_copy(update={"sources": (*progress.sources, *map(read_source, given_up))})

    def _remember(self, run: Run, polled: Polled) -> None:
        if run.event.dry_run or run.event.test:
            return
        if polled.snapshot is not None:
            self._ports.sources.remember(polled.snapshot)
        self._ports.sources.save(polled.source.source_key, polled.health)

    def _hand_over(self, run: Run, progress: Progress) -> None:
        """Keep what was done and have another invocation go on."""
        put_model(self._ports.stores.objects, keys.progress(run.client.client_id, run.batch_id), progress)
        following = {"run_id": run.run_id, "continuation": run.event.continuation + 1}
        self._ports.go_on(run.event.model_copy(update=following))

    def _manifest(self, run: Run, progress: Progress) -> Manifest:
        start = plan.start_moment(run.period, run.timezone)
        return manifest(progress, run.event, run.kind, run.batch_id, run.run_id, start, self._ports.clock.now())

    def poll_all(
        self, run: Run, fetch: Gets, sources: Sequence[Source], last_start: float = float("inf")
    ) -> list[Polled]:
        """These sources' listings, concurrently, as many as can be begun before the monotonic moment `last_start` and
        answer before the run ends; remembers what they said unless the run is dry."""
        is_link = link_titles(run.tree)

        def one(source: Source) -> Polled | None:
            if time.monotonic() > last_start:
                return None
            context = self._context(run, source, is_link)
            memory = self._ports.sources
            previous = None if run.event.force_refresh else memory.snapshot(source.source_key)
            health = memory.health(source.source_key)
            try:
                polled = poll(source, fetch, context, previous, health, self._ports.clock.now(), run.as_of)
            except OutOfTimeError:
                return None
            self._remember(run, polled)
            return polled

        with ThreadPoolExecutor(min(self._ports.settings.poll_workers, max(1, len(sources)))) as pool:
            return [polled for polled in pool.map(one, sources) if polled is not None]

    def _context(self, run: Run, source: Source, is_link: Callable[[str], bool]) -> ReadingContext:
        return ReadingContext(
            since=datetime.fromisoformat(run.period.window.start).date(),
            until=datetime.fromisoformat(run.period.last).date(),
            is_link=is_link,
            extractor=run.tree.extractors.extractors.get(source.source_key),
            api_key=self._ports.api_key() if source.ingestion_mode == "pubmed" else "",
        )

    def _consider_all(
        self, run: Run, progress: Progress, fetch: Gets, last_start: float
    ) -> tuple[list[Candidate], list[Decided]]:
        """All articles, and the decisions on those not decided before that could be made in time."""
        now = self._ports.clock.now()
        rules = Rules(
            period=run.period,
            filters=filters_for(run.tree, run.client, run.sources),
            now=max(now, run.as_of),
            fetched_at=now,
            force=run.event.force_refresh,
            keep=not run.event.dry_run,
            gateway=bool(run.gateway.origin),
        )
        is_link = link_titles(run.tree)
        sources = {source.source_key: source for source in run.sources}
        listed = [(sources[one.source_key], one.entries) for one in progress.sources if one.source_key in sources]
        listings, owners = plan.with_attachments(listed, is_link)
        found = plan.candidates(listings)
        done = {one.seen.item_id for one in progress.decided}

        def one(candidate: Candidate) -> Decided | None:
            if time.monotonic() > last_start:
                return None
            if is_link(candidate.entry.title):
                return decided(Considered(candidate, "link_only", _belongs(owners.get(candidate.item_id))))
            try:
                return decided(consider(candidate, rules, self._ports.stores, fetch))
            except OutOfTimeError:
                return None

        with ThreadPoolExecutor(self._ports.settings.workers) as pool:
            left = [candidate for candidate in found if candidate.item_id not in done]
            fresh = [decision for decision in pool.map(one, left) if decision is not None]
        return found, fresh

    def _queue(self, made: Manifest) -> Manifest:
        """Open the batch, send what was never sent, close it when there is nothing to wait for; the manifest that
        stands."""
        now = self._ports.clock.now()
        deadline = int((now + timedelta(seconds=self._ports.settings.batch_seconds)).timestamp())
        batch, made = self._ports.batches.open(made, deadline)
        if batch.status == "complete" or not made.items:
            self._ports.batches.close(batch)
            return made
        key = (made.client_id, made.batch_id)
        sent = self._ports.batches.items(*key)
        messages = [message(made, item) for item in made.items if item.item_id not in sent]
        lost = self._ports.queue.send(messages, lambda item_ids: self._ports.batches.mark_sent(*key, item_ids))
        if lost:
            raise RunFailedError(
                f"the queue refused {len(lost)} of {len(messages)} items of {made.batch_id}; run again with "
                f"run_id {made.run_id!r}, or wait for the sweeper"
            )
        return made


def _begun(run: Run) -> Progress:
    """A run of which nothing is done."""
    period = run.period
    return Progress(
        config_release=run.tree.release, as_of=run.as_of.isoformat(), window=period.window, last=period.last
    )


def _belongs(release: Entry | None) -> str:
    if release is None:
        return "its title is a link to another item"
    return f"its title is a link; it belongs to {release.title!r} ({release.url})"


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


def _unread(sources: Sequence[Source], progress: Progress) -> list[Source]:
    read = {one.source_key for one in progress.sources}
    return [source for source in sources if source.source_key not in read]


def _counted(before: Progress, progress: Progress) -> Progress:
    """With the number of invocations in a row that came no further. Raises RunFailedError when nothing was read yet."""
    if not progress.sources:
        raise RunFailedError("the time was too short to read anything; raise the function's Timeout")
    further = (len(before.sources), len(before.decided)) != (len(progress.sources), len(progress.decided))
    return progress.model_copy(update={"idle": 0 if further else before.idle + 1})


def _without_unread_articles(progress: Progress, found: Sequence[Candidate]) -> Progress:
    """The articles that were not read, as errors; nothing remembers them, so that the next run reads them."""
    done = {one.seen.item_id for one in progress.decided}
    reason = "not read: no invocation had time for it; the next run tries again"
    unread = tuple(decided(Considered(one, "error", reason)) for one in found if one.item_id not in done)
    logger.error("articles were given up", extra={"articles": len(unread)})
    return progress.model_copy(update={"decided": (*progress.decided, *unread)})


def _require_any(sources: Sequence[ReadSource]) -> None:
    if all(one.report.status == "failed" and not one.entries for one in sources):
        reasons = "; ".join(f"{one.source_key}: {one.report.error}" for one in sources)
        raise RunFailedError(f"no source could be read: {reasons}")
