"""Mails of one edition, one after the other: intent before, result after, at SES's pace and inside the time left."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from services.publisher.adapters import Ledger, Mailer, Parcel
from services.publisher.delivery import DOUBTFUL, Plan
from services.publisher.errors import (
    DeliveryFailedError,
    MailDoubtfulError,
    MailRefusedError,
    MailThrottledError,
    RetryLaterError,
    SenderBlockedError,
)
from services.publisher.mail import Letter, compose
from services.publisher.recipients import Recipient
from shared.clock import Clock

_TRIES = 5  # of one throttled mail in one invocation
_BASE_DELAY = 0.5
_RESERVE = 15.0  # seconds kept for closing the edition
_RESUME_AFTER = 60
_MAX_DOUBTS = 3  # in a row: SES is down, and going on would only make more doubts


@dataclass(frozen=True, slots=True)
class Limits:
    """One invocation: `owner` is its id, `seconds_left` tells what remains of it, `lease_seconds` is its whole time."""

    owner: str
    seconds_left: Callable[[], float]
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends one letter. `rate` is mails a second; `pause` sleeps; `unsubscribe` makes a recipient's own link."""

    ledger: Ledger
    mailer: Mailer
    clock: Clock
    pause: Callable[[float], None]
    rate: float
    unsubscribe: Callable[[str], str] = lambda _: ""

    def run(self, letter: Letter, plan: Plan, limits: Limits) -> None:
        """Settle everybody in `plan`.

        Raises RetryLaterError when time or SES's patience is used up (settled recipients stay settled), and
        DeliveryFailedError when SES refuses the sender.
        """
        for key in plan.doubt:
            self.ledger.settle(letter.ledger, key, "unknown", reason=DOUBTFUL)
        for recipient in plan.refuse:
            self.ledger.settle(letter.ledger, recipient.key, "failed", reason=recipient.problem)
        for key, reason in plan.withhold.items():
            self.ledger.settle(letter.ledger, key, "withheld", reason=reason)
        doubts = 0
        for number, recipient in enumerate(plan.send):
            if number:
                self.pause(1 / self.rate)
            doubts = 0 if self._deliver(letter, recipient, limits) else doubts + 1
            if doubts == _MAX_DOUBTS:
                raise RetryLaterError(f"SES left {doubts} mails in doubt, one after the other", _RESUME_AFTER)

    def _deliver(self, letter: Letter, recipient: Recipient, limits: Limits) -> bool:
        """Send to one recipient, with back-off; False when nobody can know whether it went out."""
        reason = ""
        for attempt in range(_TRIES):
            if limits.seconds_left() < _RESERVE:
                raise RetryLaterError("the invocation's time is used up", 0)
            link = self.unsubscribe(recipient.key)
            raw = compose(letter, recipient.address, recipient.key, self.clock.now(), link)
            if not self.ledger.intend(letter.ledger, recipient.key, limits.owner):
                return True  # settled meanwhile
            try:
                return self._hand_over(letter, recipient, raw)
            except MailThrottledError as error:
                reason = str(error)
            self.ledger.settle(letter.ledger, recipient.key, "retry", reason=reason)
            self._back_off(attempt, limits)
        raise RetryLaterError(f"SES did not take the mail in {_TRIES} attempts: {reason}", _RESUME_AFTER)

    def _hand_over(self, letter: Letter, recipient: Recipient, raw: bytes) -> bool:
        ledger, key = letter.ledger, recipient.key
        tags = {"client": letter.client_id, "edition": letter.edition_id, "intent": key}
        if ledger != letter.edition_id:
            tags["ledger"] = ledger
        if letter.correlation_id:
            tags["correlation"] = letter.correlation_id
        try:
            message_id = self.mailer.send(Parcel(letter.sender, recipient.address, raw, tags))
        except MailRefusedError as error:
            self.ledger.settle(ledger, key, "failed", reason=str(error))
        except MailDoubtfulError as error:
            self.ledger.settle(ledger, key, "unknown", reason=str(error))
            return False
        except SenderBlockedError as error:
            self.ledger.settle(ledger, key, "retry", reason=str(error))
            raise DeliveryFailedError(f"SES refuses the sender; nothing was mailed: {error}") from None
        else:
            run = letter.correlation_id or letter.edition_id
            self.ledger.settle(ledger, key, "sent", message_id=message_id, reason="", correlation_id=run)
        return True

    def _back_off(self, attempt: int, limits: Limits) -> None:
        """Full jitter, inside the time that is left."""
        wait = random.uniform(0, _BASE_DELAY * 2**attempt)  # noqa: S311 (jitter)
        self.pause(min(wait, max(0.0, limits.seconds_left() - _RESERVE)))
