"""A run that one invocation cannot finish.

When the function's time runs short, what was read and decided so far is kept in one object of the batch, and the
function invokes itself (asynchronously) with the same run_id. The next invocation takes up the object, reads the
sources and articles that are left, and so on. Manifest and messages come only when every source was read and every
article decided: until then the batch does not exist for anybody else, and nothing can complete early. An invocation
that dies is repeated by Lambda (asynchronous retries) and finds the last object; what it had read meanwhile is in the
URL memory. Configuration, clock and window are those of the first invocation. A chain is bounded (MOST): Lambda itself
stops a function that has invoked itself about sixteen times, also asynchronously. What is left when invocations came no
further (PATIENCE), or after the last one, is given up with its reason (a failed source, an article in error), and the
batch is made of the rest: one source that never ends must not cost the others.
"""

from shared.contracts.base import Contract, Record
from shared.contracts.batch import QueuedItem, SeenItem, SourceReport, Window
from shared.storage.sources import Entry

MOST = 12
"""Continuations of one run. At 24 workers and 4 s an article, 12 invocations of 15 minutes read 64,000 articles."""
PATIENCE = 2
"""Invocations in a row that came no further before what is left is given up; a single one may have been starved."""
STEP_SECONDS = 45.0
"""Nothing is begun later than this before the end: time for most polls and articles; the next invocation reads what
takes longer."""


class ReadSource(Contract):
    """A source's listing as read; `gaps` are those of its health (ISO moments)."""

    source_key: str
    entries: tuple[Entry, ...]
    report: SourceReport
    gaps: tuple[str, ...] = ()


class Decided(Contract):
    """What became of an article. `item` only when it is to be queued; `known`: the lake has this very content."""

    seen: SeenItem
    item: QueuedItem | None = None
    source_key: str
    known: bool = False


class Progress(Record):
    """batches/{client_id}/{batch_id}/progress.json: what a run has done so far, and what it was begun with.

    `sources_in_all` and `articles_in_all` are what it has to do; no articles are known before all sources are read.
    `idle`: how many invocations in a row came no further.
    """

    config_release: str
    as_of: str
    window: Window
    last: str
    sources_in_all: int = 0
    articles_in_all: int = 0
    idle: int = 0
    sources: tuple[ReadSource, ...] = ()
    decided: tuple[Decided, ...] = ()
