"""Host names that belong to nobody (RFC 2606, RFC 6761): what stands there is a test or a placeholder, never news."""

from urllib.parse import urlsplit

_NAMES = (".example", ".test", ".invalid", ".localhost", ".example.com", ".example.net", ".example.org")


def is_reserved(url: str) -> bool:
    """Whether an absolute address is at a reserved name, or at none at all."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return True
    return not host or f".{host}".endswith(_NAMES)
