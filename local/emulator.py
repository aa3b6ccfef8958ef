"""Adapter around ministack, the AWS emulator: the one place for every fact that is special to it.

What it does not do by itself (each has a conformance test in tests/integration/local/):
- CloudFormation drops ReservedConcurrentExecutions and TimeToLiveSpecification, and stores a referenced
  MaximumConcurrency as text, on which the queue's poller then fails: `complete` sets all three by API;
- a function's URL answers under a path of the emulator, not under the host name that CloudFormation reports:
  `complete` tells the publisher the path, so that links in mails work on this machine;
- a configuration set's destination is stored and never told: nothing bounces here, and a mail in doubt stays so;
- a mail is kept as its fields, not as the message sent: local/emulator_main.py keeps the message too;
- its Bedrock answers are canned: the model endpoint takes over through AWS_ENDPOINT_URL_BEDROCK_RUNTIME, which every
  function inherits from the emulator's own environment.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.errors import LocalStackError
from local.layout import HOST, REGION, Layout
from local.processes import Daemon, http_get

ACCOUNT = "000000000000"
ARTIFACTS_BUCKET = "vectora-inbox-artifacts-local"
SENDER_DOMAIN = "example.org"
STATE_TTL_ATTRIBUTE = "expires_at"
_MAIN = Path(__file__).with_name("emulator_main.py")

# A function may take 900 seconds to answer a synchronous invocation.
_CONFIG = Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 3}, read_timeout=930)

# CloudFormation cannot update a stack in these states.
_UNUSABLE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")

# What of the user's environment reaches the emulator, and so every function.
_INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
    "USERPROFILE",
    "LOCALAPPDATA",
    "APPDATA",
)


def neutral_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The user's environment without any AWS profile, credential or endpoint, but with the stack's dummy ones."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.5",
    }


def daemon(layout: Layout, environ: Mapping[str, str] = os.environ) -> Daemon:
    """The emulator as a process; its state lasts from one start to the next."""
    return Daemon(
        name="emulator",
        port=layout.emulator_port,
        command=(str(layout.emulator_python), str(_MAIN), str(layout.mail), "ministack"),
        environment=_settings(layout, environ),
        folder=layout.home,
        healthy=lambda: _is_healthy(layout),
    )


def client(layout: Layout, service: str, region: str = REGION) -> Any:
    """A boto3 client of an emulated service, with the stack's own dummy credentials."""
    return _session(region).client(service, endpoint_url=layout.endpoint, config=_CONFIG)


def resource(layout: Layout, service: str, region: str = REGION) -> Any:
    """A boto3 resource of an emulated service."""
    return _session(region).resource(service, endpoint_url=layout.endpoint, config=_CONFIG)


def _session(region: str) -> Any:
    return boto3.session.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator takes any
        region_name=region,
    )


def make_folders(layout: Layout) -> None:
    """The folders that the emulator expects to find."""
    for name in ("state", "s3", "tmp", "mail"):
        (layout.home / name).mkdir(parents=True, exist_ok=True)


def prepare(layout: Layout, stack_name: str) -> None:
    """Create the bucket that SAM uploads packages to, and clear away a stack whose creation failed."""
    _drop_failed_stack(layout, stack_name)
    s3 = client(layout, "s3")
    try:
        s3.head_bucket(Bucket=ARTIFACTS_BUCKET)
    except ClientError:
        s3.create_bucket(Bucket=ARTIFACTS_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def complete(layout: Layout, outputs: Mapping[str, str], reserves: Mapping[str, int]) -> None:
    """Set what the emulator's CloudFormation drops, and let example.org send.

    `reserves` maps function names to reserved concurrency; 0 reserves nothing.
    """
    functions = client(layout, "lambda")
    for name, reserve in reserves.items():
        if reserve:
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserve)
        _retype_mappings(functions, name)
    client(layout, "dynamodb").update_time_to_live(
        TableName=outputs["StateTableName"],
        TimeToLiveSpecification={"Enabled": True, "AttributeName": STATE_TTL_ATTRIBUTE},
    )
    if "LinksFunctionUrl" in outputs:
        _localize_links(layout, functions, outputs)
    allow_sender(layout, SENDER_DOMAIN)


def links_url(layout: Layout, outputs: Mapping[str, str]) -> str:
    """Where LinksFunction's URL answers on this machine."""
    url_id = str(urlsplit(outputs["LinksFunctionUrl"]).hostname).partition(".")[0]
    return f"{layout.endpoint}/_aws/lambda-url/{url_id}/"


def _localize_links(layout: Layout, functions: Any, outputs: Mapping[str, str]) -> None:
    name = outputs["PublisherFunctionName"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    variables["LINKS_URL"] = links_url(layout, outputs)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def _retype_mappings(functions: Any, name: str) -> None:
    """Store MaximumConcurrency as the number that the poller compares with, instead of a template's text."""
    for mapping in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
        scaling = mapping.get("ScalingConfig")
        if scaling:
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)


def allow_sender(layout: Layout, identity: str) -> None:
    """Verify an address or a domain: the emulator's SES refuses senders that nobody verified, as AWS does."""
    ses = client(layout, "sesv2")
    try:
        ses.create_email_identity(EmailIdentity=identity)
    except ses.exceptions.AlreadyExistsException:
        return


def sent_mail(layout: Layout) -> list[dict[str, Any]]:
    """Every mail that the emulator's SES accepted: Source, To, Subject, BodyText, BodyHtml, Timestamp, MessageId.

    Raises LocalStackError when the emulator does not tell.
    """
    body = http_get(f"{layout.endpoint}/_ministack/ses/messages?account={ACCOUNT}", timeout=60)
    if body is None:
        raise LocalStackError(
            f"the emulator at {layout.endpoint} does not tell which mails it accepted: run `vectora local up`, "
            f"or see {layout.home / 'emulator.log'}"
        )
    return list(json.loads(body).get("messages", {}).get(ACCOUNT, []))


def _drop_failed_stack(layout: Layout, name: str) -> None:
    cloudformation = client(layout, "cloudformation")
    try:
        state = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError:
        return
    if state in _UNUSABLE:
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def _settings(layout: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    return neutral_environment({name: environ[name] for name in _INHERITED if name in environ}) | {
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(layout.emulator_port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # No container daemon: at start the emulator removes containers that carry its label.
        "DOCKER_HOST": f"unix://{layout.home / 'no-docker.sock'}",
        "PERSIST_STATE": "1",
        "S3_PERSIST": "1",
        "STATE_DIR": str(layout.home / "state"),
        "S3_DATA_DIR": str(layout.home / "s3"),
        "TMPDIR": str(layout.home / "tmp"),
        "LOG_LEVEL": environ.get("VECTORA_EMULATOR_LOG", "INFO"),
        # "true" makes the emulator enforce the functions' IAM policies.
        "AUTH": environ.get("VECTORA_EMULATOR_AUTH", "false"),
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": layout.model_endpoint,
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


def _is_healthy(layout: Layout) -> bool:
    body = http_get(f"{layout.endpoint}/_ministack/health")
    return body is not None and b"services" in body
