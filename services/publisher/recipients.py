"""Addresses: one spelling, one hash, and never one in a text that is logged or stored."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.utils import parseaddr

_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_HASH_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Recipient:
    """`address` is normalised; `key` is its hash for this client; `problem` says why it cannot be mailed, if so."""

    address: str
    key: str
    problem: str = ""


def redact(text: str) -> str:
    """`text` without anything that looks like an address; SES names addresses in its refusals."""
    return _ADDRESS.sub("(address)", text)


def normalise(written: str) -> str:
    """The one spelling of an address: display name dropped, NFC, lower case, domain in its ASCII form.

    Local parts are case-sensitive by RFC 5321 and treated as equal by every provider that matters here: the same
    reader must not get two mails. What is no address comes back trimmed, for `problem_of` to refuse.
    """
    spec = unicodedata.normalize("NFC", parseaddr(written)[1] or written).strip().lower()
    local, at, domain = spec.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return spec


def problem_of(address: str) -> str:
    """Why SES could not take this normalised address, or an empty string."""
    from email.headerregistry import Address  # on use: its parser of all headers takes 5 ms of a cold import

    if not address.isascii():
        return "the address holds characters that SES does not take"
    try:
        parsed = Address(addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        return "not an e-mail address"
    if not parsed.username or "." not in parsed.domain or ".." in address or parsed.domain.startswith("."):
        return "not an e-mail address"
    return ""


def recipient_key(client_id: str, address: str) -> str:
    """16 hex digits that stand for a normalised address of one client; clients cannot be joined by them."""
    return hmac.new(client_id.encode(), address.encode(), hashlib.sha256).hexdigest()[:_HASH_DIGITS]


def resolve(client_id: str, written: Sequence[str]) -> list[Recipient]:
    """The client's recipients, each once, in the order of first mention."""
    addresses = dict.fromkeys(normalise(one) for one in written if one.strip())
    return [Recipient(one, recipient_key(client_id, one), problem_of(one)) for one in addresses]
