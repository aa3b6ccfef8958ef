"""Moving a service's model: what is changed, what stays, and what cannot be."""

import pytest

from cli.region import SERVICES, Place, changed, parameters, place_of, target
from shared.errors import InputError

US = Place("us-east-1", "us.vendor.model-v1:0")
BASE = {
    "ENV": "dev",
    "CONFIG_BUCKET": "c",
    "DATA_BUCKET": "d",
    "STATE_TABLE": "s",
    "NEWSLETTERS_BUCKET": "n",
    "NEWSLETTER_TOPIC_ARN": "t",
    "RAW_QUEUE_URL": "q",
    "BEDROCK_REGION": "us-west-2",
    "BEDROCK_MODEL_ID": "us.vendor.general-v1:0",
}


def test_a_service_s_own_variables_beat_the_general_ones():
    normalize = SERVICES["normalize"]
    assert place_of(normalize, BASE) == Place("us-west-2", "us.vendor.general-v1:0")
    assert place_of(normalize, changed(normalize, BASE, US)) == US
    assert place_of(SERVICES["engine"], changed(normalize, BASE, US)).region == "us-west-2"


def test_a_cheaper_model_stays_follows_and_goes_only_when_that_is_said():
    normalize, both = SERVICES["normalize"], Place("us-east-1", "us.vendor.model-v1:0", "us.vendor.small-v1:0")
    assert place_of(normalize, changed(normalize, BASE, both)) == both
    assert [one.model_id for one in both.each] == ["us.vendor.small-v1:0", "us.vendor.model-v1:0"]
    assert str(both) == "us.vendor.small-v1:0, then us.vendor.model-v1:0 in us-east-1"
    assert target(both, "eu-west-3", None) == Place("eu-west-3", "eu.vendor.model-v1:0", "eu.vendor.small-v1:0")
    assert target(both, None, "us.vendor.new-v1:0").first_id == "us.vendor.small-v1:0"
    assert target(US, None, None, "us.vendor.small-v1:0") == both
    assert target(both, None, None, "none") == US
    assert place_of(normalize, changed(normalize, changed(normalize, BASE, both), US)) == US
    assert parameters(normalize, both)["BedrockModelIdNormalizationFirst"] == "us.vendor.small-v1:0"


@pytest.mark.parametrize(
    ("first", "told"),
    [("eu.vendor.small-v1:0", "not routed in us-east-1"), (US.model_id, "is the main model"), ("none", "already")],
)
def test_a_cheaper_model_that_cannot_work_is_refused(first, told):
    with pytest.raises(InputError, match=told):
        target(US, None, None, first)


def test_a_move_changes_two_variables_and_keeps_all_others():
    moved = changed(SERVICES["engine"], BASE, US)
    assert {name for name in moved if moved[name] != BASE.get(name)} == {
        "BEDROCK_REGION_NEWSLETTER",
        "BEDROCK_MODEL_ID_NEWSLETTER",
    }
    assert BASE.items() <= moved.items()


def test_the_profile_follows_its_region_s_geography():
    assert target(US, "eu-west-3", None) == Place("eu-west-3", "eu.vendor.model-v1:0")
    assert target(US, "us-west-2", None) == Place("us-west-2", "us.vendor.model-v1:0")
    assert target(US, None, "us.vendor.other-v1:0") == Place("us-east-1", "us.vendor.other-v1:0")


@pytest.mark.parametrize(
    ("region", "model", "told"),
    [
        (None, None, "--region, a --model, a --first-model"),
        ("us-east-1", None, "already"),
        ("ap-south-1", None, "us and eu only"),
        ("eu-west-3", "us.vendor.model-v1:0", "not routed in eu-west-3"),
    ],
)
def test_a_move_that_cannot_work_is_refused_before_anything_is_touched(region, model, told):
    with pytest.raises(InputError, match=told):
        target(US, region, model)


def test_the_stack_s_parameters_keep_the_move_in_the_next_deployment():
    assert parameters(SERVICES["normalize"], Place("eu-west-3", "eu.vendor.model-v1:0")) == {
        "BedrockRegionNormalization": "eu-west-3",
        "BedrockModelIdNormalization": "eu.vendor.model-v1:0",
        "BedrockRoutingNormalization": "eu",
        "BedrockModelIdNormalizationFirst": "",
    }
