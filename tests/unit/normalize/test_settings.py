"""The service's own region and model beat the common ones, which beat the defaults."""

import pytest

from services.normalize.settings import Settings, SweeperSettings
from shared.errors import ConfigError

NEEDED = {
    "ENV": "dev",
    "CONFIG_BUCKET": "c",
    "DATA_BUCKET": "d",
    "STATE_TABLE": "t",
    "RAW_QUEUE_URL": "https://queue.example.org/raw",
}


def test_the_specification_s_defaults() -> None:
    settings = Settings.load(NEEDED)
    assert (settings.max_workers, settings.max_retries, settings.base_delay) == (4, 3, 0.5)
    assert settings.region == "us-east-1"
    assert settings.model_id == "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def test_own_variables_beat_common_ones() -> None:
    common = {**NEEDED, "BEDROCK_REGION": "eu-west-3", "BEDROCK_MODEL_ID": "eu.common"}
    assert (Settings.load(common).region, Settings.load(common).model_id) == ("eu-west-3", "eu.common")
    own = {**common, "BEDROCK_REGION_NORMALIZATION": "us-west-2", "BEDROCK_MODEL_ID_NORMALIZATION": "us.own"}
    assert (Settings.load(own).region, Settings.load(own).model_id) == ("us-west-2", "us.own")


def test_no_cheaper_model_is_asked_unless_one_is_named() -> None:
    assert Settings.load(NEEDED).first_model_id == ""
    named = {**NEEDED, "BEDROCK_MODEL_ID_NORMALIZATION_FIRST": "us.small", "BEDROCK_RPM_FIRST": "30"}
    settings = Settings.load(named)
    assert (settings.first_model_id, settings.first_rpm, settings.rpm) == ("us.small", 30, 0)
    assert Settings.load({**named, "BEDROCK_MODEL_ID": "us.small"}).first_model_id == "", "it is the main one"


@pytest.mark.parametrize("workers", ["1", "9", "many"])
def test_workers_outside_two_to_eight_are_an_error(workers: str) -> None:
    with pytest.raises(ConfigError, match="MAX_BEDROCK_WORKERS"):
        Settings.load({**NEEDED, "MAX_BEDROCK_WORKERS": workers})


def test_failure_queues_are_read_as_the_template_writes_them() -> None:
    values = dict.fromkeys(("ENV", "CONFIG_BUCKET", "DATA_BUCKET", "STATE_TABLE", "RAW_QUEUE_URL", "RAW_DLQ_URL"), "x")
    values |= {"ENGINE_FUNCTION": "x", "NOTIFICATION_TOPIC_ARN": "x"}
    urls = "raw=https://sqs.example.org/1/raw?a=b, engine=https://sqs.example.org/1/engine"
    settings = SweeperSettings.load(values | {"FAILURE_QUEUE_URLS": urls})
    assert settings.failure_queue_urls == {
        "raw": "https://sqs.example.org/1/raw?a=b",
        "engine": "https://sqs.example.org/1/engine",
    }
