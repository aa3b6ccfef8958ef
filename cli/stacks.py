"""The deployed stack that a command works on: the local one, or dev, stage and prod on AWS."""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import local.stack
from shared.errors import NotFoundError

HOME_REGION = "eu-west-3"
PROJECT = "vectora-inbox"
_PATHS = Config(s3={"addressing_style": "path"})


class StackName(StrEnum):
    """Where a command works."""

    local = "local"
    dev = "dev"
    stage = "stage"
    prod = "prod"


class Deployed(Protocol):
    """A stack that is up. `outputs` are those of infra/sam/template.yaml."""

    @property
    def outputs(self) -> Mapping[str, str]: ...

    def client(self, service: str, config: Config | None = None) -> Any: ...

    def resource(self, service: str) -> Any: ...


class LocalStack:
    """The stack on this machine. `stack` is the running one, as local/ knows it."""

    def __init__(self, stack: local.stack.Stack) -> None:
        self.stack = stack
        self.outputs = stack.outputs
        # the emulator takes any credentials; the user's own are never shown to it
        self._session = boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106
            region_name=stack.region,
        )

    def client(self, service: str, config: Config | None = None) -> Any:
        return self._session.client(service, endpoint_url=self.stack.endpoint, config=_PATHS.merge(config or Config()))

    def resource(self, service: str) -> Any:
        return self._session.resource(service, endpoint_url=self.stack.endpoint, config=_PATHS)

    def model(self, region: str, config: Config) -> Any:
        """A bedrock-runtime client of the model endpoint, which checks the region that a call is signed for."""
        endpoint = self.stack.model_endpoint
        return self._session.client("bedrock-runtime", region_name=region, endpoint_url=endpoint, config=config)


class AwsStack:
    """A stack on AWS, found through CloudFormation in the profile's region (eu-west-3 where it names none)."""

    def __init__(self, session: Any, name: StackName) -> None:
        self._session = session
        self.outputs = _outputs(self.client("cloudformation"), name)

    def client(self, service: str, config: Config | None = None) -> Any:
        return self._session.client(service, config=config)

    def resource(self, service: str) -> Any:
        return self._session.resource(service)


def connect(name: StackName) -> Deployed:
    """The stack as it is. Raises VectoraError when it is not there."""
    return LocalStack(local.stack.connect()) if name is StackName.local else aws_stack(name)


def start(name: StackName, note: Callable[[str], None]) -> Deployed:
    """The stack, started and deployed first where it is the local one; `note` is told each step."""
    return LocalStack(local.stack.up(note)) if name is StackName.local else aws_stack(name)


def aws_stack(name: StackName) -> AwsStack:
    """Raises NotFoundError when it was never deployed, botocore's errors for missing credentials."""
    region = boto3.Session().region_name or os.environ.get("AWS_REGION") or HOME_REGION
    return AwsStack(boto3.Session(region_name=region), name)


def _outputs(cloudformation: Any, name: StackName) -> dict[str, str]:
    try:
        answer = cloudformation.describe_stacks(StackName=f"{PROJECT}-{name}")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        region = cloudformation.meta.region_name
        raise NotFoundError(
            f"no stack {PROJECT}-{name} in {region}: deploy it with `sam build` and `sam deploy --config-env {name}`, "
            "or choose another AWS_PROFILE or AWS_REGION."
        ) from error
    return {output["OutputKey"]: output["OutputValue"] for output in answer["Stacks"][0].get("Outputs", [])}
