"""The flow: claim the edition, decide, act, close it, tell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from services.publisher.adapters import Clients, EditionStates, Ledger, Mailer, Notifier
from services.publisher.delivery import (
    NO_RECIPIENTS,
    SKIPPED,
    Decision,
    count,
    decide,
    outcomes,
    plan,
    reached_nobody,
    unserved,
)
from services.publisher.drafts import review_letter
from services.publisher.errors import DeliveryFailedError, RetryLaterError
from services.publisher.feedback import CONNECTED
from services.publisher.mail import Letter
from services.publisher.recipients import Recipient, normalise, problem_of, resolve
from services.publisher.sending import Limits, Sender
from services.publisher.standing import NoSuppression, Readership, StandingStore, Suppression
from services.publisher.urls import Links
from shared.approval import written_hash
from shared.clock import Clock
from shared.contracts.delivery import DeliveryCounts, DeliveryNotice, DeliveryReport, NoticeStatus
from shared.contracts.edition import Edition, EditionMessage
from shared.errors import ConfigError, ConflictError, InputError, NotFoundError
from shared.observability import correlate, logger, statistics
from shared.storage.objects import Objects, get_model, put_model
from shared.storage.table import Row

if TYPE_CHECKING:
    from shared.config.client import ClientConfig

_BUSY_WAIT = 60
_PRINTED = {
    "item_id",
    "title",
    "headline",
    "url",
    "published",
    "event_type",
    "companies",
    "molecules",
    "trademarks",
    "technologies",
    "source_name",
    "summary",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the flow acts through. `objects` is the newsletters bucket; `sender` replaces clients' own, if set;
    without `links` mails carry none."""

    editions: EditionStates
    clients: Clients
    objects: Objects
    ledger: Ledger
    mailer: Mailer
    notifier: Notifier
    standings: StandingStore
    clock: Clock
    pause: Callable[[float], None]
    rate: float = 1.0
    sender: str = ""
    suppression: Suppression = field(default_factory=NoSuppression)
    links: Links | None = None

    def mailing(self, client_id: str) -> Sender:
        """The sender of one client's mails, each with its reader's own link."""
        unsubscribe: Callable[[str], str] = lambda _: ""  # noqa: E731
        if self.links:
            unsubscribe = partial(self.links.unsubscribe, client_id)
        return Sender(self.ledger, self.mailer, self.clock, self.pause, self.rate, unsubscribe)


def read_content(body: str) -> Any:
    """What a queue message's body says, bare or in SNS's envelope. Raises InputError."""
    try:
        content = json.loads(body)
        if isinstance(content, dict) and content.get("Type") == "Notification":
            message = content["Message"]
            return message if message == CONNECTED else json.loads(message)
    except (ValueError, KeyError, TypeError) as error:
        if body == CONNECTED:
            return body
        raise InputError(f"not a message for the publisher: {type(error).__name__}") from None
    return content


def read_message(body: str) -> EditionMessage:
    """The edition's message from a queue message's body, bare or in SNS's envelope. Raises InputError."""
    try:
        return EditionMessage.model_validate(read_content(body))
    except (ValueError, KeyError, TypeError) as error:
        what = error.errors(include_input=False) if isinstance(error, ValidationError) else type(error).__name__
        raise InputError(f"not a message about an edition: {what}") from None


def publish(message: EditionMessage, parts: Parts, limits: Limits) -> Decision:
    """Deliver one edition as far as this invocation can; safe to repeat, to run twice at once and to replay.

    Returns what was decided. Raises RetryLaterError when it is to be resumed, DeliveryFailedError when nobody could be
    served, NotFoundError when edition or files are missing.
    """
    correlate(message.correlation_id or message.edition_id)
    if not parts.ledger.claim(message.edition_id, limits.owner, limits.lease_seconds):
        raise RetryLaterError(f"edition {message.edition_id} is being delivered by another invocation", _BUSY_WAIT)
    try:
        return Publication(message, parts, limits).run()
    finally:
        parts.ledger.release(message.edition_id, limits.owner)


