"""What the services' structured logger writes, as records."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.observability import logger


@contextmanager
def logged() -> Iterator[list[dict[str, Any]]]:
    """The lines that were written meanwhile, filled in at the end."""
    handler, lines = logger.registered_handler, list[dict[str, Any]]()
    stream = io.StringIO()
    before = handler.setStream(stream)  # type: ignore[attr-defined]
    try:
        yield lines
    finally:
        handler.setStream(before)  # type: ignore[attr-defined]
        lines += [json.loads(line) for line in stream.getvalue().splitlines()]
