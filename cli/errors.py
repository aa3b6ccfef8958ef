"""Every error as one clear message on stderr and an exit status; never a traceback unless VECTORA_DEBUG=1."""

import errno
import os
import sys
import traceback

import typer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)
from pydantic import ValidationError

from shared.errors import ConfigError, InputError, VectoraError

FAILED = 1
BAD_USAGE = 2

_CREDENTIALS = (NoCredentialsError, PartialCredentialsError)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})


class StalledError(VectoraError):
    """A stage of the pipeline stopped moving. `stage` is one of the four services' names."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"{stage} stalled: {reason}")
        self.stage = stage


class StageFailedError(VectoraError):
    """A stage of the pipeline ended with an error of its own."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"{stage} failed: {reason}")
        self.stage = stage


def report(error: Exception) -> int:
    """Print what went wrong and what to do, and return the exit status: 2 for bad usage or configuration, else 1."""
    if os.environ.get("VECTORA_DEBUG") == "1":
        traceback.print_exception(error)
    typer.secho(f"error: {message(error)}", err=True, fg="red" if sys.stderr.isatty() else None)
    return BAD_USAGE if isinstance(error, ConfigError | InputError) else FAILED


def message(error: Exception) -> str:
    """One clear message, usually one line; a configuration error may list several places."""
    match error:
        case VectoraError():
            return str(error)
        case EndpointConnectionError():
            return f"{error} Is the stack up? `vectora local status` tells."
        case _ if isinstance(error, _CREDENTIALS):
            return "no AWS credentials: set AWS_PROFILE or sign in with `aws sso login`, then try again."
        case ClientError():
            return _refused(error)
        case BotoCoreError():
            return f"AWS: {error}"
        case ValidationError():
            return _unreadable(error)
        case OSError():
            return _os_error(error)
    return f"unexpected {type(error).__name__}: {error}. Repeat with VECTORA_DEBUG=1 for the details."


def _refused(error: ClientError) -> str:
    problem = error.response.get("Error", {})
    code = problem.get("Code", "unknown")
    if code in _EXPIRED:
        return f"AWS does not accept these credentials ({code}): sign in again, or set AWS_PROFILE."
    return f"AWS refused {error.operation_name} ({code}): {problem.get('Message', '')}"


def _unreadable(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"a stored {error.title} does not have the shape that this version reads ({place}: {first['msg']})."


def _os_error(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return f"disk full{where}: nothing was left half-written. Free some space or choose another --output."
        case errno.EADDRINUSE:
            return f"port taken: {error.strerror}{where}. Stop what listens there or choose another port."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return f"not permitted{where}: {error.strerror}."
    return f"{error.strerror or error}{where}"
