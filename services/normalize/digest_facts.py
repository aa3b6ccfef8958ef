"""What the weekly digest is written from, read from the state alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from services.normalize.digest import (
    BatchFacts,
    ClientFacts,
    EditionFacts,
    Facts,
    SourceFacts,
    near_misses,
)
from services.normalize.watch import FAILING_FETCHES, Editions, Releases, Sources, Spending, overdue
from shared.clock import Clock
from shared.storage.batches import Batch
from shared.storage.sources import Health
from shared.storage.table import Row

if TYPE_CHECKING:
    from shared.config.client import ClientConfig

PERIOD = timedelta(days=7)
_WAITING = ("draft", "approved", "sending")
_MOMENTS = ("sent_at", "superseded_at", "draft_at", "approved_at", "started_at")


class Batches(Protocol):
    """shared.storage.batches.BatchStore."""

    def since(self, client_id: str, moment: datetime) -> list[Batch]: ...
    def items(self, client_id: str, batch_id: str) -> dict[str, Row]: ...


class Letters(Protocol):
    """Dead-letter and failure queues."""

    def depths(self) -> Mapping[str, int]: ...


@dataclass(frozen=True)
class Gatherer:
    """Reads the facts of the days up to now. `grace_hours`: how late an edition may be."""

    environment: str
    releases: Releases
    editions: Editions
    batches: Batches
    spending: Spending
    sources: Sources
    letters: Letters
    clock: Clock
    grace_hours: float

    def gather(self) -> Facts:
        """Raises NotFoundError when no configuration was ever pushed."""
        tree, now = self.releases.load(self.releases.current()), self.clock.now()
        start = now - PERIOD
        clients = [self._client(client, start, now) for _, client in sorted(tree.clients.items())]
        keys = {source.source_key for client in tree.clients.values() for source in tree.sources_for(client)}
        found = [source_facts(key, self.sources.health(key), start, now) for key in sorted(keys)]
        return Facts(
            environment=self.environment,
            start=start,
            end=now,
            clients=tuple(one for one in clients if one is not None),
            sources=tuple(one for one in found if one.silent_days or one.gaps or one.failures),
            letters=self.letters.depths(),
        )

    def _client(self, client: ClientConfig, start: datetime, now: datetime) -> ClientFacts | None:
        """None for a client that neither runs by itself nor did anything."""
        history = self.editions.history(client.client_id)
        batches = self.batches.since(client.client_id, start)
        month = self.spending.month(client.client_id, now.strftime("%Y-%m"))
        began = start.strftime("%Y-%m")
        before = self.spending.month(client.client_id, began) if began != now.strftime("%Y-%m") else None
        editions = tuple(edition_facts(row, start) for row in history if is_told(row, start))
        if not (client.schedule.edition or editions or batches or month or before):
            return None
        allowed = timedelta(days=client.pipeline.default_period_days, hours=self.grace_hours)
        return ClientFacts(
            client_id=client.client_id,
            editions=tuple(one for one in editions if one.status != "superseded"),
            batches=tuple(self._batch(one, now) for one in batches),
            overdue=bool(client.schedule.edition) and overdue(history, now, allowed),
            spent=float(month.get("spent", 0)),
            calls=int(month.get("calls", 0)),
            cap=client.budget.monthly_usd,
            before=None if before is None else float(before.get("spent", 0)),
            rhythm=client.pipeline.default_period_days,
        )

    def _batch(self, batch: Batch, now: datetime) -> BatchFacts:
        rows = self.batches.items(batch.client_id, batch.batch_id)
        return batch_facts(batch, rows, now)


def edition_facts(row: Row, start: datetime) -> EditionFacts:
    """From an edition's record. The near misses of one from before the period were told then."""
    return EditionFacts(
        edition_id=row["edition_id"],
        status=row["status"],
        day=str(row.get("edition_date") or _moment(row).date()),
        items=int(row.get("items", 0)),
        counts=row.get("counts", {}),
        note=str(row.get("delivery_note", "")),
        near=near_misses(row.get("near_misses", ())) if _moment(row) >= start else (),
    )


def batch_facts(batch: Batch, rows: Mapping[str, Row], now: datetime) -> BatchFacts:
    """From a batch's record and those of its items. One that is open past its deadline counts as open, a running one
    does not."""
    failed = Counter(_cause(row) for row in rows.values() if row.get("status") == "failed")
    return BatchFacts(
        batch_id=batch.batch_id,
        kind=batch.kind,
        expected=batch.expected,
        done=sum(row.get("status") == "done" for row in rows.values()),
        causes=dict(failed),
        recovered=sum(row.get("status") == "done" and bool(row.get("recoveries")) for row in rows.values()),
        late="deadline" in failed,
        open=batch.status == "open" and now.timestamp() > batch.deadline,
        restricted=batch.restricted,
    )


def source_facts(source_key: str, health: Health, start: datetime, now: datetime) -> SourceFacts:
    """From a source's health."""
    failing = health.failures >= FAILING_FETCHES
    return SourceFacts(
        source_key=source_key,
        silent_days=health.silent_days(now),
        gaps=sum(start <= datetime.fromisoformat(moment) <= now for moment in health.gaps),
        poll_hours=health.poll_hours(),
        failures=health.failures if failing else 0,
        error=health.last_error if failing else "",
    )


def _cause(row: Row) -> str:
    return str(row.get("cause") or str(row.get("reason", "unknown")).partition(":")[0])


def is_told(row: Row, start: datetime) -> bool:
    """What changed in the period, and what waits for somebody, however long it has."""
    return row["status"] in _WAITING or _moment(row) >= start


def _moment(row: Row) -> datetime:
    """When the edition last changed."""
    return max(datetime.fromisoformat(row[name]) for name in _MOMENTS if row.get(name))
