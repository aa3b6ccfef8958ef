"""The flow: become the one engine of an edition, decide, write its files, change its state, tell, settle.

Every step can be repeated: files are written before the state says that they are there, and what follows the state
(older drafts, the announcement, the batch) is done again by whoever finds it undone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from services.engine.adapters import Ports
from services.engine.assignment import Assignment, for_batch, for_request, last_sent_of, told_by
from services.engine.settings import EngineSettings
from shared.approval import message_of
from shared.contracts.batch import Manifest
from shared.contracts.edition import Report
from shared.contracts.events import Answer, EngineEvent
from shared.errors import ConflictError, NotFoundError, RunFailedError
from shared.ids import content_hash
from shared.near_misses import near_misses
from shared.observability import correlate, logger, statistics
from shared.storage import keys
from shared.storage.batches import Batch
from shared.storage.objects import dump, get_model
from shared.storage.table import Row

if TYPE_CHECKING:
    from services.engine.building import Built

_NEAR_MISSES = 3
_LIVE = ("draft", "approved", "sending", "sent")
_FILE_TYPES = {
    "md": "text/markdown; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of the function: `owner` is its request id (kept by its retries), `seconds_left` what remains of it."""

    owner: str
    seconds_left: Callable[[], float]


class Engine:
    """Makes editions."""

    def __init__(self, ports: Ports, settings: EngineSettings) -> None:
        self._ports, self._settings = ports, settings

    def for_batch(self, client_id: str, batch_id: str, run: Invocation) -> Answer:
        """The edition of a completed batch; a repetition answers with the edition that is there.

        Raises RunFailedError when nothing of the batch could be normalized, NotFoundError without manifest or state.
        """
        started = time.monotonic()
        correlate(batch_id)
        manifest = get_model(self._ports.data, keys.manifest(client_id, batch_id), Manifest)
        batch = self._ports.batches.get(client_id, batch_id)
        if manifest.restricted or batch.kind != "edition":
            self._ports.batches.settle(client_id, batch_id, "")
            logger.info("a restricted or collect batch makes no edition", extra={"batch_id": batch_id})
            return Answer(statusCode=200, body={"batch_id": batch_id, "edition_id": None})
        self._refuse_failed(batch, manifest)
        tree = self._ports.config.load(manifest.config_release)
        return self._make(for_batch(manifest, tree, self._ports.clock), run, started)

    def for_request(self, event: EngineEvent, run: Invocation) -> Answer:
        """The edition of a direct request, from what the lake holds; the same request finds its own edition again.

        With `force_regenerate` an unsent edition is made anew (the new one supersedes it); a sent one is left alone.
        Raises InputError for unusable dates or a `batch_id` of another window.
        """
        started = time.monotonic()
        tree = self._ports.config.load(self._ports.config.current())
        tree.client(event.client_id)
        last = last_sent_of(self._ports.editions.last_sent(event.client_id))
        assignment = for_request(event, tree, last, self._ports.clock)
        batch_id = event.batch_id
        if event.force_regenerate:
            row = self._newest(assignment)
            batch_id = batch_id or (row or {}).get("batch_id")
            assignment = self._rebuilt(event, assignment, row, run)
        return self._make(self._told(assignment, batch_id), run, started)

    def _told(self, assignment: Assignment, batch_id: str | None) -> Assignment:
        """As telling of that run; of none where its manifest is gone, and then nothing is said of what it reached."""
        if batch_id is None:
            return assignment
        key = keys.manifest(assignment.client_id, batch_id)
        try:
            return told_by(assignment, get_model(self._ports.data, key, Manifest))
        except NotFoundError:
            logger.warning("the run's manifest is gone: its sources are not told", extra={"batch_id": batch_id})
            return assignment

    def _rebuilt(self, event: EngineEvent, first: Assignment, row: Row | None, run: Invocation) -> Assignment:
        """The request's newest edition `row` while nothing is there to replace, or when it is sent; else a new
        revision."""
        if row is None or row["status"] == "building":
            return first
        if row["status"] in ("sending", "sent") or row.get("owner") == run.owner:
            return replace(first, edition_id=row["edition_id"])
        last = last_sent_of(self._ports.editions.last_sent(first.client_id))
        return for_request(event, first.tree, last, self._ports.clock, revision=run.owner)

    def _newest(self, first: Assignment) -> Row | None:
        """The request's edition, or the one of the same window that has taken its place."""
        row = self._ports.editions.find(first.client_id, first.edition_id)
        while row and row["status"] == "superseded" and row.get("superseded_by"):
            following = self._ports.editions.find(first.client_id, row["superseded_by"])
            if following is None or any(following.get(key) != row.get(key) for key in ("window_from", "window_to")):
                break
            row = following
        return row

    def _refuse_failed(self, batch: Batch, manifest: Manifest) -> None:
        if batch.done or not batch.failed:
            return
        if any(self._ports.lake.get(item.item_id) for item in manifest.items):
            return
        raise RunFailedError(
            f"all {batch.failed} items of batch {batch.batch_id} failed to normalize, so there is no edition; "
            f"`vectora digest --stack {self._settings.env}` says why, and what to do"
        )

    def _make(self, assignment: Assignment, run: Invocation, started: float) -> Answer:
        editions, client_id, edition_id = self._ports.editions, assignment.client_id, assignment.edition_id
        correlate(assignment.correlation_id)
        mine = editions.begin(client_id, edition_id, run.owner, self._settings.lease_seconds)
        row = self._write(assignment, run) if mine else editions.get(client_id, edition_id)
        if row["status"] == "building":
            logger.info("another engine is building this edition", extra={"edition_id": edition_id})
            return Answer(statusCode=202, body={"edition_id": edition_id, "status": "building"})
        self._finish(assignment, row)
        return self._answer(row, started, existing=not mine)

    def _write(self, assignment: Assignment, run: Invocation) -> Row:
        """Make the edition, write its files, then say that they are there. What makes it is loaded here: an event that
        comes twice, and one whose edition another engine makes, need none of it."""
        from services.engine.building import build
        from services.engine.report_page import report_page

        built = build(assignment, self._ports, self._settings, run.seconds_left)
        body = dump(built.edition)
        for extension, kind in _FILE_TYPES.items():
            self._put(assignment, f"newsletter.{extension}", built.files[extension].encode(), kind)
        self._put(assignment, "newsletter.json", body, "application/json")
        self._put(assignment, "report.json", dump(built.report), "application/json")
        self._put(assignment, "report.html", report_page(built.report).encode(), _FILE_TYPES["html"])
        facts = _facts(assignment, built, content_hash(body.decode()))
        ids = (assignment.client_id, assignment.edition_id)
        try:
            return self._ports.editions.move(*ids, assignment.ready_status, ["building"], **facts)
        except ConflictError:  # the lease ran out, and another engine has finished it meanwhile
            return self._ports.editions.get(*ids)

    def _put(self, assignment: Assignment, name: str, body: bytes, kind: str) -> None:
        self._ports.newsletters.put(f"{assignment.prefix}/{name}", body, kind)

    def _finish(self, assignment: Assignment, row: Row) -> None:
        """What follows an edition that is there: older drafts step back, it is announced, its batch is settled."""
        status = self._supersede(row)
        if status in ("draft", "approved") and not row.get("announced_at"):
            self._ports.announcer.publish(message_of(row))
            now = self._ports.clock.now().isoformat()
            self._ports.editions.update(row["client_id"], row["edition_id"], {"announced_at": now})
        if assignment.manifest:
            self._ports.batches.settle(row["client_id"], assignment.manifest.batch_id, row["edition_id"])

    def _supersede(self, mine: Row) -> str:
        """Of a client's unsent drafts only the newest stands; approved ones and those being sent are left alone.

        Returns the status of `mine` afterwards.
        """
        rows = [row for row in self._ports.editions.history(mine["client_id"]) if row["status"] in _LIVE]
        newest = max(rows, key=_age, default=mine)
        for row in rows:
            if row["status"] == "draft" and _age(row) < _age(newest):
                self._replace(row, newest)
        return str(self._ports.editions.get(mine["client_id"], mine["edition_id"])["status"])

    def _replace(self, row: Row, newest: Row) -> None:
        ids = (row["client_id"], row["edition_id"])
        try:
            self._ports.editions.move(*ids, "superseded", ["draft"], superseded_by=newest["edition_id"])
        except ConflictError:
            logger.info("a draft was approved while a newer edition appeared", extra={"edition_id": row["edition_id"]})

    def _answer(self, row: Row, started: float, *, existing: bool) -> Answer:
        seconds = round(time.monotonic() - started, 3)
        body: dict[str, Any] = {
            "edition_id": row["edition_id"],
            "status": row["status"],
            **row["answer"],
            "execution_time_seconds": seconds,
        }
        if existing:
            body["cache_hit"] = True
        statistics("engine", client_id=row["client_id"], seconds=seconds, existing=existing, **row["answer"])
        return Answer(statusCode=200, body=body)