class Publication:
    """One attempt to deliver one edition, by the one who has claimed it."""

    def __init__(self, message: EditionMessage, parts: Parts, limits: Limits) -> None:
        self._message, self._parts, self._limits = message, parts, limits
        self._ids = (message.client_id, message.edition_id)
        self._row: Row = parts.editions.get(*self._ids)
        self._client: ClientConfig = parts.clients.client(message.config_release, message.client_id)

    def run(self) -> Decision:
        decision = decide(self._row, self._message, self._client.newsletter_delivery)
        logger.info(
            "edition decided",
            extra={
                "client_id": self._message.client_id,
                "edition_id": self._message.edition_id,
                "action": decision.action,
                "reason": decision.reason,
            },
        )
        if decision.action == "wait":
            raise RetryLaterError(decision.reason, _BUSY_WAIT)
        if decision.action == "hold":
            self._invite()
            self._tell("draft", note=f"a draft waits for review: {decision.reason}")
        elif decision.action == "skip":
            self._close(note=decision.reason)
        elif decision.action == "send":
            self._send()
        elif decision.action == "announce":
            self._announce()
        return decision

    def _send(self) -> None:
        edition = get_model(self._parts.objects, self._key("newsletter.json"), Edition)
        letter = self._letter(edition)
        if self._row["status"] != "sending" and not self._begin(edition):
            return
        recipients = resolve(self._message.client_id, self._client.newsletter_delivery.recipients)
        states = self._states()
        try:
            self._parts.mailing(self._message.client_id).run(
                letter, plan(recipients, states, self._withheld(unserved(recipients, states))), self._limits
            )
            self._refuse_total_failure()
        except DeliveryFailedError as error:
            self._tell("failed", note=str(error))
            raise
        self._close(note="" if recipients else NO_RECIPIENTS)

    def _begin(self, edition: Edition) -> bool:
        """Become `sending`, if the files are those that the record names and no other edition has their items.

        False: another edition prints one of them, and this one steps back.
        """
        stated = self._row.get("content_hash")
        if stated is not None and written_hash(self._parts.objects, {"prefix": self._prefix}) != stated:
            raise ConflictError(
                f"edition {self._message.edition_id}: its files are not those of its record; save it again in the "
                "review, or rebuild it"
            )
        items = [item.item_id for section in edition.sections for item in section.items]
        conflicts = self._parts.editions.reserve(*self._ids, items)
        if not conflicts:
            self._parts.editions.move(*self._ids, "sending", ["draft", "approved"])
            return True
        other = next(iter(conflicts.values()))
        note = f"not sent: {len(conflicts)} of its items are in edition {other}; rebuild it for the others"
        self._row = self._parts.editions.move(
            *self._ids, "superseded", ["draft", "approved"], superseded_by=other, delivery_note=note
        )
        self._tell("failed", note=note)
        return False

    def _withheld(self, recipients: list[Recipient]) -> dict[str, str]:
        readership = Readership(self._message.client_id, self._parts.standings, self._parts.suppression)
        return readership.withheld(recipients)

    def _invite(self) -> None:
        """Mail the draft to the client's reviewers, once for each content, with links that approve or drop it."""
        links, delivery = self._parts.links, self._client.newsletter_delivery
        reviewers = resolve(self._message.client_id, delivery.reviewers)
        if links is None or not reviewers:
            return
        edition = get_model(self._parts.objects, self._key("newsletter.json"), Edition)
        ids = (*self._ids, self._message.content_hash)
        letter = review_letter(
            self._letter(edition), edition, links.decision("approve", *ids), links.decision("drop", *ids)
        )
        letter = replace(letter, occasion=f"draft-{self._message.content_hash}")
        states = self._parts.ledger.states(letter.ledger)
        sender = replace(self._parts.mailing(self._message.client_id), unsubscribe=lambda _: "")
        sender.run(letter, plan(reviewers, states), self._limits)

    def _refuse_total_failure(self) -> None:
        """Readers who were all refused are tried again by a replay: nobody has had the edition."""
        states = self._states()
        counts = count(states)
        if not reached_nobody(counts):
            return
        for key, row in states.items():
            self._parts.ledger.settle(self._message.edition_id, key, "retry", reason=row.get("reason", ""))
        reasons = "; ".join(sorted({row.get("reason", "") for row in states.values()}))
        raise DeliveryFailedError(
            f"none of {counts.recipients} recipients could be served; repair and replay the message: {reasons}"
        )

    def _close(self, note: str) -> None:
        """End the edition. What it printed is remembered first: no crash may let the next edition print it again."""
        edition = get_model(self._parts.objects, self._key("newsletter.json"), Edition)
        items = [item.model_dump(include=_PRINTED) for section in edition.sections for item in section.items]
        self._parts.editions.mark_printed(*self._ids, items)
        put_model(self._parts.objects, self._key("newsletter.json"), edition.model_copy(update={"status": "sent"}))
        states = self._states()
        counts = count(states)
        report = report_of(self._ids, states, note, self._parts.clock, self._row.get("correlation_id", ""))
        put_model(self._parts.objects, self._key("delivery.json"), report)
        statistics("publisher", client_id=self._message.client_id, edition_id=report.edition_id, **counts.model_dump())
        self._row = self._parts.editions.move(
            *self._ids, "sent", ["draft", "approved", "sending"], **self._facts(edition, counts, note)
        )
        self._announce()

    def _facts(self, edition: Edition, counts: DeliveryCounts, note: str) -> dict[str, Any]:
        """What the edition's record keeps of its delivery: for the archive and for a repeated announcement."""
        return {
            "counts": counts.model_dump(),
            "delivery_note": note,
            "title": edition.title,
            "intro": edition.intro,
            "prefix": self._prefix,
            "edition_date": edition.edition_date,
            "items": self._message.items,
            "skipped": note == SKIPPED,
        }

    def _announce(self) -> None:
        """What follows a sent edition; repeated until it is done once."""
        from services.publisher.archive import Archive

        profile = self._client.client_profile
        Archive(self._parts.objects, self._parts.editions).refresh(profile.client_id, profile.name, profile.language)
        counts = DeliveryCounts.model_validate(self._row.get("counts", {}))
        self._tell("sent", note=self._row.get("delivery_note", ""), counts=counts)

    def _tell(self, status: NoticeStatus, note: str, counts: DeliveryCounts | None = None) -> None:
        """One notification for each status of an edition, however often its message comes."""
        mark = f"notified_{status}_at"
        if self._row.get(mark):
            return
        notice = DeliveryNotice(
            client_id=self._message.client_id,
            edition_id=self._message.edition_id,
            edition_date=self._message.edition_date,
            status=status,
            prefix=self._prefix,
            items=self._message.items,
            counts=counts or DeliveryCounts(),
            note=note,
            correlation_id=self._row.get("correlation_id", ""),
        )
        self._parts.notifier.publish(notice)
        why = {"failure": note} if status == "failed" else {}
        self._parts.editions.update(*self._ids, {mark: self._parts.clock.now().isoformat(), **why})

    def _letter(self, edition: Edition) -> Letter:
        letter = letter_of(edition, self._client, self._prefix, self._parts)
        return replace(letter, correlation_id=self._row.get("correlation_id", ""))

    def _states(self) -> dict[str, Row]:
        return self._parts.ledger.states(self._message.edition_id)

    @property
    def _prefix(self) -> str:
        return self._message.prefix.rstrip("/")

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}"


