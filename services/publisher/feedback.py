"""What SES tells about mails that it took: delivered, bounced, complained, rejected.

Event format: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from services.publisher.recipients import redact
from services.publisher.standing import StandingStore
from shared.errors import InputError
from shared.storage.recipients import Standing

Kind = Literal["sent", "delivered", "bounced", "complained", "rejected", "deferred"]
_KINDS: dict[str, Kind] = {
    "Send": "sent",
    "Delivery": "delivered",
    "DeliveryDelay": "deferred",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "rejected",
    "Rendering Failure": "rejected",
}
_STANDING: dict[Kind, Standing] = {"bounced": "bounced", "complained": "complained"}
CONNECTED = "Successfully validated SNS topic for Amazon SES event publishing."


@dataclass(frozen=True, slots=True)
class Feedback:
    """One event about one mail, found by the tags that the mail was sent with.

    `ledger` names the delivery's records: the edition's own, or those of a draft's or a repeated mail. `lasting`:
    trying again is of no use.
    """

    client_id: str
    edition_id: str
    ledger: str
    key: str
    kind: Kind
    lasting: bool
    reason: str
    message_id: str
    correlation_id: str = ""


class FeedbackLedger(Protocol):
    """What feedback changes about a delivery."""

    def learn(self, ledger: str, key: str, feedback: str, reason: str, message_id: str, *, took: bool) -> bool:
        """Record SES's word about a known recipient; an open doubt ends by it. True when one did."""


def is_feedback(content: Mapping[str, Any]) -> bool:
    return "eventType" in content and "mail" in content


def read_feedback(content: Mapping[str, Any]) -> Feedback | None:
    """The event in the terms of this service; None for mails that were not sent by it. Raises InputError."""
    try:
        kind = _KINDS[content["eventType"]]
        mail = content["mail"]
        tags = {name: values[0] for name, values in mail.get("tags", {}).items() if values}
        detail = content.get(content["eventType"].lower(), {})
        bounce = str(detail.get("bounceType", "Permanent"))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError(f"not an event of SES: {type(error).__name__} {error}") from None
    if not {"client", "edition", "intent"} <= tags.keys():
        return None
    return Feedback(
        client_id=tags["client"],
        edition_id=tags["edition"],
        ledger=tags.get("ledger", tags["edition"]),
        key=tags["intent"],
        kind=kind,
        lasting=kind != "bounced" or bounce == "Permanent",
        reason=_reason(kind, detail),
        message_id=str(mail.get("messageId", "")),
        correlation_id=tags.get("correlation", tags["edition"]),
    )


def _reason(kind: Kind, detail: Mapping[str, Any]) -> str:
    if kind == "bounced":
        return redact(f"{detail.get('bounceType', '')}/{detail.get('bounceSubType', '')}")
    if kind == "complained":
        return redact(str(detail.get("complaintFeedbackType") or "complaint"))
    return redact(str(detail.get("reason") or detail.get("delayType") or ""))


def act(feedback: Feedback, ledger: FeedbackLedger, store: StandingStore) -> bool:
    """Record the event and what follows from it; True when it ended a doubt. Safe to repeat and in any order."""
    took = feedback.kind != "rejected"
    ended = ledger.learn(feedback.ledger, feedback.key, feedback.kind, feedback.reason, feedback.message_id, took=took)
    standing = _STANDING.get(feedback.kind)
    if standing and feedback.lasting:
        store.record(feedback.client_id, feedback.key, standing, feedback.reason)
    return ended
