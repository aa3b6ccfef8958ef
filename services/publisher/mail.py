"""One edition as one mail (pure)."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from html import escape

_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Letter:
    """What every recipient of an edition gets. `sender_name` is shown, `sender` and `reply_to` are addresses.

    `occasion` tells mails about one edition apart: empty for the edition itself. `correlation_id` is in the logs of all
    that led to this mail.
    """

    client_id: str
    edition_id: str
    subject: str
    text: str
    html: str
    language: str
    sender: str
    sender_name: str
    reply_to: str = ""
    occasion: str = ""
    correlation_id: str = ""

    @property
    def ledger(self) -> str:
        """Where its deliveries are recorded. SES's tags take letters, digits, _ and -."""
        return f"{self.edition_id}-{self.occasion}" if self.occasion else self.edition_id


_UNSUBSCRIBE = {"en": "Unsubscribe", "fr": "Se désabonner"}


def _line(text: str) -> str:
    """A header's value: one line, whatever an article's title brought along."""
    return " ".join(_BREAKS.sub(" ", text).split())


def _unstructured(name: str, text: str) -> str:
    """A header's value by RFC 2047; EmailMessage's folding loses spaces between encoded words (CPython issue 92081)."""
    line = _line(text)
    charset = "us-ascii" if line.isascii() and "=?" not in line else "utf-8"
    return Header(line, charset, header_name=name).encode(linesep="\r\n")


def _mailbox(name: str, address: str) -> str:
    line = _line(name)
    return formataddr((line, address)) if line.isascii() else f"{_unstructured('From', line)} <{address}>"


def _body(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def message_id(letter: Letter, recipient_key: str) -> str:
    """The same for each attempt on the same edition and recipient.

    SES puts its own Message-ID on the mail it sends; this one tells attempts apart in what it was handed.
    """
    return f"<{letter.ledger}.{recipient_key}@{letter.sender.rpartition('@')[2]}>"


def _text_with(letter: Letter, link: str) -> str:
    return f"{letter.text.rstrip()}\n\n{_UNSUBSCRIBE[letter.language]}: {link}\n" if link else letter.text


def _html_with(letter: Letter, link: str) -> str:
    """The link as the last thing in the body, legible in light and dark."""
    if not link:
        return letter.html
    words = _UNSUBSCRIBE[letter.language]
    style = "text-align:center;font:13px sans-serif;margin:16px"
    paragraph = f'<p style="{style}"><a href="{escape(link)}" style="color:#767676">{words}</a></p>'
    before, end, after = letter.html.rpartition("</body>")
    return f"{before}{paragraph}{end}{after}" if end else f"{letter.html}{paragraph}"


def compose(letter: Letter, address: str, recipient_key: str, moment: datetime, unsubscribe: str = "") -> bytes:
    """The mail to one recipient as RFC 5322 bytes, ASCII only: text first, HTML as the better alternative.

    `address` and the letter's are normalised and valid, `moment` (UTC) becomes the Date header. `unsubscribe` is the
    recipient's own link for one-click unsubscribe (RFC 8058), in headers and both parts; empty leaves it out.
    """
    from email.message import EmailMessage
    from email.policy import SMTP

    headers = {
        "From": _mailbox(letter.sender_name, letter.sender),
        "To": address,
        "Subject": _unstructured("Subject", letter.subject),
        "Date": format_datetime(moment),
        "Message-ID": message_id(letter, recipient_key),
        "Content-Language": letter.language,
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers
        "X-Vectora-Client": letter.client_id,
        "X-Vectora-Edition": letter.edition_id,
        "X-Vectora-Correlation-Id": letter.correlation_id or letter.edition_id,
    }
    if letter.reply_to:
        headers["Reply-To"] = letter.reply_to
    if unsubscribe:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # SES takes lines of at most 1,000 characters and may pass mail on to hosts without 8BITMIME
    body = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    body.set_content(_body(_text_with(letter, unsubscribe)))
    body.add_alternative(_body(_html_with(letter, unsubscribe)), subtype="html")
    block = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return block.encode("ascii") + body.as_bytes()
