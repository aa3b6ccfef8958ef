"""What can go wrong with the one-machine stack; each message is one line that names the next step."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import VectoraError


class LocalStackError(VectoraError):
    """The one-machine stack cannot be started, deployed or asked."""


@contextmanager
def os_errors(doing: str) -> Iterator[None]:
    """Turn an OSError inside the block into one LocalStackError; `doing` completes "while ..."."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LocalStackError(
                f"the disk is full while {doing}: free some space and run the command again"
            ) from error
        raise LocalStackError(f"while {doing}: {error.strerror or error} ({error.filename or 'no file'})") from error
