"""The Lambda entry point, built from environment variables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from services.ingest import handler
from shared.config.sources import DirectorySource
from shared.config.store import S3ConfigStore
from shared.contracts.events import Answer
from shared.errors import InputError, NotFoundError
from shared.observability import metrics
from tests.integration.ingest.conftest import ReplayServer, World

CONFIG = Path(__file__).resolve().parents[3] / "config"


class Context:
    """What Lambda passes."""

    function_name = "ingest"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-3:123456789012:function:ingest"
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def function(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    world.s3.create_bucket(Bucket="releases-of-tests", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    S3ConfigStore(boto3.client("s3"), "releases-of-tests").push(DirectorySource(CONFIG).files())
    variables = {
        "ENV": "local",
        "CONFIG_BUCKET": "releases-of-tests",
        "DATA_BUCKET": "data",
        "STATE_TABLE": "state",
        "RAW_QUEUE_URL": world.settings.raw_queue_url,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    handler.build.cache_clear()
    yield lambda event: handler.handler(event, Context())
    handler.build.cache_clear()


def test_the_shipped_client_runs_over_real_sources(function: Any, world: World, replay: Any) -> None:
    server: ReplayServer = replay("2025-12-09")
    event = {"client_id": "lai_weekly", "as_of": "2025-12-10", "period_days": 90, "fetch_gateway": server.origin}

    answer = function(event)

    body = answer["body"]
    assert answer["statusCode"] == 200
    assert set(body["sources_failed"]) == {"press_corporate__camurus", "press_corporate__peptron"}
    assert body["sources_processed"] == 8
    assert 0 < body["items_queued"] < body["items_filtered_out"]
    assert {item["url"] for item in server.listed("2025-12-09")} == set(world.seen(body))
    assert len(world.messages()) == body["items_queued"]


def test_an_event_that_is_wrong_raises(function: Any) -> None:
    with pytest.raises(InputError, match="period_days"):
        function({"client_id": "lai_weekly", "period_days": 0})
    with pytest.raises(NotFoundError, match=r"known: .*lai_weekly"):
        function({"client_id": "nobody"})


def test_the_test_event_checks_the_sources_of_a_client(function: Any, world: World, replay: Any) -> None:
    server: ReplayServer = replay("2025-12-09")
    body = function({"test": True, "client_id": "lai_weekly", "fetch_gateway": server.origin})["body"]
    assert body["sources"]["press_corporate__nanexa"] == {"status": "ok", "listed": 5, "dated": 1, "error": ""}
    assert set(body["sources_failed"]) == {"press_corporate__camurus", "press_corporate__peptron"}
    assert world.keys() == []


@pytest.mark.parametrize(
    ("continued", "counted"), [(True, set()), (False, {"ItemsQueued", "ItemsFilteredOut", "SourcesFailed"})]
)
def test_a_run_of_several_invocations_is_counted_once(continued: bool, counted: set[str]) -> None:
    metrics.clear_metrics()
    counts = {
        "client_id": "c",
        "items_queued": 1,
        "items_filtered_out": 2,
        "sources_failed": {},
        "continued": continued,
    }
    handler._measure(Answer(statusCode=202 if continued else 200, body=counts))
    assert set(metrics.metric_set) == counted
    metrics.clear_metrics()
