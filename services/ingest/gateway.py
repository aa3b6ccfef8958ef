"""The fetch gateway of the local stack: https://HOST/PATH is fetched as GATEWAY/HOST/PATH."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from shared.errors import InputError


@dataclass(frozen=True, slots=True)
class Gateway:
    """`origin` is the gateway's http://HOST:PORT, or empty for none. Identity and links stay those of the real URL."""

    origin: str = ""

    def exempt(self, host: str, port: int) -> bool:
        """Whether this host and port are the gateway's own, and so allowed to be a local address."""
        if not self.origin:
            return False
        parts = urlsplit(self.origin)
        return host == parts.hostname and port == (parts.port or 80)

    def address(self, url: str) -> str:
        """What to ask for in order to get `url`."""
        if not self.origin:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self.origin}/{parts.netloc}{parts.path or '/'}{query}"

    def follow(self, url: str, location: str) -> str:
        """The real address that a redirect from `url` leads to. A gateway may answer with its own addresses."""
        if not self.origin:
            return urljoin(url, location)
        asked = urljoin(self.address(url), location)
        inside = asked.removeprefix(f"{self.origin}/")
        host = inside.split("/", 1)[0]
        if inside != asked and "." in host:
            return f"https://{inside}"
        return urljoin(url, location)


def open_gateway(origin: str | None, *, local: bool) -> Gateway:
    """The gateway that an event asks for. Raises InputError when it is not allowed here, or not an origin."""
    if not origin:
        return Gateway()
    if not local:
        raise InputError("fetch_gateway is only taken on the local stack (ENV=local); leave it out of the event")
    parts = urlsplit(origin)
    if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
        raise InputError(f"fetch_gateway must be http://HOST:PORT, not {origin[:80]!r}")
    return Gateway(origin.rstrip("/"))
