"""Links that prove who made them: signed, bound to one purpose, and expiring."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from itsdangerous import BadData, URLSafeSerializer

from shared.errors import InputError

Purpose = Literal["unsubscribe", "approve", "drop"]
_LIFETIME: dict[Purpose, timedelta] = {
    # a reader may open an old newsletter; the law (CAN-SPAM) asks for 30 days at least
    "unsubscribe": timedelta(days=365),
    "approve": timedelta(days=7),
    "drop": timedelta(days=7),
}
_EXPIRES = "x"


class LinkRefusedError(InputError):
    """The link was not made here, was made for something else, or its time is over."""


class Signer:
    """HMAC-SHA256 by itsdangerous. `key` is the stack's secret, of 32 characters or more."""

    def __init__(self, key: str) -> None:
        if len(key) < 32:
            raise ValueError("the key that signs links is shorter than 32 characters")
        self._key = key

    def sign(self, purpose: Purpose, facts: Mapping[str, str], now: datetime) -> str:
        """A token for a URL: `facts` are readable by anybody and changeable by nobody."""
        expires = int((now + _LIFETIME[purpose]).timestamp())
        token = self._serializer(purpose).dumps({**facts, _EXPIRES: expires})
        return token if isinstance(token, str) else token.decode("ascii")

    def read(self, purpose: Purpose, token: str, now: datetime) -> dict[str, str]:
        """The facts of a token. Raises LinkRefusedError."""
        try:
            facts = self._serializer(purpose).loads(token)
        except BadData:
            raise LinkRefusedError("this link is not valid") from None
        if now.timestamp() > facts.pop(_EXPIRES):
            raise LinkRefusedError("this link has expired")
        return dict(facts)

    def _serializer(self, purpose: Purpose) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt=f"vectora.{purpose}", signer_kwargs={"digest_method": hashlib.sha256})
