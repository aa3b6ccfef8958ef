"""The mails of an edition as files: what the emulator's SES accepted, one .eml for each recipient.

The emulator keeps sender, recipients, subject and bodies, not the message as it was handed over; the mail is put
together from those again.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from local import emulator
from local.stack import Stack
from shared.storage import keys
from shared.storage.table import StateTable

_UNSAFE = re.compile(r"[^A-Za-z0-9.@_+-]+")
_LONGEST = 80


def exported(stack: Stack, edition_id: str) -> dict[str, bytes]:
    """File name to mail, one for each recipient of the edition."""
    runs = _correlation_ids(stack, edition_id)
    records = [record for record in emulator.sent_mail(stack.layout) if record["MessageId"] in runs]
    return as_files(records, edition_id, runs)


def as_files(
    records: Iterable[Mapping[str, Any]], edition_id: str, runs: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """File name to mail, for records as the emulator lists them; a second mail to the same address gets a number.

    `runs`: message id → correlation id.
    """
    known = runs or {}
    files: dict[str, bytes] = {}
    for record in sorted(records, key=lambda row: (row["Timestamp"], row["MessageId"])):
        for recipient in (*record["To"], *record["CC"], *record["BCC"]):
            run = known.get(record["MessageId"], edition_id)
            files[_free_name(recipient, files)] = _message(record, recipient, edition_id, run)
    return files


def file_name(address: str) -> str:
    """A name without separators, leading dots or length that any file system refuses."""
    name = _UNSAFE.sub("_", address).lstrip(".") or "recipient"
    if len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"
    return f"{name}.eml"


def _free_name(address: str, taken: Mapping[str, bytes]) -> str:
    name, number = file_name(address), 2
    while name in taken:
        name, number = f"{file_name(address).removesuffix('.eml')}-{number}.eml", number + 1
    return name


def _message(record: Mapping[str, Any], recipient: str, edition_id: str, run: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = _line(record["Source"])
    message["To"] = _line(recipient)
    message["Subject"] = _line(record["Subject"])
    message["Date"] = format_datetime(datetime.fromtimestamp(record["Timestamp"], UTC))
    message["Message-ID"] = f"<{record['MessageId']}>"
    message["X-Vectora-Edition"] = edition_id
    message["X-Vectora-Correlation-Id"] = run
    message.set_content(record["BodyText"] or "")
    if record["BodyHtml"]:
        message.add_alternative(record["BodyHtml"], subtype="html")
    return message.as_bytes()


def _line(text: str) -> str:
    return " ".join(text.split())


def _correlation_ids(stack: Stack, edition_id: str) -> dict[str, str]:
    """Message id → correlation id, as the publisher recorded them."""
    table = StateTable(emulator.resource(stack.layout, "dynamodb"), stack.outputs["StateTableName"])
    partition, _ = keys.delivery(edition_id, "")
    rows = (row for row in table.query(partition) if row.get("message_id"))
    return {row["message_id"]: row.get("correlation_id", edition_id) for row in rows}
