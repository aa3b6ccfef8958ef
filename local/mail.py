"""The mails of an edition as files: the messages that the emulator's SES accepted, one .eml for each recipient."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from local import emulator
from local.stack import Stack
from shared.storage import keys
from shared.storage.table import StateTable

_UNSAFE = re.compile(r"[^A-Za-z0-9.@_+-]+")
_OWN_ID = re.compile(rb"^Message-ID:.*?(?=\r\n\S|\Z)", re.DOTALL | re.IGNORECASE | re.MULTILINE)
_LONGEST = 80


def exported(stack: Stack, edition_id: str) -> dict[str, bytes]:
    """File name to mail, one for each recipient of the edition whose message was kept."""
    folder = stack.layout.mail
    sent = {one for one in _message_ids(stack, edition_id) if (folder / f"{one}.eml").exists()}
    records = [record for record in emulator.sent_mail(stack.layout) if record["MessageId"] in sent]
    return as_files(records, folder)


def as_files(records: Iterable[Mapping[str, Any]], folder: Path) -> dict[str, bytes]:
    """File name to mail, for records as the emulator lists them and the messages in `folder`, under the id that SES
    gave them; a second mail to the same address gets a number."""
    files: dict[str, bytes] = {}
    for record in sorted(records, key=lambda row: (row["Timestamp"], row["MessageId"])):
        for recipient in (*record["To"], *record["CC"], *record["BCC"]):
            files[_free_name(recipient, files)] = _message(record["MessageId"], folder)
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


def _message(message_id: str, folder: Path) -> bytes:
    """As SES sends it on: with its own Message-ID."""
    head, gap, body = (folder / f"{message_id}.eml").read_bytes().partition(b"\r\n\r\n")
    return _OWN_ID.sub(f"Message-ID: <{message_id}>".encode(), head) + gap + body


def _message_ids(stack: Stack, edition_id: str) -> set[str]:
    """As the publisher recorded them."""
    table = StateTable(emulator.resource(stack.layout, "dynamodb"), stack.outputs["StateTableName"])
    partition, _ = keys.delivery(edition_id, "")
    return {row["message_id"] for row in table.query(partition) if row.get("message_id")}
