"""`vectora rollback`: code and configuration back to the last verified state, in one command."""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from cli.builds import deployed_builds
from cli.doctor_checks import FUNCTIONS
from cli.run import config_store
from cli.stacks import PROJECT, Deployed, LocalStack, StackName, connect
from cli.template import parse_template
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
    settled(deployed, stack)
    verified, (now, _) = Verified.of(deployed), present(deployed, stack, labels(deployed))
    chosen = choose(verified.all(), now)
    if chosen is None:
        raise InputError(
            f"{stack} was never found working in another state than this one: `vectora smoke --stack {stack}` keeps "
            "one each time it passes. Without one, deploy the commit that worked"
        )
    refuse_half(only, chosen.state, now, stack)
    for line in described(chosen, now):
        typer.echo(line)
    if dry_run:
        typer.echo("dry run: nothing was changed")
        return
    moved = only is not Part.configuration and chosen.state.code_identity != now.code_identity
    template = verified.template(chosen.state) if moved else ""
    if only is not Part.code and chosen.state.release != now.release:
        # first, and unread: the code that goes may read less than the code that comes
        config_store(deployed).make_current(chosen.state.release)
        typer.echo(f"configuration: release {chosen.state.release} is current again")
        typer.echo(f"`vectora schedules show --stack {stack}` tells whether schedules differ")
    if moved:
        bring_back(deployed, stack, chosen.state)
        check(chosen.state, labels(deployed), packages(template), deployed.outputs, stack)
    typer.echo(f"rolled back in {time.monotonic() - started:.0f} s; now `vectora smoke --stack {stack}`")


def settled(deployed: Deployed, stack: StackName) -> None:
    """Raises VectoraError while CloudFormation is at work: what the stack is, nobody can say then."""
    name = f"{PROJECT}-{stack}"
    status = str(deployed.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    if status.endswith("_IN_PROGRESS"):
        raise VectoraError(
            f"CloudFormation is at work on {name} ({status}): wait for it "
            f"(`aws cloudformation wait stack-update-complete --stack-name {name}`), then look with "
            f"`vectora rollback --dry-run --stack {stack}`"
        )


def refuse_half(only: Part, state: State, now: State, stack: StackName) -> None:
    """Raises InputError for code without the configuration that it was verified with: it may not read the present
    one, and then nothing can be loaded."""
    if only is Part.code and state.release != now.release:
        raise InputError(
            f"that code was verified with configuration {state.release}, and {now.release} is current: code alone may "
            f"not read it. Roll both back: `vectora rollback --stack {stack}`"
        )


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
    """Update the stack to the state's template and parameters. Raises VectoraError when CloudFormation refuses it,
    undoes it, or is not done in time."""
    cloudformation, s3, name = deployed.client("cloudformation"), deployed.client("s3"), f"{PROJECT}-{stack}"
    url = f"{s3.meta.endpoint_url}/{deployed.outputs['ConfigBucketName']}/{template_key(state)}"
    rows = [{"ParameterKey": key, "ParameterValue": value} for key, value in state.parameters.items()]
    try:
        cloudformation.update_stack(StackName=name, TemplateURL=url, Parameters=rows, Capabilities=_CAPABILITIES)
        cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=_WAIT)
    except WaiterError as error:
        raise VectoraError(unfinished(error, name, stack)) from error
    except (ClientError, BotoCoreError) as error:
        if "No updates are to be performed" not in str(error):
            raise VectoraError(f"CloudFormation did not bring {name} back: {error}") from error
    if isinstance(deployed, LocalStack):
        complete(deployed.stack)


def unfinished(error: WaiterError, name: str, stack: StackName) -> str:
    """Why the wait for an update ended without it, and what to do."""
    stacks = error.last_response.get("Stacks") or [{}]
    status = str(stacks[0].get("StackStatus", "unknown"))
    if status.startswith("UPDATE_") and status.endswith("_IN_PROGRESS") and "ROLLBACK" not in status:
        return (
            f"CloudFormation is not done with {name} after {_WAIT['Delay'] * _WAIT['MaxAttempts']} s ({status}) and "
            f"goes on by itself. Wait: `aws cloudformation wait stack-update-complete --stack-name {name}`; then "
            f"`vectora inventory --stack {stack}` names each function's commit and `vectora smoke --stack {stack}` "
            "tells whether it works. Until then do not roll back again: that would go to an older state"
        )
    return (
        f"CloudFormation did not bring {name} back ({status}): the code is what it was. "
        f"`aws cloudformation describe-stack-events --stack-name {name}` says why; mend that and repeat "
        f"`vectora rollback --stack {stack}`"
    )


def packages(template: str) -> dict[str, tuple[str, str]]:
    """Function → bucket and key of its package, as a packaged template names them."""
    found = {}
    for name, resource in parse_template(template)["Resources"].items():
        place = resource.get("Properties", {}).get("CodeUri", "")
        if isinstance(place, dict) and {"Bucket", "Key"} <= place.keys():
            found[name] = (str(place["Bucket"]), str(place["Key"]))
        elif str(place).startswith("s3://"):
            bucket, _, key = str(place).removeprefix("s3://").partition("/")
            found[name] = (bucket, key)
    return found


def check(
    state: State,
    builds: Mapping[str, str],
    places: Mapping[str, tuple[str, str]],
    outputs: Mapping[str, str],
    stack: StackName,
) -> None:
    """Raises VectoraError for functions that run another package than the state's, with how to put that one back:
    CloudFormation leaves alone what somebody changed by hand."""
    wrong = [name for name in sorted(state.builds) if builds.get(name) != state.builds[name]]
    told = [f"{name} is built from {builds.get(name, 'nothing')} instead of {state.builds[name]}" for name in wrong]
    mend = [
        f"`aws lambda update-function-code --function-name {outputs[FUNCTIONS[name]]} --s3-bucket {bucket} "
        f"--s3-key {key}`"
        for name, (bucket, key) in sorted(places.items())
        if name in wrong
    ]
    if wrong:
        raise VectoraError(
            f"template and parameters are back, but {'; '.join(told)}, so somebody put another package there. Put the "
            f"verified one back: {', '.join(mend) or 'deploy that commit'}; then `vectora smoke --stack {stack}`"
        )
