"""A function's variables, how they are changed and saved, and one direct call of a model; thin."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.region import Place, Service, parameters
from cli.stacks import PROJECT, Deployed, LocalStack, StackName
from shared.errors import VectoraError
from shared.storage.objects import S3Objects, put_json

_CALL_SECONDS = 30
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_WAIT = {"Delay": 3, "MaxAttempts": 100}


class Mover(Protocol):
    """Changes where a service calls its model, and returns when that is in force."""

    def apply(self, service: Service, variables: Mapping[str, str], place: Place) -> None: ...


class Functions:
    """The stack's functions."""

    def __init__(self, stack: Deployed) -> None:
        self._lambda, self._outputs = stack.client("lambda"), stack.outputs

    def variables(self, service: Service) -> dict[str, str]:
        """All environment variables of the service's function."""
        found = self._lambda.get_function_configuration(FunctionName=self._outputs[service.function])
        return dict(found.get("Environment", {}).get("Variables", {}))

    def apply(self, service: Service, variables: Mapping[str, str], place: Place) -> None:  # noqa: ARG002
        """Set the function's variables directly: enough where no policy names the region (the local stack)."""
        name = self._outputs[service.function]
        self._lambda.update_function_configuration(FunctionName=name, Environment={"Variables": dict(variables)})
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


class StackUpdate:
    """Updates the stack's parameters: variables and the policies that name region and profile change together, and the
    next deployment keeps both."""

    def __init__(self, stack: Deployed, name: StackName) -> None:
        self._cloudformation, self._name = stack.client("cloudformation"), f"{PROJECT}-{name}"

    def apply(self, service: Service, variables: Mapping[str, str], place: Place) -> None:  # noqa: ARG002
        """Raises VectoraError when CloudFormation refuses or rolls the update back."""
        described = self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0]
        wanted = parameters(service, place)
        rows = [
            {"ParameterKey": name, "ParameterValue": wanted[name]}
            if (name := row["ParameterKey"]) in wanted
            else {"ParameterKey": name, "UsePreviousValue": True}
            for row in described["Parameters"]
        ]
        try:
            self._cloudformation.update_stack(
                StackName=self._name, UsePreviousTemplate=True, Parameters=rows, Capabilities=_CAPABILITIES
            )
            self._cloudformation.get_waiter("stack_update_complete").wait(StackName=self._name, WaiterConfig=_WAIT)
        except (ClientError, BotoCoreError) as error:
            if "No updates are to be performed" in str(error):
                return
            raise VectoraError(f"CloudFormation did not update {self._name}: {error}") from error


def mover(stack: Deployed, name: StackName) -> Mover:
    return Functions(stack) if isinstance(stack, LocalStack) else StackUpdate(stack, name)


class Saved:
    """What a move replaced, in the config bucket, so that any operator can go back: a pile a service."""

    def __init__(self, stack: Deployed) -> None:
        self._objects = S3Objects(stack.client("s3"), stack.outputs["ConfigBucketName"])

    def push(self, service: Service, variables: Mapping[str, str], place: Place) -> None:
        entry = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "region": place.region,
            "model_id": place.model_id,
            "first_id": place.first_id,
            "variables": dict(variables),
        }
        put_json(self._objects, _key(service), [*self.pile(service), entry])

    def pop(self, service: Service) -> None:
        put_json(self._objects, _key(service), self.pile(service)[:-1])

    def pile(self, service: Service) -> list[dict[str, Any]]:
        """Entries with at, region, model_id, first_id and variables, the newest last."""
        content = self._objects.get(_key(service))
        return list(json.loads(content)) if content else []


def saved_place(entry: Mapping[str, Any]) -> Place:
    """Where an entry of the pile leads back to; an entry of before cheaper models has none."""
    return Place(entry["region"], entry["model_id"], entry.get("first_id", ""))


def _key(service: Service) -> str:
    return f"operations/region/{service.name}.json"


def probe(stack: Deployed, place: Place) -> float:
    """One call of each model for one token; returns their seconds. Raises VectoraError naming region, model, error."""
    started = datetime.now(UTC)
    config = Config(
        region_name=place.region,
        retries={"total_max_attempts": 2, "mode": "standard"},
        connect_timeout=5,
        read_timeout=_CALL_SECONDS,
    )
    client = bedrock(stack, place.region, config)
    for one in place.each:
        try:
            client.converse(
                modelId=one.model_id,
                messages=[{"role": "user", "content": [{"text": "Answer OK."}]}],
                inferenceConfig={"maxTokens": 1},
            )
        except (ClientError, BotoCoreError) as error:
            raise VectoraError(f"{one} does not answer: {error}") from error
    return (datetime.now(UTC) - started).total_seconds()


def bedrock(stack: Deployed, region: str, config: Config) -> Any:
    """A bedrock-runtime client in `region`; on the local stack, of its model endpoint."""
    return stack.model(region, config) if isinstance(stack, LocalStack) else stack.client("bedrock-runtime", config)
