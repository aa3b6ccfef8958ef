"""The whole flow with the emulator's IAM enforcement: the template's own policies suffice, and each is needed.

Exceptions, because of the emulator and not of the template:
- it speaks HTTP, so that on the local stack the statements that refuse all but TLS refuse nothing (condition OnAws);
- it asks for an action of its own for batches of messages, where AWS asks for the action on one message;
- it asks for sending mail on the resource "*", where AWS asks for it on the identity;
- the model endpoint stands outside of it, so that bedrock:InvokeModel is not asked for.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.stack import Stack
from tests.e2e.slow_sources import CLIENT, short_of_time, slow_config, slow_web
from tests.e2e.support import Machine, new_machine, run


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine of its own, whose emulator enforces IAM."""
    machine = new_machine(tmp_path_factory.mktemp("guarded"), VECTORA_EMULATOR_AUTH="true")
    try:
        up = machine.vectora("local", "up")
        assert up.returncode == 0, up.stderr
        bend(machine.stack())
        yield machine
    finally:
        machine.vectora("local", "down")


_BATCHES = ("sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
_FUNCTIONS = ("Ingest", "Normalize", "Engine", "Publisher", "Links", "Sweeper")


def bend(stack: Stack) -> None:
    """Let a function do to a batch of messages what it may do to one, and send mail as whoever it may send as."""
    for function in _FUNCTIONS:
        role, policies = role_policies(stack, function)
        for name, document in policies.items():
            for statement in document["Statement"]:
                actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
                statement["Action"] = [*actions, *(f"{one}Batch" for one in actions if one in _BATCHES)]
                if "ses:SendEmail" in actions:
                    statement["Resource"] = "*"
            stack.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def role_policies(stack: Stack, function: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """A function's role and its own policies by name."""
    name = stack.outputs[f"{function}FunctionName"]
    arn = stack.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    role, iam = arn.rpartition("/")[2], stack.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    found = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    return role, {name: json.loads(one) if isinstance(one, str) else one for name, one in found.items()}


def test_the_policies_suffice_from_sources_to_mail(guarded: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
    done = run(guarded, tmp_path_factory.mktemp("whole") / "out", "demo")
    assert done.process.returncode == 0, done.text
    assert done.items
    assert done.mails


def test_the_policies_let_ingest_go_on_in_another_invocation(
    guarded: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, stack = tmp_path_factory.mktemp("continued"), guarded.stack()
    before = stack.client("lambda").get_function_configuration(FunctionName=stack.outputs["IngestFunctionName"])
    short_of_time(stack)
    with slow_web() as web:
        arguments = (CLIENT, "--as-of", "2025-12-10", "--config", slow_config(folder / "config", 8))
        done = run(guarded, folder / "out", *arguments, VECTORA_FETCH_GATEWAY=web.origin)
    stack.client("lambda").update_function_configuration(
        FunctionName=stack.outputs["IngestFunctionName"], Environment=before["Environment"]
    )
    assert done.process.returncode == 0, done.text
    assert "to read" in done.process.stderr, "one invocation was enough: nothing was tried"
    assert len(done.report["items"]) == 8


def test_the_policies_let_the_sweeper_mail_its_digest(guarded: Machine) -> None:
    sent = guarded.vectora("digest", "--send")
    assert sent.returncode == 0, sent.stderr
    assert "week to" in sent.stdout


def test_a_missing_permission_is_found(guarded: Machine, tmp_path_factory: pytest.TempPathFactory) -> None:
    stack = guarded.stack()
    role, policies = role_policies(stack, "Ingest")
    ((name, document),) = [(name, one) for name, one in policies.items() if "QueueItems" in json.dumps(one)]
    kept = [statement for statement in document["Statement"] if statement.get("Sid") != "UseState"]
    assert len(kept) == len(document["Statement"]) - 1
    stack.client("iam").put_role_policy(
        RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document | {"Statement": kept})
    )
    done = run(guarded, tmp_path_factory.mktemp("denied") / "out", "demo")
    assert done.process.returncode == 1
    assert "dynamodb:" in done.text
    assert "is not authorized to perform" in done.text
    told = guarded.vectora("doctor").stdout
    assert "BROKEN permissions of IngestFunction: may not dynamodb:" in told
    assert "(UseState)" in told
    assert "BROKEN permissions of EngineFunction" not in told
