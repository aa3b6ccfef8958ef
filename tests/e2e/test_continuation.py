"""A run that one invocation of ingest cannot finish: the function goes on in others, and the command follows it."""

import json
import re
from pathlib import Path

import pytest

from shared.contracts.batch import Manifest
from tests.e2e.slow_sources import CLIENT, Web, short_of_time, slow_config, slow_web
from tests.e2e.support import Machine, Outcome, run

SOURCES = 10
RUN = (CLIENT, "--as-of", "2025-12-10", "--period-days", "7")


@pytest.fixture(scope="module")
def hurried(machine: Machine) -> Machine:
    short_of_time(machine.stack())
    return machine


@pytest.fixture(scope="module")
def done(hurried: Machine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Web]:
    folder = tmp_path_factory.mktemp("continued")
    with slow_web() as web:
        config = slow_config(folder / "config", SOURCES)
        return run(hurried, folder / "out", *RUN, "--config", config, VECTORA_FETCH_GATEWAY=web.origin), web


def batch_files(machine: Machine) -> dict[str, str]:
    """The name of each file of the client's batches, with its key."""
    stack = machine.stack()
    listed = stack.client("s3").list_objects_v2(Bucket=stack.outputs["DataBucketName"], Prefix=f"batches/{CLIENT}/")
    return {item["Key"].rpartition("/")[2]: item["Key"] for item in listed.get("Contents", [])}


def test_several_invocations_make_one_batch_with_every_source_and_article(
    hurried: Machine, done: tuple[Outcome, Web]
) -> None:
    outcome, _ = done
    assert outcome.process.returncode == 0, outcome.text
    files = batch_files(hurried)
    assert "progress.json" in files, "one invocation was enough: nothing was tried"
    stack = hurried.stack()
    body = stack.client("s3").get_object(Bucket=stack.outputs["DataBucketName"], Key=files["manifest.json"])["Body"]
    manifest = Manifest.model_validate(json.loads(body.read()))
    assert [source.status for source in manifest.sources] == ["ok"] * SOURCES
    assert len({item.item_id for item in manifest.items}) == len(manifest.items) == SOURCES
    assert "COMPLETE.json" in files
    assert len(outcome.report["items"]) == SOURCES


def test_nothing_was_fetched_or_normalized_twice(done: tuple[Outcome, Web]) -> None:
    outcome, web = done
    pages = {path: times for path, times in web.asked.items() if path.endswith(("/feed", "/release"))}
    assert len(pages) == 2 * SOURCES
    assert set(pages.values()) == {1}
    normalized = [
        step for item in outcome.report["items"] for step in item["dispositions"] if step["stage"] == "normalize"
    ]
    assert len(normalized) == SOURCES


def test_the_progress_tells_how_far_the_reading_is(done: tuple[Outcome, Web]) -> None:
    told = re.findall(r"ingest: (\d+)/(\d+) (sources|articles), (\d+) to read", done[0].process.stderr)
    assert told, done[0].text
    assert all(total == str(SOURCES) for _, total, _, _ in told)
    assert f"ingest: {SOURCES}/{SOURCES} sources" in done[0].process.stderr


def test_no_failure_was_recorded(hurried: Machine, done: tuple[Outcome, Web]) -> None:
    stack = hurried.stack()
    answer = stack.client("sqs").receive_message(QueueUrl=stack.outputs["IngestFailureQueueUrl"], VisibilityTimeout=0)
    assert answer.get("Messages", []) == []


def test_a_source_that_no_invocation_has_time_for_is_told_and_costs_nothing_else(
    hurried: Machine, tmp_path: Path
) -> None:
    """It never answers, and ingest's time is shorter than the patience with a source."""
    config = slow_config(tmp_path / "config", 3, prefix="stuck")
    with slow_web(hanging=frozenset({"stuck2.example.org"})) as web:
        outcome = run(hurried, tmp_path / "out", *RUN, "--config", config, VECTORA_FETCH_GATEWAY=web.origin)
    assert outcome.process.returncode == 0, outcome.text
    assert len(outcome.report["items"]) == 2
    assert "not read: it took all the time of an invocation" in outcome.text
    assert "Not reached: Example Company 2" in (tmp_path / "out" / "newsletter.md").read_text(encoding="utf-8")
