"""What the operators' alarms need to know of every client and source: read from state, so that a run that never came
counts too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from shared.clock import Clock
from shared.observability import logger
from shared.storage.sources import Health
from shared.storage.table import Row

if TYPE_CHECKING:
    from shared.config.client import ClientConfig
    from shared.config.tree import ConfigTree

FAILING_FETCHES = 3
"""Fetches that fail one after the other before a source counts as failing; one or two are the web's ordinary life."""


class Releases(Protocol):
    def current(self) -> str: ...

    def load(self, release: str) -> ConfigTree: ...


class Editions(Protocol):
    def history(self, client_id: str) -> list[Row]: ...


class Spending(Protocol):
    def month(self, client_id: str, month: str) -> Row: ...


class Sources(Protocol):
    def health(self, source_key: str) -> Health: ...


@dataclass(frozen=True, slots=True)
class Findings:
    """Ids of clients and keys of sources; `budget_used` is the highest share of a monthly cap, in percent."""

    overdue: tuple[str, ...]
    budget_used: float
    silent: tuple[str, ...]
    failing: tuple[str, ...]


@dataclass(frozen=True)
class Watch:
    """Looks at all clients of the current release. `grace_hours`: how late an edition may be."""

    releases: Releases
    editions: Editions
    spending: Spending
    sources: Sources
    clock: Clock
    grace_hours: float

    def look(self) -> Findings:
        """Raises NotFoundError when no configuration was ever pushed."""
        tree, now = self.releases.load(self.releases.current()), self.clock.now()
        clients = [client for client in tree.clients.values() if client.schedule.edition]
        keys = {source.source_key for client in clients for source in tree.sources_for(client)}
        health = {key: self.sources.health(key) for key in sorted(keys)}
        month = now.strftime("%Y-%m")
        findings = Findings(
            overdue=tuple(c.client_id for c in clients if self._overdue(c, now)),
            budget_used=budget_used((c, self.spending.month(c.client_id, month)) for c in tree.clients.values()),
            silent=silent(health, now),
            failing=failing(health),
        )
        _tell(findings)
        return findings

    def _overdue(self, client: ClientConfig, now: datetime) -> bool:
        rhythm = timedelta(days=client.pipeline.default_period_days)
        return overdue(self.editions.history(client.client_id), now, rhythm + timedelta(hours=self.grace_hours))


def overdue(history: Sequence[Row], now: datetime, allowed: timedelta) -> bool:
    """Whether nothing was sent for longer than `allowed`. Before the first sent edition the first attempt counts, and
    a client that never had one is new."""
    sent = [row["sent_at"] for row in history if row["status"] == "sent" and row.get("sent_at")]
    started = [row["started_at"] for row in history if row.get("started_at")]
    since = max(sent) if sent else min(started, default=None)
    return since is not None and now - datetime.fromisoformat(since) > allowed


def budget_used(months: Iterable[tuple[ClientConfig, Row]]) -> float:
    """The highest share of a monthly cap that is spent, in percent; a cap of nothing counts once something is spent."""
    shares = [0.0]
    for client, row in months:
        cap, spent = client.budget.monthly_usd, float(row.get("spent", 0))
        if cap is not None and spent:
            shares.append(100 * spent / cap if cap else 100.0)
    return round(max(shares), 1)


def silent(health: Mapping[str, Health], now: datetime) -> tuple[str, ...]:
    """Sources that have had nothing new for longer than usual."""
    return tuple(key for key, one in health.items() if one.silent_days(now))


def failing(health: Mapping[str, Health]) -> tuple[str, ...]:
    """Sources whose last fetches all failed."""
    return tuple(key for key, one in health.items() if one.failures >= FAILING_FETCHES)


def _tell(findings: Findings) -> None:
    for name in ("overdue", "silent", "failing"):
        if found := getattr(findings, name):
            logger.warning(f"watch: {name}", extra={name: found})
