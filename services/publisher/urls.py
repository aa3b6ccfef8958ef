"""Signed links into LinksFunction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.clock import Clock

if TYPE_CHECKING:
    from shared.signing import Purpose, Signer


@dataclass(frozen=True, slots=True)
class Links:
    """`base` is the function's URL."""

    base: str
    signer: Signer
    clock: Clock

    def unsubscribe(self, client_id: str, recipient_key: str) -> str:
        """The address that takes this recipient off this client's list; it names nobody."""
        return self._link("unsubscribe", {"client": client_id, "recipient": recipient_key})

    def decision(self, purpose: Purpose, client_id: str, edition_id: str, content_hash: str) -> str:
        """The address that approves or drops exactly this draft."""
        return self._link(purpose, {"client": client_id, "edition": edition_id, "hash": content_hash})

    def _link(self, purpose: Purpose, facts: dict[str, str]) -> str:
        token = self.signer.sign(purpose, facts, self.clock.now())
        return f"{self.base.rstrip('/')}/{purpose}?t={quote(token)}"
