"""Identity of everything stored (the design's "Identity"): deterministic, so that a repetition finds its own traces."""

import hashlib
import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from shared.errors import InputError

_TRACKING = re.compile(
    r"^(utm_.*|mc_(cid|eid)|fbclid|gclid|dclid|msclkid|igshid|yclid|_hs(enc|mi)|hs(ctatracking)|ref_src|cmpid|spm|trk)$",
    re.IGNORECASE,
)
LONGEST_URL = 4000
"""Letters of an address; servers and browsers take little more, and every rule of a robots.txt is tried on it."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """The one spelling of an address: https, lower-case host, no fragment, no tracking parameters,
    sorted query, no trailing slash.

    Raises InputError when `url` is not an absolute http(s) address with a host.
    """
    if len(url) > LONGEST_URL:
        raise InputError(f"not an address: longer than {LONGEST_URL} letters ({url[:100]!r}…)")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise InputError(f"not an address: {url[:200]!r}") from error
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        raise InputError(f"not an absolute http(s) address: {url[:200]!r}")
    host = parts.hostname.lower().rstrip(".")
    if port and port not in _DEFAULT_PORTS.values():
        host = f"{host}:{port}"
    path = quote(parts.path, safe="/:@!$&'()*+,;=-._~%").rstrip("/")
    query = sorted((k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k))
    return urlunsplit(("https", host, path, urlencode(query), ""))


def item_id(url: str) -> str:
    """Identity of an article: the first 20 hex digits of the SHA-256 of its canonical address."""
    return hashlib.sha256(canonical_url(url).encode()).hexdigest()[:20]


def entry_id(*parts: str) -> str:
    """Identity of what a source lists without an address, from all that it says of it."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]


def content_hash(*parts: str) -> str:
    """16 hex digits that change when any of `parts` does."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def batch_id(client_id: str, kind: str, run_id: str) -> str:
    """Identity of a batch: the same run_id finds its own batch again."""
    return f"{kind}-{content_hash(client_id, kind, run_id)}"


def edition_id(client_id: str, seed: str) -> str:
    """Identity of an edition, from its batch or from a direct request's content."""
    return f"ed-{content_hash(client_id, seed)}"