def report_of(
    ids: tuple[str, str], states: Mapping[str, Row], note: str, clock: Clock, correlation_id: str
) -> DeliveryReport:
    """delivery.json from the recipients' records."""
    return DeliveryReport(
        client_id=ids[0],
        edition_id=ids[1],
        finished_at=clock.now().isoformat(),
        counts=count(states),
        note=note,
        recipients=outcomes(states),
        correlation_id=correlation_id,
    )


def letter_of(edition: Edition, client: ClientConfig, prefix: str, parts: Parts) -> Letter:
    """The edition as its client's mail. Raises ConfigError for a bad sender, NotFoundError for a missing file."""
    delivery = client.newsletter_delivery
    sender, reply_to = normalise(parts.sender or delivery.from_address), normalise(delivery.reply_to)
    if problem_of(sender) or (reply_to and problem_of(reply_to)):
        raise ConfigError(f"client {edition.client_id}: from_address or reply_to is not an e-mail address")
    return Letter(
        client_id=edition.client_id,
        edition_id=edition.edition_id,
        subject=edition.title,
        text=_text(parts, f"{prefix}/newsletter.txt", edition),
        html=_text(parts, f"{prefix}/newsletter.html", edition),
        language=edition.language,
        sender=sender,
        sender_name=client.client_profile.name,
        reply_to=reply_to,
    )


def _text(parts: Parts, key: str, edition: Edition) -> str:
    body = parts.objects.get(key)
    if body is None:
        raise NotFoundError(f"no object {key}: rebuild edition {edition.edition_id}")
    return body.decode()
