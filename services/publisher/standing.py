"""Who is not to be mailed: readers who said no, addresses that bounced, and the account's suppression list."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from services.publisher.recipients import Recipient
from shared.storage.recipients import Standing

NO_MAIL = ("unsubscribed", "bounced", "complained")


class StandingStore(Protocol):
    """What the publisher needs of shared.storage.recipients.Recipients."""

    def standings(self, client_id: str) -> dict[str, Standing]: ...
    def record(self, client_id: str, key: str, standing: Standing, reason: str) -> bool: ...


class Suppression(Protocol):
    """The account's own suppression list."""

    def reason(self, address: str) -> Standing | None:
        """Why SES would not deliver to this address, if so."""


class NoSuppression:
    """For stacks whose SES keeps no list (SES_SUPPRESSION=none)."""

    def reason(self, address: str) -> Standing | None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class Readership:
    """Recipients' states of one client."""

    client_id: str
    store: StandingStore
    suppression: Suppression

    def withheld(self, recipients: Iterable[Recipient]) -> dict[str, str]:
        """Recipient key → why this one is not mailed. Whoever is new is remembered as subscribed."""
        known = self.store.standings(self.client_id)
        found = {one.key: self._standing(one, known.get(one.key)) for one in recipients if not one.problem}
        return {key: standing for key, standing in found.items() if standing in NO_MAIL}

    def _standing(self, recipient: Recipient, known: Standing | None) -> Standing:
        if known in NO_MAIL:
            return known
        suppressed = self.suppression.reason(recipient.address)
        if suppressed:
            self.store.record(self.client_id, recipient.key, suppressed, "on the account's suppression list")
            return suppressed
        if known is None:
            self.store.record(self.client_id, recipient.key, "subscribed", "listed in the client's file")
        return "subscribed"
