"""How an edition was delivered: delivery.json, and what operators and other consumers are told."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Record

RecipientStatus = Literal["intent", "retry", "sent", "failed", "unknown", "withheld"]
NoticeStatus = Literal["draft", "sent", "failed"]


class RecipientOutcome(Contract):
    """One recipient, by hash: an address never leaves configuration and mail.

    `unknown`: an attempt ended between handing the mail over and recording it; nobody but SES can tell.
    `withheld`: not mailed, because the recipient unsubscribed, bounced or complained. `feedback` is SES's last word:
    delivered, bounced, complained or rejected.
    """

    recipient: str = Field(pattern=r"^[0-9a-f]{16}$")
    status: RecipientStatus
    reason: str = ""
    message_id: str = ""
    at: str = ""
    feedback: str = ""


class DeliveryCounts(Contract):
    """Recipients by outcome; the four add up to `recipients`."""

    recipients: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    withheld: int = 0


class DeliveryReport(Record):
    """delivery.json in an edition's folder."""

    client_id: str
    edition_id: str
    finished_at: str
    counts: DeliveryCounts
    note: str = ""
    recipients: tuple[RecipientOutcome, ...] = ()
    correlation_id: str = ""


class DeliveryNotice(Record):
    """Message on NotificationTopic. Attributes to filter on: all of its ids, status, attention."""

    client_id: str
    edition_id: str
    edition_date: str
    status: NoticeStatus
    prefix: str
    items: int
    counts: DeliveryCounts = DeliveryCounts()
    note: str = ""
    correlation_id: str = ""

    @property
    def attention(self) -> bool:
        """Somebody has to look: a draft waits, or a recipient was not reached for certain."""
        return self.status != "sent" or self.counts.failed + self.counts.unknown > 0


class ResendRequest(Record):
    """On PublisherQueue: mail a sent edition once more, to one address. `request_id` makes repetitions the same."""

    client_id: str
    edition_id: str
    resend_to: str
    request_id: str = Field(pattern=r"^[0-9a-f]{16}$")
