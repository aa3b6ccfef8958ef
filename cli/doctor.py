"""`vectora doctor`: is a stack what the checkout says, and can it work; every finding with what to do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli import config_tree
from cli import doctor_checks as checks
from cli import doctor_drift as drift
from cli.builds import deployed_builds, this_checkout
from cli.dlq import QUEUES
from cli.dlq_post import Post
from cli.doctor_checks import Finding
from cli.intrinsics import Values
from cli.region import SERVICES, place_of
from cli.region_adapters import Functions, probe
from cli.run import config_store
from cli.schedules import plan, reconcile
from cli.schedules_store import Schedules
from cli.stacks import PROJECT, Deployed, StackName, connect
from cli.template import read_template
from shared.config.loader import DirectorySource
from shared.config.tree import ConfigTree
from shared.errors import VectoraError

_RESERVES = {"NormalizeFunctionName": "NormalizeConcurrency", "EngineFunctionName": "EngineConcurrency"}
_CONSUMERS = ("NormalizeFunctionName", "PublisherFunctionName")
_MARKS = {"ok": "ok    ", "look": "LOOK  ", "broken": "BROKEN"}


def command(stack: Annotated[StackName, typer.Option(help="Which stack.")] = StackName.local) -> None:
    """Check everything that a run depends on. Exit status 1 when something is broken."""
    broken = 0
    for finding in findings(Examined.of(connect(stack), stack)):
        typer.echo(f"{_MARKS[finding.level]} {finding.about}: {finding.told}")
        if finding.todo:
            typer.echo(f"       → {finding.todo}")
        broken += finding.level == "broken"
    if broken:
        raise typer.Exit(1)


@dataclass(frozen=True)
class Examined:
    """A stack, and the tree that it works by."""

    deployed: Deployed
    stack: StackName
    tree: ConfigTree
    parameters: Mapping[str, str]

    @classmethod
    def of(cls, deployed: Deployed, stack: StackName) -> "Examined":
        store = config_store(deployed)
        described = deployed.client("cloudformation").describe_stacks(StackName=f"{PROJECT}-{stack}")["Stacks"][0]
        parameters = {row["ParameterKey"]: row.get("ParameterValue", "") for row in described.get("Parameters", [])}
        return cls(deployed, stack, store.load(store.current()), parameters)


def findings(examined: Examined) -> Iterator[Finding]:
    """All checks; one that cannot be made is a finding itself."""
    for name, check in _CHECKS.items():
        try:
            yield from check(examined)
        except (ClientError, BotoCoreError, VectoraError, OSError) as error:
            yield Finding("broken", name, f"cannot be checked: {error}", "see that your own permissions allow it")


def _configuration(examined: Examined) -> Iterable[Finding]:
    changes = config_store(examined.deployed).diff(DirectorySource(config_tree.DEFAULT).files())
    return [checks.configuration(changes, examined.stack)]


def _release(examined: Examined) -> Iterable[Finding]:
    return [drift.release(config_store(examined.deployed), examined.stack)]


def _packages(examined: Examined) -> Iterator[Finding]:
    names = {resource: examined.deployed.outputs[output] for resource, output in checks.FUNCTIONS.items()}
    builds = deployed_builds(examined.deployed.client("lambda"), names)
    yield from drift.packages(builds, this_checkout(), examined.stack)


def _resources(examined: Examined) -> Iterator[Finding]:
    rows = drift.detect_drift(examined.deployed.client("cloudformation"), f"{PROJECT}-{examined.stack}")
    yield from drift.resources(rows, examined.stack)


def _permissions(examined: Examined) -> Iterator[Finding]:
    client, outputs = examined.deployed.client("lambda"), examined.deployed.outputs
    found = drift.roles(client, outputs)
    pages = examined.deployed.client("cloudformation").get_paginator("list_stack_resources")
    listed = [
        row
        for page in pages.paginate(StackName=f"{PROJECT}-{examined.stack}")
        for row in page["StackResourceSummaries"]
    ]
    values = Values(
        template=read_template(),
        parameters=examined.parameters,
        resources={row["LogicalResourceId"]: (row["ResourceType"], row["PhysicalResourceId"]) for row in listed},
        region=client.meta.region_name,
        account=next(iter(found.values())).split(":")[4],
    )
    yield from drift.permissions(examined.deployed.client("iam"), found, values, examined.stack)


def _variables(examined: Examined) -> Iterator[Finding]:
    client, outputs, template = examined.deployed.client("lambda"), examined.deployed.outputs, read_template()
    yield from checks.variables(checks.drift_of_variables(client, outputs, template), examined.stack)
    yield from checks.moved_variables(client, outputs, template, examined.parameters)


def _concurrency(examined: Examined) -> Iterable[Finding]:
    client, outputs = examined.deployed.client("lambda"), examined.deployed.outputs
    limits = client.get_account_settings().get("AccountLimit", {})
    held = {
        outputs[output]: client.get_function_concurrency(FunctionName=outputs[output]).get(
            "ReservedConcurrentExecutions"
        )
        for output in _RESERVES
    }
    wanted = {outputs[output]: int(examined.parameters.get(name) or 0) for output, name in _RESERVES.items()}
    return [checks.concurrency(limits, held, wanted)]


def _wiring(examined: Examined) -> Iterator[Finding]:
    client, outputs = examined.deployed.client("lambda"), examined.deployed.outputs
    for output in _CONSUMERS:
        rows = client.list_event_source_mappings(FunctionName=outputs[output])["EventSourceMappings"]
        yield from checks.mappings(rows, output.removesuffix("FunctionName").lower())


def _models(examined: Examined) -> Iterator[Finding]:
    functions = Functions(examined.deployed)
    for service in SERVICES.values():
        for place in place_of(service, functions.variables(service)).each:
            try:
                told = f"{place} answers ({probe(examined.deployed, place):.1f} s)"
                yield Finding("ok", f"model of {service.name}", told)
            except VectoraError as error:
                move = f"vectora region move --service {service.name} --region REGION --stack {examined.stack}"
                todo = f"grant access to the model there, or `{move}`"
                yield Finding("broken", f"model of {service.name}", str(error), todo)
            yield from checks.priced(examined.tree, place.model_id, examined.stack)


def _mail(examined: Examined) -> Iterator[Finding]:
    outputs = examined.deployed.outputs
    found = examined.deployed.client("lambda").get_function_configuration(FunctionName=outputs["PublisherFunctionName"])
    variables = found["Environment"]["Variables"]
    ses = examined.deployed.client("sesv2", Config(region_name=variables.get("SES_REGION") or None))
    yield checks.account(ses.get_account())
    used = checks.senders(examined.tree.clients.values(), variables.get("FROM_ADDRESS", ""))
    for address, clients in used.items():
        yield checks.identity(address, clients, _verified(ses, address))


def _verified(ses: Any, address: str) -> dict[str, bool]:
    known = {}
    for identity in (address, address.rpartition("@")[2]):
        try:
            answer = ses.get_email_identity(EmailIdentity=identity)
            known[identity] = bool(answer.get("VerifiedForSendingStatus"))
        except ses.exceptions.NotFoundException:
            continue
    return known


def _schedules(examined: Examined) -> Iterable[Finding]:
    store = Schedules(examined.deployed)
    planned = plan(examined.tree.clients.values(), store.wiring)
    return [checks.schedules(reconcile(planned, store.stored()), len(planned), examined.stack)]


def _letters(examined: Examined) -> Iterable[Finding]:
    post = Post(examined.deployed)
    return list(checks.letters({queue.name: sum(post.depth(queue)) for queue in QUEUES}, examined.stack))


_CHECKS: dict[str, Callable[[Examined], Iterable[Finding]]] = {
    "configuration": _configuration,
    "configuration release": _release,
    "packages": _packages,
    "resources": _resources,
    "permissions": _permissions,
    "variables": _variables,
    "concurrency": _concurrency,
    "queues": _wiring,
    "models": _models,
    "mail": _mail,
    "schedules": _schedules,
    "failure queues": _letters,
}
