"""One correlation id a batch, whatever thread writes the line."""

import threading
from pathlib import Path

import pytest

from shared.build import UNBUILT, Build, read_build
from shared.observability import correlate, correlated, logger, statistics
from tests.log_lines import logged


@pytest.fixture(autouse=True)
def _clean():
    yield
    logger.clear_state()


def test_every_line_carries_the_id_of_its_batch_until_another_begins() -> None:
    with logged() as lines:
        correlate("edition-1")
        logger.info("one")
        statistics("ingest", items=3)
        correlate("edition-2")
        logger.warning("two")
        correlate()
        logger.info("nobody's")
    assert [line.get("correlation_id") for line in lines] == ["edition-1", "edition-1", "edition-2", None]
    assert {line["commit"] for line in lines} == {UNBUILT}


def test_an_invocation_with_several_batches_names_them_all_and_each_item_its_own() -> None:
    with logged() as lines:
        correlate("b-1", "b-2", "b-1")
        meet = threading.Barrier(2)

        def work(batch: str) -> None:
            with correlated(batch):
                meet.wait(60)
                logger.info(batch)
                meet.wait(60)
            logger.info("idle")

        threads = [threading.Thread(target=work, args=(name,)) for name in ("b-1", "b-2")]
        for one in threads:
            one.start()
        for one in threads:
            one.join(60)
        logger.info("whole")
    own = [line for line in lines if line["message"].startswith("b-")]
    assert [line["correlation_id"] for line in own] == [line["message"] for line in own]
    assert {line["correlation_id"] for line in lines if line["message"] in ("idle", "whole")} == {"b-1 b-2"}


def test_a_package_says_what_it_was_built_from(tmp_path: Path) -> None:
    assert read_build(tmp_path) == Build(commit=UNBUILT)
    (tmp_path / "BUILD.json").write_text('{"commit": "0123456789abcdef0123", "changed": true, "source": "ab"}')
    assert read_build(tmp_path).label == "0123456789ab+"
