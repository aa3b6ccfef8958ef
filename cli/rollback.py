"""`vectora rollback`: code and configuration back to the last verified state, in one command."""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.builds import deployed_builds
from cli.config_backup import verified_release
from cli.doctor_checks import FUNCTIONS
from cli.run import config_store
from cli.stacks import PROJECT, Deployed, LocalStack, StackName, connect
from cli.verified import Kept, State, Verified, choose, present, template_key
from local.stack import complete
from shared.errors import InputError, VectoraError

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_WAIT = {"Delay": 3, "MaxAttempts": 100}


class Part(StrEnum):
    """What goes back."""

    all = "all"
    code = "code"
    configuration = "configuration"


def command(
    stack: Annotated[StackName, typer.Option(help="Which stack.")] = StackName.local,
    only: Annotated[Part, typer.Option(help="Code (with template and parameters) or configuration alone.")] = Part.all,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell, but change nothing.")] = False,
) -> None:
    """Bring back what `vectora smoke` last found working and the stack is not: no build, no checkout is needed."""
    deployed, started = connect(stack), time.monotonic()
    verified, (now, _) = Verified.of(deployed), present(deployed, stack, labels(deployed))
    chosen = choose(verified.all(), now)
    if chosen is None:
        raise InputError(
            f"{stack} was never found working in another state than this one: `vectora smoke --stack {stack}` keeps "
            "one each time it passes. Without one, deploy the commit that worked"
        )
    for line in described(chosen, now):
        typer.echo(line)
    if dry_run:
        typer.echo("dry run: nothing was changed")
        return
    if only is not Part.configuration and chosen.state.code_identity != now.code_identity:
        verified.template(chosen.state)
        bring_back(deployed, stack, chosen.state)
        _check(chosen.state, labels(deployed))
    if only is not Part.code and chosen.state.release != now.release:
        store = config_store(deployed)
        store.push(verified_release(store, chosen.state.release))
        typer.echo(f"configuration: `vectora schedules show --stack {stack}` tells whether schedules differ")
    typer.echo(f"rolled back in {time.monotonic() - started:.0f} s; now `vectora smoke --stack {stack}`")


def labels(deployed: Deployed) -> dict[str, str]:
    """Function → the commit that its package was built from."""
    names = {resource: deployed.outputs[output] for resource, output in FUNCTIONS.items()}
    return {name: build.label for name, build in deployed_builds(deployed.client("lambda"), names).items()}


def described(chosen: Kept, now: State) -> list[str]:
    """What would change, a line each."""
    state = chosen.state
    lines = [f"back to the state verified at {chosen.at}"]
    if state.code_identity != now.code_identity:
        commits = [", ".join(sorted(set(one.builds.values()))) for one in (now, state)]
        lines.append(f"code: {commits[0]} → {commits[1]}, template {now.template} → {state.template}")
        names = sorted(now.parameters.keys() & state.parameters.keys())
        changed = [name for name in names if now.parameters[name] != state.parameters[name]]
        lines += [f"  {name}: {now.parameters[name]} → {state.parameters[name]}" for name in changed]
    if state.release != now.release:
        lines.append(f"configuration: {now.release} → {state.release}")
    return lines


def bring_back(deployed: Deployed, stack: StackName, state: State) -> None:
    """Update the stack to the state's template and parameters. Raises VectoraError when CloudFormation refuses it."""
    cloudformation, s3, name = deployed.client("cloudformation"), deployed.client("s3"), f"{PROJECT}-{stack}"
    url = f"{s3.meta.endpoint_url}/{deployed.outputs['ConfigBucketName']}/{template_key(state)}"
    rows = [{"ParameterKey": key, "ParameterValue": value} for key, value in state.parameters.items()]
    try:
        cloudformation.update_stack(StackName=name, TemplateURL=url, Parameters=rows, Capabilities=_CAPABILITIES)
        cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=_WAIT)
    except (ClientError, BotoCoreError) as error:
        if "No updates are to be performed" not in str(error):
            raise VectoraError(f"CloudFormation did not bring {name} back: {error}") from error
    if isinstance(deployed, LocalStack):
        complete(deployed.stack)


def _check(state: State, builds: Mapping[str, str]) -> None:
    if builds != state.builds:
        raise VectoraError(
            f"the packages are built from {dict(builds)} instead of {dict(state.builds)}; roll back again"
        )
