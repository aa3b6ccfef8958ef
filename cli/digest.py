"""`vectora digest`: the operators' weekly mail, now."""

import json
from typing import Annotated

import typer
from botocore.config import Config

from cli.errors import StageFailedError
from cli.pipeline import failure_text
from cli.stacks import StackName, connect

_SECONDS = 130


def command(
    stack: Annotated[StackName, typer.Option(help="Which stack.")] = StackName.local,
    send: Annotated[bool, typer.Option("--send", help="Mail it to the operators too.")] = False,
) -> None:
    """What the last seven days brought and what to do about it, as the weekly mail tells it."""
    deployed = connect(stack)
    once = Config(retries={"total_max_attempts": 1}, read_timeout=_SECONDS)
    event = json.dumps({"duty": "digest", "dry_run": not send}).encode()
    name = deployed.outputs["SweeperFunctionName"]
    answer = deployed.client("lambda", config=once).invoke(FunctionName=name, Payload=event)
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(payload, dict) or "body" not in payload:
        raise StageFailedError("sweeper", failure_text(payload))
    typer.echo(f"{payload['body']['subject']}\n\n{payload['body']['text']}", nl=False)
