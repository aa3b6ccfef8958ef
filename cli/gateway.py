"""The fetch gateway of a run on the local stack (design: "Fetch gateway")."""

import http.client
import os
from urllib.parse import urlsplit

from cli.stacks import StackName
from shared.errors import InputError, VectoraError

VARIABLE = "VECTORA_FETCH_GATEWAY"
_TIMEOUT = 20.0


def from_environment(stack: StackName) -> str | None:
    """The gateway's origin, or None where the variable is not set.

    Raises InputError when it is no http origin, or when the stack is not local: there, sources are the real ones.
    """
    origin = os.environ.get(VARIABLE, "").rstrip("/")
    if not origin:
        return None
    if stack is not StackName.local:
        raise InputError(f"{VARIABLE} is for the local stack only; unset it to run on {stack}.")
    parts = urlsplit(origin)
    if parts.scheme != "http" or not parts.hostname or parts.path or parts.query:
        raise InputError(f"{VARIABLE}={origin} is not an http origin, such as http://127.0.0.1:8640.")
    return origin


def check(origin: str) -> None:
    """Raises VectoraError when nothing at the gateway speaks HTTP; any status will do."""
    parts = urlsplit(origin)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/")
        connection.getresponse().read(1)
    except (OSError, http.client.HTTPException) as error:
        raise VectoraError(
            f"the fetch gateway {origin} does not answer ({error}): start it, or unset {VARIABLE}."
        ) from error
    finally:
        connection.close()
