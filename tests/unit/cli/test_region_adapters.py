"""Moving a stack on AWS: one update changes variables and policies together, and keeps every other parameter."""

import pytest
from botocore.exceptions import ClientError

from cli.region import SERVICES, Place
from cli.region_adapters import StackUpdate, probe, saved_place
from cli.stacks import StackName
from shared.errors import VectoraError

PLACE = Place("eu-west-3", "eu.vendor.model-v1:0")


class FakeCloudFormation:
    """A stack with some of the template's parameters."""

    def __init__(self, refusal=""):
        self.refusal, self.updates, self.waited = refusal, [], []

    def describe_stacks(self, StackName):
        names = ["Env", "BedrockRegionNormalization", "BedrockModelIdNormalization", "BedrockRoutingNormalization"]
        return {"Stacks": [{"Parameters": [{"ParameterKey": name, "ParameterValue": "x"} for name in names]}]}

    def update_stack(self, **request):
        if self.refusal:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": self.refusal}}, "UpdateStack")
        self.updates.append(request)

    def get_waiter(self, name):
        assert name == "stack_update_complete"
        return self

    def wait(self, StackName, WaiterConfig):
        self.waited.append(StackName)


class FakeModels:
    """A stack's bedrock-runtime: answers for every model but `refused`."""

    def __init__(self, refused=""):
        self.refused, self.called = refused, []

    def client(self, service, config=None):
        assert service == "bedrock-runtime"
        assert config.region_name == "us-east-1"
        return self

    def converse(self, **request):
        self.called.append((request["modelId"], request["inferenceConfig"]["maxTokens"]))
        if request["modelId"] == self.refused:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Converse")


def test_a_probe_calls_the_cheaper_model_and_the_main_one_for_one_token_each():
    both = Place("us-east-1", "us.vendor.model-v1:0", "us.vendor.small-v1:0")
    stack = FakeModels()
    probe(stack, both)
    assert stack.called == [(both.first_id, 1), (both.model_id, 1)]
    with pytest.raises(VectoraError, match=r"us\.vendor\.small-v1:0 in us-east-1 does not answer: .*AccessDenied"):
        probe(FakeModels(refused=both.first_id), both)


def test_what_was_saved_before_there_were_cheaper_models_leads_back_all_the_same():
    entry = {"region": "us-east-1", "model_id": "us.vendor.model-v1:0"}
    assert saved_place(entry) == Place("us-east-1", "us.vendor.model-v1:0")
    assert saved_place(entry | {"first_id": "us.vendor.small-v1:0"}).first_id == "us.vendor.small-v1:0"


class FakeStack:
    def __init__(self, cloudformation):
        self.outputs: dict[str, str] = {}
        self.cloudformation = cloudformation

    def client(self, service, config=None):
        assert service == "cloudformation"
        return self.cloudformation


def update(cloudformation):
    StackUpdate(FakeStack(cloudformation), StackName.stage).apply(SERVICES["normalize"], {}, PLACE)


def test_three_parameters_change_and_the_others_keep_their_values():
    fake = FakeCloudFormation()
    update(fake)
    (request,) = fake.updates
    rows = {row["ParameterKey"]: row.get("ParameterValue", "kept") for row in request["Parameters"]}
    assert rows == {
        "Env": "kept",
        "BedrockRegionNormalization": "eu-west-3",
        "BedrockModelIdNormalization": "eu.vendor.model-v1:0",
        "BedrockRoutingNormalization": "eu",
    }
    assert request["UsePreviousTemplate"] is True
    assert fake.waited == ["vectora-inbox-stage"]


def test_a_stack_that_is_there_already_is_no_error_and_a_refusal_is():
    update(FakeCloudFormation("No updates are to be performed."))
    with pytest.raises(VectoraError, match=r"did not update vectora-inbox-stage: .*rolling back"):
        update(FakeCloudFormation("the stack is rolling back"))
