"""Each document of the hostile corpus costs its own source at most an error, and bounded time and memory."""

import pytest

from services.ingest.settings import IngestSettings
from services.ingest.sizes import MEDIUM
from tests.hostile.conftest import AT_ONCE
from tests.hostile.corpus import CORPUS, feed, item, page
from tests.hostile.sandbox import ALLOCATOR, MEMORY_MB, SECONDS, Sandbox
from tests.unit.infra.template import load

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


@pytest.mark.parametrize(
    ("body", "times"),
    [
        (page("x", "<meta name=date content=x>" * 113_000), AT_ONCE),  # the most memory of all
        (page("<p>x</p>" * 59_000), AT_ONCE // 4),  # small, and yet as many elements as are allowed
    ],
    ids=["metas", "paragraphs"],
)
def test_the_worst_documents_all_at_once_stay_within_the_functions_memory(body: bytes, times: int) -> None:
    assert len(body) < MEDIUM
    own = Sandbox()
    outcome = own.read("article", body, "text/html", times=times)
    own.close()
    assert outcome.peak_mb < MEMORY_MB


def test_the_function_is_set_up_as_the_sandbox_is() -> None:
    function = load()["Resources"]["IngestFunction"]["Properties"]
    assert function["MemorySize"] == MEMORY_MB
    assert function["Environment"]["Variables"].items() >= ALLOCATOR.items()
    assert IngestSettings.model_fields["workers"].default == 24
