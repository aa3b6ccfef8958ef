"""What to do with an edition and with each recipient (pure decisions)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from services.publisher.recipients import Recipient
from shared.contracts.delivery import DeliveryCounts, RecipientOutcome
from shared.contracts.edition import EditionMessage

if TYPE_CHECKING:
    from shared.config.client import NewsletterDelivery

Row = Mapping[str, Any]
Action = Literal["send", "hold", "skip", "announce", "ignore", "wait"]

SKIPPED = "quiet week: nothing to print, and the client's setting is to skip"
NO_RECIPIENTS = "the client has no recipients: nobody was mailed"
DOUBTFUL = "an earlier attempt ended between handing the mail over and recording it"


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to an edition, and the reason as operators read it."""

    action: Action
    reason: str


def decide(row: Row, message: EditionMessage, wishes: NewsletterDelivery) -> Decision:
    """What a message about an edition asks for, given the edition's record and the client's wishes.

    The record's status wins over the message's: a message may be old, repeated or replayed.
    """
    status = row["status"]
    if status == "superseded":
        return Decision("ignore", "superseded by a newer edition: not sent")
    if status == "building":
        return Decision("wait", "the edition is still being built")
    if status == "sent":
        told = bool(row.get("notified_sent_at"))
        return Decision("ignore", "sent already") if told else Decision("announce", "sent, but not announced")
    if status == "sending":
        return _skip_or_send(message, wishes, "an earlier attempt did not end")
    if row.get("content_hash") not in (None, message.content_hash):
        return Decision("ignore", "the draft was rebuilt since this message: not sent")
    return _ready(status, message, wishes)


def _skip_or_send(message: EditionMessage, wishes: NewsletterDelivery, reason: str) -> Decision:
    if message.items == 0 and wishes.quiet_week == "skip":
        return Decision("skip", SKIPPED)
    return Decision("send", reason)


def _ready(status: str, message: EditionMessage, wishes: NewsletterDelivery) -> Decision:
    if status == "approved":
        return _skip_or_send(message, wishes, "approved")
    if message.delivery == "review":
        return Decision("hold", "this run asked for a review")
    if message.delivery == "send":
        return _skip_or_send(message, wishes, "this run asked for delivery")
    if message.items == 0 and wishes.quiet_week == "skip":
        return Decision("skip", SKIPPED)
    if wishes.mode == "review":
        return Decision("hold", "the client reviews every edition")
    return Decision("send", "the client's editions are sent without review")


@dataclass(frozen=True, slots=True)
class Plan:
    """`send` in the client's order; `refuse` cannot be mailed; `doubt` are keys whose intent has no result;
    `withhold` are keys of readers who are not to be mailed, with the reason."""

    send: tuple[Recipient, ...]
    refuse: tuple[Recipient, ...]
    doubt: tuple[str, ...]
    withhold: Mapping[str, str] = field(default_factory=dict)


def unserved(recipients: Sequence[Recipient], states: Mapping[str, Row]) -> list[Recipient]:
    """Those for whom no earlier attempt has an outcome."""
    return [one for one in recipients if states.get(one.key, {}).get("status") in (None, "retry")]


def plan(recipients: Sequence[Recipient], states: Mapping[str, Row], withheld: Mapping[str, str] | None = None) -> Plan:
    """Who is still to be served, given the recipients' records of earlier attempts and who is not to be mailed.

    To be asked by the one owner of the delivery only: an intent found now belongs to an attempt that is dead.
    """
    held = withheld or {}
    fresh = unserved(recipients, states)
    return Plan(
        send=tuple(one for one in fresh if not one.problem and one.key not in held),
        refuse=tuple(one for one in fresh if one.problem),
        doubt=tuple(key for key, row in states.items() if row["status"] == "intent"),
        withhold={one.key: held[one.key] for one in fresh if one.key in held},
    )


def outcomes(states: Mapping[str, Row]) -> tuple[RecipientOutcome, ...]:
    """The recipients' records as delivery.json prints them."""
    return tuple(
        RecipientOutcome(
            recipient=key,
            status=row["status"],
            reason=row.get("reason", ""),
            message_id=row.get("message_id", ""),
            at=row.get("at", ""),
            feedback=row.get("feedback", ""),
        )
        for key, row in sorted(states.items())
    )


def count(states: Mapping[str, Row]) -> DeliveryCounts:
    """Raises ValueError while a recipient is neither sent, failed, unknown nor withheld."""
    by_status = Counter(row["status"] for row in states.values())
    open_ones = set(by_status) - {"sent", "failed", "unknown", "withheld"}
    if open_ones:
        raise ValueError(f"recipients are not settled: {', '.join(sorted(open_ones))}")
    return DeliveryCounts(recipients=len(states), **by_status)


def reached_nobody(counts: DeliveryCounts) -> bool:
    """There were recipients, and each was refused for certain."""
    return counts.failed > 0 and counts.sent + counts.unknown == 0
