"""The flow: claim the edition, decide, act, close it, tell."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from services.publisher.adapters import Clients, EditionStates, Ledger, Mailer, Notifier
from services.publisher.archive import Archive
from services.publisher.delivery import (
    NO_RECIPIENTS,
    SKIPPED,
    Decision,
    count,
    decide,
    outcomes,
    plan,
    reached_nobody,
)
from services.publisher.errors import DeliveryFailedError, RetryLaterError
from services.publisher.mail import Letter
from services.publisher.recipients import normalise, problem_of, resolve
from services.publisher.sending import Limits, Sender
from shared.clock import Clock
from shared.config.client import ClientConfig
from shared.contracts.delivery import DeliveryCounts, DeliveryNotice, DeliveryReport, NoticeStatus
from shared.contracts.edition import Edition, EditionMessage
from shared.errors import ConfigError, InputError, NotFoundError
from shared.observability import logger, statistics
from shared.storage.objects import Objects, get_model, put_model
from shared.storage.table import Row

_BUSY_WAIT = 60
_PRINTED = {"item_id", "title", "url", "published", "event_type", "companies", "summary"}


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the flow acts through. `objects` is the newsletters bucket; `sender` replaces clients' own, if set."""

    editions: EditionStates
    clients: Clients
    objects: Objects
    ledger: Ledger
    mailer: Mailer
    notifier: Notifier
    clock: Clock
    pause: Callable[[float], None]
    rate: float = 1.0
    sender: str = ""


def read_message(body: str) -> EditionMessage:
    """The edition's message from a queue message's body, bare or in SNS's envelope. Raises InputError."""
    try:
        content = json.loads(body)
        if isinstance(content, dict) and content.get("Type") == "Notification":
            content = json.loads(content["Message"])
        return EditionMessage.model_validate(content)
    except (ValueError, KeyError, TypeError) as error:
        what = error.errors(include_input=False) if isinstance(error, ValidationError) else type(error).__name__
        raise InputError(f"not a message about an edition: {what}") from None


def publish(message: EditionMessage, parts: Parts, limits: Limits) -> Decision:
    """Deliver one edition as far as this invocation can; safe to repeat, to run twice at once and to replay.

    Returns what was decided. Raises RetryLaterError when it is to be resumed, DeliveryFailedError when nobody could be
    served, NotFoundError when edition or files are missing.
    """
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
        if self._row["status"] != "sending":
            self._parts.editions.move(*self._ids, "sending", ["draft", "approved"])
        recipients = resolve(self._message.client_id, self._client.newsletter_delivery.recipients)
        sender = Sender(self._parts.ledger, self._parts.mailer, self._parts.clock, self._parts.pause, self._parts.rate)
        try:
            sender.run(letter, plan(recipients, self._states()), self._limits)
            self._refuse_total_failure()
        except DeliveryFailedError as error:
            self._tell("failed", note=str(error))
            raise
        self._close(note="" if recipients else NO_RECIPIENTS)

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
        report = DeliveryReport(
            client_id=self._message.client_id,
            edition_id=self._message.edition_id,
            finished_at=self._parts.clock.now().isoformat(),
            counts=counts,
            note=note,
            recipients=outcomes(states),
        )
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
        )
        self._parts.notifier.publish(notice)
        self._parts.editions.update(*self._ids, {mark: self._parts.clock.now().isoformat()})

    def _letter(self, edition: Edition) -> Letter:
        delivery = self._client.newsletter_delivery
        sender, reply_to = normalise(self._parts.sender or delivery.from_address), normalise(delivery.reply_to)
        if problem_of(sender) or (reply_to and problem_of(reply_to)):
            raise ConfigError(f"client {self._message.client_id}: from_address or reply_to is not an e-mail address")
        return Letter(
            client_id=self._message.client_id,
            edition_id=self._message.edition_id,
            subject=edition.title,
            text=self._text("newsletter.txt"),
            html=self._text("newsletter.html"),
            language=edition.language,
            sender=sender,
            sender_name=self._client.client_profile.name,
            reply_to=reply_to,
        )

    def _text(self, name: str) -> str:
        body = self._parts.objects.get(self._key(name))
        if body is None:
            raise NotFoundError(f"no object {self._key(name)}: rebuild edition {self._message.edition_id}")
        return body.decode()

    def _states(self) -> dict[str, Row]:
        return self._parts.ledger.states(self._message.edition_id)

    @property
    def _prefix(self) -> str:
        return self._message.prefix.rstrip("/")

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}"
