"""What the doctor says of what it is shown: every trouble has its remedy."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from cli import doctor
from cli import doctor_checks as checks
from cli.costs import checked_month, line, made_in
from cli.schedules import Change
from cli.template import read_template, variables_of
from shared.config.rules import ModelPrice
from shared.config.store import Diff
from shared.errors import InputError, VectoraError
from tests.unit.engine.samples import CLIENT, with_client
from tests.unit.normalize.trees import tree


class FakeLambda:
    """Functions that have the template's variables, but for `changes`: function → variables; None removes one."""

    def __init__(self, changes=None):
        self.changes = changes or {}

    def get_function_configuration(self, FunctionName):
        names = dict.fromkeys(variables_of(read_template(), FunctionName), "")
        changed = {**names, **self.changes.get(FunctionName, {})}
        return {"Environment": {"Variables": {name: value for name, value in changed.items() if value is not None}}}


OUTPUTS = {output: resource for resource, output in checks.FUNCTIONS.items()}


def test_a_missing_variable_is_broken_and_an_unknown_one_worth_a_look():
    client = FakeLambda({"EngineFunction": {"STATE_TABLE": None}, "IngestFunction": {"OLD_SETTING": "1"}})
    found = {
        one.about: one for one in checks.variables(checks.drift_of_variables(client, OUTPUTS, read_template()), "dev")
    }
    assert found["variables of EngineFunction"].level == "broken"
    assert "missing STATE_TABLE" in found["variables of EngineFunction"].told
    assert found["variables of IngestFunction"].level == "look"
    assert "sam deploy --config-env dev" in found["variables of IngestFunction"].todo


def test_functions_as_the_template_has_them_are_well():
    (finding,) = checks.variables(checks.drift_of_variables(FakeLambda(), OUTPUTS, read_template()), "dev")
    assert finding.level == "ok"


def test_a_region_moved_by_hand_is_told_before_the_next_deployment_takes_it_back():
    client = FakeLambda({"NormalizeFunction": {"BEDROCK_REGION_NORMALIZATION": "eu-west-3"}})
    parameters = {"BedrockRegionNormalization": "us-east-1"}
    (finding,) = checks.moved_variables(client, OUTPUTS, read_template(), parameters)
    assert "set BedrockRegionNormalization=eu-west-3" in finding.todo


@pytest.mark.parametrize(
    ("limit", "held", "level", "todo"),
    [
        (1000, {"n": 10, "e": 10}, "ok", ""),
        (10, {"n": None, "e": None}, "broken", "NormalizeConcurrency=0 EngineConcurrency=0"),
        (1000, {"n": None, "e": 10}, "broken", "deploy the stack again"),
    ],
)
def test_an_account_whose_quota_forbids_reserves_is_told_what_to_set(limit, held, level, todo):
    finding = checks.concurrency({"ConcurrentExecutions": limit}, held, {"n": 10, "e": 10})
    assert finding.level == level
    assert todo in finding.todo


def test_reserving_nothing_is_well():
    assert checks.concurrency({"ConcurrentExecutions": 10}, {"n": None}, {"n": 0}).level == "ok"


def test_a_cut_queue_is_found():
    row = {"EventSourceArn": "arn:aws:sqs:r:a:raw", "State": "Disabled"}
    assert [one.level for one in checks.mappings([row], "normalize")] == ["broken"]
    assert [one.level for one in checks.mappings([], "normalize")] == ["broken"]
    assert [one.level for one in checks.mappings([{**row, "State": "Enabled"}], "normalize")] == ["ok"]


def test_schedules_that_differ_are_broken_on_aws_and_expected_on_the_local_stack():
    changes = [Change("create", "lab-edition", "")]
    assert checks.schedules(changes, 1, "prod").level == "broken"
    assert checks.schedules(changes, 1, "local").level == "ok"
    assert checks.schedules([], 1, "prod").level == "ok"


def test_a_sender_is_verified_by_its_address_or_its_domain():
    assert checks.identity("a@example.org", ["lab"], {"example.org": True}).level == "ok"
    assert checks.identity("a@example.org", ["lab"], {"a@example.org": True}).level == "ok"
    pending = checks.identity("a@example.org", ["lab"], {"example.org": False})
    assert (pending.level, "DNS" in pending.todo) == ("broken", True)
    assert "create-email-identity" in checks.identity("a@example.org", ["lab"], {}).todo


def test_one_sender_for_all_takes_the_place_of_each_client_s_own():
    assert checks.senders([CLIENT], "all@example.org") == {"all@example.org": ["nightly"]}
    assert checks.senders([CLIENT], "") == {"nightly@example.org": ["nightly"]}


def test_the_sandbox_paused_sending_letters_and_configuration_are_told():
    assert checks.account({"SendingEnabled": True, "ProductionAccessEnabled": False}).level == "look"
    assert checks.account({"SendingEnabled": False}).level == "broken"
    assert [one.about for one in checks.letters({"raw": 3, "engine": 0}, "prod")] == ["failure queue raw"]
    assert checks.configuration(Diff(changed=("clients/a.yaml",)), "prod").level == "look"
    assert checks.configuration(Diff(), "prod").level == "ok"


def test_a_client_s_month_is_shown_against_its_budget():
    capped = with_client(budget={"monthly_usd": 20})
    row = {"spent": 5.0, "committed": 6.5, "calls": 1200, "input_tokens": 10, "output_tokens": 2}
    assert line(capped, row, 4) == ("nightly", "1,200", "10", "2", "$5.0000", "$1.5000", "$20.00 (25% used)", "4")
    assert line(CLIENT, {}, 0)[-2] == "no cap"
    assert made_in([{"started_at": "2026-03-02T00:00:00"}, {"started_at": "2026-02-27"}], "2026-03") == 1
    with pytest.raises(InputError):
        checked_month("march", None)


def test_every_model_that_a_service_asks_is_called_and_needs_a_price(monkeypatch):
    small, main = "us.vendor.small-v1:0", "us.vendor.model-v1:0"
    variables = {"BEDROCK_MODEL_ID": main, "BEDROCK_MODEL_ID_NORMALIZATION_FIRST": small}
    functions = SimpleNamespace(variables=lambda _service: variables)
    called = []

    def probe(_stack, place):
        called.append(place.model_id)
        if place.model_id == small:
            raise VectoraError(f"{place} does not answer: AccessDeniedException")
        return 0.1

    monkeypatch.setattr(doctor, "Functions", lambda _deployed: functions)
    monkeypatch.setattr(doctor, "probe", probe)
    priced = replace(tree(), prices={main.removeprefix("us."): ModelPrice.model_validate(PRICED)})
    examined = doctor.Examined(SimpleNamespace(), "dev", priced, {})
    found = list(doctor._models(examined))
    assert called == [small, main, main], "normalize asks both, the engine one"
    assert [one.level for one in found if one.about == "model of normalize"] == ["broken", "ok"]
    (unpriced,) = (one for one in found if one.about == "price")
    assert "no price for model 'vendor.small-v1:0'" in unpriced.told
    assert "vectora config push --stack dev" in unpriced.todo


PRICED = {"input_per_million": 3, "output_per_million": 15}
