"""Each document of the hostile corpus costs its own source at most an error, and bounded time and memory."""

import pytest

from tests.hostile.corpus import CORPUS, feed, item
from tests.hostile.sandbox import MEMORY_MB, SECONDS, Sandbox

CASES = [(name, kind) for name in CORPUS for kind in CORPUS[name]().kinds]


@pytest.mark.parametrize(("name", "kind"), CASES, ids=[f"{name}, as {kind}" for name, kind in CASES])
def test_a_hostile_document_is_read_or_refused_within_bounds(sandbox: Sandbox, name: str, kind: str) -> None:
    hostile = CORPUS[name]()
    outcome = sandbox.read(kind, hostile.body, hostile.content_type)
    assert outcome.seconds < SECONDS
    assert outcome.peak_mb < MEMORY_MB
    assert outcome.ok or outcome.told
    assert "root:" not in outcome.told


def test_a_document_after_the_hostile_ones_is_read_as_ever(sandbox: Sandbox) -> None:
    assert sandbox.read("rss", feed(item() * 3), "application/xml").told == "1 entries"


def test_the_sandbox_notices_a_document_that_ends_the_process() -> None:
    own = Sandbox()
    with pytest.raises(RuntimeError, match="ended the process"):
        own.read("no such kind", b"")
    own.close()
