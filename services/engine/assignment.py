"""What one invocation is to make: an edition of one client, for one window, from one release of the configuration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from services.engine.window import LastSent, Period, plan_window
from shared.clock import Clock, local_day, parse_as_of
from shared.contracts.batch import Delivery, Manifest, Window
from shared.contracts.edition import EditionStatus
from shared.contracts.events import EngineEvent
from shared.errors import InputError
from shared.ids import edition_id
from shared.storage import keys
from shared.storage.table import Row

if TYPE_CHECKING:
    from shared.config.client import ClientConfig
    from shared.config.tree import ConfigTree


@dataclass(frozen=True, slots=True)
class Assignment:
    """`manifest` is that of the run that collected the items, None where a direct request names none. `as_of` is the
    run's clock; `day` the client's date at that moment."""

    client: ClientConfig
    tree: ConfigTree
    edition_id: str
    window: Window
    as_of: datetime
    delivery: Delivery
    manifest: Manifest | None = None
    force: bool = False

    @property
    def client_id(self) -> str:
        return self.client.client_id

    @property
    def correlation_id(self) -> str:
        """What its log lines, message and mail are found by."""
        return self.manifest.batch_id if self.manifest else self.edition_id

    @property
    def day(self) -> date:
        return local_day(self.as_of, self.client.client_profile.timezone)

    @property
    def prefix(self) -> str:
        return keys.edition_prefix(self.client_id, self.day.isoformat(), self.edition_id)

    @property
    def ready_status(self) -> EditionStatus:
        """A draft waits for a review, unless this run or the client says that it is sent without one."""
        automatic = self.client.newsletter_delivery.mode == "auto" and self.delivery != "review"
        return "approved" if automatic or self.delivery == "send" else "draft"


def for_batch(manifest: Manifest, tree: ConfigTree, clock: Clock) -> Assignment:
    """The edition of a completed batch: the manifest's window, release and clock."""
    client = tree.client(manifest.client_id)
    return Assignment(
        client=client,
        tree=tree,
        edition_id=edition_id(manifest.client_id, manifest.batch_id),
        window=manifest.window,
        as_of=_moment(manifest.as_of, clock, client),
        delivery=manifest.delivery,
        manifest=manifest,
    )


def for_request(
    event: EngineEvent, tree: ConfigTree, last: LastSent | None, clock: Clock, revision: str = ""
) -> Assignment:
    """The edition of a direct request; its id derives from client, window and day, so that a repetition finds it.

    `revision` tells a rebuilt edition from the one that it replaces. Raises InputError for unusable dates.
    """
    client = tree.client(event.client_id)
    as_of = _moment(event.as_of or event.target_date, clock, client)
    timezone = client.client_profile.timezone
    period = Period(event.from_date, event.to_date, event.target_date, event.period_days)
    window = plan_window(period, last, client.pipeline.default_period_days, as_of, timezone)
    seed = f"direct|{window.start}|{window.end}|{local_day(as_of, timezone)}|{revision}"
    return Assignment(
        client=client,
        tree=tree,
        edition_id=edition_id(client.client_id, seed),
        window=window,
        as_of=as_of,
        delivery=event.delivery,
        force=event.force_regenerate,
    )


def told_by(assignment: Assignment, manifest: Manifest) -> Assignment:
    """The assignment as one that tells of that run. Raises InputError where the run did not collect for its window."""
    if manifest.restricted or manifest.kind != "edition" or manifest.window != assignment.window:
        raise InputError(
            f"batch {manifest.batch_id} did not collect for an edition of {assignment.window.start} to "
            f"{assignment.window.end}: name the batch of that edition, or none"
        )
    return replace(assignment, manifest=manifest)


def _moment(text: str | None, clock: Clock, client: ClientConfig) -> datetime:
    try:
        return parse_as_of(text, clock, client.client_profile.timezone)
    except ValueError as error:
        raise InputError(f"as_of {text!r} is neither a date (YYYY-MM-DD) nor an ISO moment") from error


def last_sent_of(row: Row | None) -> LastSent | None:
    """The last sent edition as windows need it."""
    if row is None:
        return None
    return LastSent(row["window_from"], row["window_to"], row["started_at"])
