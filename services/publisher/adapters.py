"""The publisher's I/O: SES, SNS, SQS and the deliveries in the state table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from services.publisher.errors import (
    MailDoubtfulError,
    MailError,
    MailRefusedError,
    MailThrottledError,
    SenderBlockedError,
)
from services.publisher.recipients import redact
from services.publisher.settings import PublisherSettings
from shared.clock import Clock
from shared.contracts.delivery import DeliveryNotice, RecipientStatus
from shared.contracts.edition import EditionStatus
from shared.errors import ConflictError
from shared.storage import keys
from shared.storage.recipients import Standing
from shared.storage.table import Row, StateTable, is_code

if TYPE_CHECKING:
    from shared.config.client import ClientConfig
    from shared.config.tree import ConfigTree
    from shared.signing import Signer

RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 5})

# SES v2 SendEmail, "Errors": https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
_THROTTLED = {"TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"}
_REFUSED = {"MessageRejected", "BadRequestException", "InvalidParameterValue", "ValidationException"}
_LEASE = "LEASE"  # not a hash of 16 hex digits, so never a recipient's key


class Clients(Protocol):
    """Clients' files as a configuration release has them."""

    def client(self, release: str, client_id: str) -> ClientConfig: ...


class EditionStates(Protocol):
    """What the publisher needs of shared.storage.editions.Editions."""

    def get(self, client_id: str, edition_id: str) -> Row: ...
    def history(self, client_id: str) -> list[Row]: ...
    def move(
        self,
        client_id: str,
        edition_id: str,
        to: EditionStatus,
        allowed: Sequence[EditionStatus],
        unchanged: str | None = None,
        **facts: Any,
    ) -> Row: ...
    def reserve(self, client_id: str, edition_id: str, item_ids: Sequence[str]) -> dict[str, str]: ...
    def update(self, client_id: str, edition_id: str, facts: Mapping[str, Any]) -> None: ...
    def mark_printed(self, client_id: str, edition_id: str, items: Sequence[Mapping[str, Any]]) -> None: ...


class Ledger(Protocol):
    """Who delivers an edition, and what became of each recipient."""

    def claim(self, edition_id: str, owner: str, seconds: int) -> bool: ...
    def release(self, edition_id: str, owner: str) -> None: ...
    def states(self, edition_id: str) -> dict[str, Row]: ...
    def intend(self, edition_id: str, key: str, owner: str) -> bool: ...
    def settle(self, edition_id: str, key: str, status: RecipientStatus, **facts: str) -> None: ...
    def learn(self, ledger: str, key: str, feedback: str, reason: str, message_id: str, *, took: bool) -> bool: ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """One mail for SES. `tags` come back with every event about it (names and values: letters, digits, _ and -)."""

    sender: str
    address: str
    raw: bytes
    tags: Mapping[str, str]


class Mailer(Protocol):
    """Hands a mail over and returns its message id; raises the errors of services.publisher.errors."""

    def send(self, parcel: Parcel) -> str: ...


class Notifier(Protocol):
    """Tells operators and other consumers."""

    def publish(self, notice: DeliveryNotice) -> None: ...


class Releases(Protocol):
    """Configuration by release: shared.config.store.S3ConfigStore."""

    def load(self, release: str) -> ConfigTree: ...


class ReleasedClients:
    """Clients from the config bucket's releases."""

    def __init__(self, store: Releases) -> None:
        self._store = store

    def client(self, release: str, client_id: str) -> ClientConfig:
        """Raises NotFoundError."""
        return self._store.load(release).client(client_id)