def _age(row: Row) -> tuple[str, str]:
    return (row.get("started_at", ""), row["edition_id"])


def _near_misses(report: Report) -> list[dict[str, Any]]:
    """The best of what was scored and not printed, for the operators' digest. Titles and addresses as on the page."""
    from services.engine.report_page import miss

    misses = [miss(item) for item in near_misses(report.items)]
    return [
        {"title": one.title, "url": one.url, "score": one.score, "floor": report.floor, "reason": one.reason}
        for one in misses
        if one.url
    ][:_NEAR_MISSES]


def _facts(assignment: Assignment, built: Built, digest: str) -> dict[str, Any]:
    """What the edition's record says of it; enough to announce it again."""
    items = [item.item_id for section in built.edition.sections for item in section.items]
    return {
        "window_from": assignment.window.start,
        "window_to": assignment.window.end,
        "edition_date": built.edition.edition_date,
        "title": built.edition.title,
        "prefix": assignment.prefix,
        "content_hash": digest,
        "items": len(items),
        "item_ids": items,
        "near_misses": _near_misses(built.report),
        "batch_id": assignment.manifest.batch_id if assignment.manifest else None,
        "correlation_id": assignment.correlation_id,
        "as_of": assignment.as_of.isoformat(),
        "delivery": assignment.delivery,
        "config_release": assignment.tree.release,
        "answer": json.loads(json.dumps(built.answer)),
    }