class TableLedger:
    """The ledger in the state table, one partition an edition."""

    def __init__(self, table: StateTable, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def claim(self, edition_id: str, owner: str, seconds: int) -> bool:
        """Become the only one who delivers this edition, for `seconds`; False while another does."""
        now = int(self._clock.now().timestamp())
        try:
            self._table.update(
                keys.delivery(edition_id, _LEASE),
                {"owner": owner, "lease_until": now + seconds},
                condition="attribute_not_exists(#owner) OR #lease_until < :now OR #owner = :me",
                values={"now": now, "me": owner},
            )
        except ConflictError:
            return False
        return True

    def release(self, edition_id: str, owner: str) -> None:
        """Give the delivery up; no effect when somebody else has it by now."""
        try:
            self._table.update(
                keys.delivery(edition_id, _LEASE), {"lease_until": 0}, condition="#owner = :me", values={"me": owner}
            )
        except ConflictError:
            return

    def states(self, edition_id: str) -> dict[str, Row]:
        """Recipient key → {status, reason, message_id, at}."""
        partition, _ = keys.delivery(edition_id, "")
        return {row["sk"]: row for row in self._table.query(partition) if row["sk"] != _LEASE}

    def intend(self, edition_id: str, key: str, owner: str) -> bool:
        """Record that a mail is about to leave; False when this recipient is not free to be sent to."""
        try:
            self._table.update(
                keys.delivery(edition_id, key),
                {"status": "intent", "owner": owner, "at": self._clock.now().isoformat()},
                condition="attribute_not_exists(#status) OR #status = :retry",
                values={"retry": "retry"},
            )
        except ConflictError:
            return False
        return True

    def settle(self, edition_id: str, key: str, status: RecipientStatus, **facts: str) -> None:
        """Record what became of a recipient. A doubt is none when SES's own event has settled the mail meanwhile."""
        row = {"status": status, "at": self._clock.now().isoformat(), **facts}
        if status != "unknown":
            self._table.update(keys.delivery(edition_id, key), row)
            return
        try:
            self._table.update(
                keys.delivery(edition_id, key), row, condition="#status = :intent", values={"intent": "intent"}
            )
        except ConflictError:
            return

    def learn(self, ledger: str, key: str, feedback: str, reason: str, message_id: str, *, took: bool) -> bool:
        """Record SES's word about a known recipient; an open doubt ends by it. True when one did."""
        heard = {"feedback": feedback, "feedback_reason": reason, "feedback_at": self._clock.now().isoformat()}
        settled = {"status": "sent" if took else "failed", "message_id": message_id, "reason": reason}
        doubt, values = "#status = :unknown OR #status = :intent", {"unknown": "unknown", "intent": "intent"}
        try:
            self._table.update(keys.delivery(ledger, key), {**heard, **settled}, condition=doubt, values=values)
        except ConflictError:
            self._hear(ledger, key, heard)
            return False
        return True

    def _hear(self, ledger: str, key: str, heard: Mapping[str, str]) -> None:
        """A weaker word comes late: SES does not keep the order of its events."""
        condition, final = "attribute_exists(#status)", {}
        if heard["feedback"] not in ("complained", "bounced"):
            condition += " AND NOT #feedback IN (:bounced, :complained, :delivered)"
            final = {"bounced": "bounced", "complained": "complained", "delivered": "delivered"}
        try:
            self._table.update(keys.delivery(ledger, key), heard, condition=condition, values=final)
        except ConflictError:
            return


def mail_error(error: Exception) -> MailError:
    """What a failure of SendEmail means for the mail, without any address that it quotes."""
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return MailThrottledError(f"SES is out of reach: {type(error).__name__}")
    if not isinstance(error, ClientError):
        return MailDoubtfulError(f"the connection broke while SES had the mail: {type(error).__name__}")
    code = error.response.get("Error", {}).get("Code", "")
    reason = redact(f"{code}: {error.response.get('Error', {}).get('Message', '')}")
    if code in _THROTTLED or error.response["ResponseMetadata"]["HTTPStatusCode"] == 429:
        return MailThrottledError(reason)
    if code in _REFUSED:
        return MailRefusedError(reason)
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return MailDoubtfulError(reason)
    return SenderBlockedError(reason)


class SesMailer:
    """SES v2. `client` must not retry by itself (total_max_attempts 1): a retry after a broken answer mails twice."""

    def __init__(self, client: Any, configuration_set: str = "") -> None:
        if client.meta.config.retries.get("total_max_attempts") != 1:
            raise ValueError("the SES client retries by itself; build it with retries={'total_max_attempts': 1}")
        self._client = client
        self._options = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, parcel: Parcel) -> str:
        try:
            answer = self._client.send_email(
                FromEmailAddress=parcel.sender,
                Destination={"ToAddresses": [parcel.address]},
                Content={"Raw": {"Data": parcel.raw}},
                EmailTags=[{"Name": name, "Value": value} for name, value in parcel.tags.items()],
                **self._options,
            )
        except (ClientError, BotoCoreError) as error:
            raise mail_error(error) from None  # its text and traceback may quote the address
        return str(answer["MessageId"])


class SesSuppression:
    """The account's suppression list (SES v2 GetSuppressedDestination)."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def reason(self, address: str) -> Standing | None:
        """Why SES would not deliver to this address, if so. Raises ClientError without the address."""
        try:
            answer = self._client.get_suppressed_destination(EmailAddress=address)
        except ClientError as error:
            if is_code(error, "NotFoundException"):
                return None
            raise mail_error(error) from None
        return "complained" if answer["SuppressedDestination"]["Reason"] == "COMPLAINT" else "bounced"


class SnsNotifier:
    """NotificationTopic."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client, self._topic = client, topic_arn

    def publish(self, notice: DeliveryNotice) -> None:
        attributes = {
            "client_id": notice.client_id,
            "edition_id": notice.edition_id,
            "status": notice.status,
            "attention": str(notice.attention).lower(),
            "correlation_id": notice.correlation_id or notice.edition_id,
        }
        self._client.publish(
            TopicArn=self._topic,
            Subject=f"Newsletter {notice.client_id}, {notice.edition_date}: {notice.status}"[:100],
            Message=notice.model_dump_json(indent=1),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


class PublisherQueue:
    """PublisherQueue, to bring a paused delivery back after its own wait. Without `url` the queue's timeout counts."""

    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def delay(self, receipt_handle: str, seconds: int) -> None:
        if self._url:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )


def signer(settings: PublisherSettings) -> Signer | None:
    """The stack's own signer of links, where the stack has a secret."""
    if not settings.link_secret:
        return None
    secrets = boto3.client("secretsmanager", config=RETRIES)
    from shared.signing import Signer

    return Signer(secrets.get_secret_value(SecretId=settings.link_secret)["SecretString"])
