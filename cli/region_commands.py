"""`vectora region`: where normalize and the engine call their model; move it, verify, go back."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.one_item import OneItem
from cli.region import NO_MODEL, SERVICES, Place, Service, ServiceName, changed, parameters, place_of, target
from cli.region_adapters import Functions, Saved, mover, probe, saved_place
from cli.run import config_store
from cli.stacks import Deployed, StackName, connect
from shared.clock import SystemClock
from shared.errors import InputError, VectoraError

app = typer.Typer(help="Where the services call their model.", no_args_is_help=True)

Stack = Annotated[StackName, typer.Option(help="Whose services.")]
Which = Annotated[ServiceName, typer.Option("--service", help="normalize or engine.")]


@app.command("show")
def show(
    stack: Stack = StackName.local,
    call: Annotated[bool, typer.Option(help="Call each model for one token.")] = True,
) -> None:
    """Region and model of each service, whether it answers, and what `rollback` would bring back."""
    deployed = connect(stack)
    functions, saved, failed = Functions(deployed), Saved(deployed), False
    for service in SERVICES.values():
        place = place_of(service, functions.variables(service))
        told, good = _called(deployed, place) if call else ("not called", True)
        failed |= not good
        typer.echo(f"{service.name:<10} {place}: {told}")
        if pile := saved.pile(service):
            last = pile[-1]
            typer.echo(f"{'':<10} before {last['at']}: {saved_place(last)} (`rollback` goes there)")
    if failed:
        raise typer.Exit(1)


@app.command("move")
def move(
    service: Which,
    region: Annotated[str | None, typer.Option(help="For example eu-west-3.")] = None,
    model: Annotated[str | None, typer.Option(help="Inference profile. Default: the same model there.")] = None,
    first_model: Annotated[
        str | None,
        typer.Option(
            help=f"Cheaper profile that normalize asks first; {NO_MODEL}: the main one alone. Default: as now."
        ),
    ] = None,
    stack: Stack = StackName.local,
) -> None:
    """Save all variables, move the service, verify it with real calls; goes back by itself if that fails."""
    deployed, moved = connect(stack), SERVICES[service]
    functions, started = Functions(deployed), datetime.now(UTC)
    variables = functions.variables(moved)
    present = place_of(moved, variables)
    if first_model is not None and service != "normalize":
        raise InputError("--first-model is for normalize: an edition is written by one model")
    wanted = target(present, region, model, first_model)
    configuration = config_store(deployed)
    tree = configuration.load(configuration.current())
    for one in wanted.each:
        tree.price(one.model_id)
    typer.echo(f"{service}: {present} → {wanted}")
    seconds = probe(deployed, wanted)  # before anything is changed
    typer.echo(f"{'both models answer' if wanted.first_id else 'the model answers'} there ({seconds:.1f} s)")
    Saved(deployed).push(moved, variables, present)
    mover(deployed, stack).apply(moved, changed(moved, variables, wanted), wanted)
    try:
        _verify(deployed, moved, wanted)
    except VectoraError as error:
        _go_back(deployed, stack, moved)
        raise VectoraError(f"{error}. {service} is back at {present}; nothing else was changed.") from error
    typer.echo(f"moved in {(datetime.now(UTC) - started).total_seconds():.0f} s; back: {_rollback(service, stack)}")
    _tell_parameters(moved, wanted)


@app.command("rollback")
def rollback(service: Which, stack: Stack = StackName.local) -> None:
    """Bring back the variables that the last move replaced, and verify."""
    deployed, moved, started = connect(stack), SERVICES[service], datetime.now(UTC)
    place = _go_back(deployed, stack, moved)
    _verify(deployed, moved, place)
    typer.echo(f"{service} is back at {place}, in {(datetime.now(UTC) - started).total_seconds():.0f} s")
    _tell_parameters(moved, place)


def _go_back(deployed: Deployed, stack: StackName, service: Service) -> Place:
    saved = Saved(deployed)
    pile = saved.pile(service)
    if not pile:
        raise InputError(f"{service.name} was never moved on {stack}: there is nothing to go back to")
    last = pile[-1]
    place = saved_place(last)
    mover(deployed, stack).apply(service, last["variables"], place)
    saved.pop(service)
    return place


def _verify(deployed: Deployed, service: Service, place: Place) -> None:
    """Raises VectoraError."""
    now = place_of(service, Functions(deployed).variables(service))
    if now != place:
        raise VectoraError(f"{service.name} is configured for {now} instead of {place}")
    probe(deployed, place)
    if service.name != "normalize":
        typer.echo("verified: configured there, and the model answers; its next edition names the region in the log")
        return
    passed = OneItem(deployed, SystemClock())(place)
    typer.echo(f"verified: one item went through the function in {passed.seconds:.1f} s (${passed.cost_usd:.4f})")


def _called(deployed: Deployed, place: Place) -> tuple[str, bool]:
    try:
        return f"answers ({probe(deployed, place):.1f} s)", True
    except VectoraError as error:
        return str(error), False


def _tell_parameters(service: Service, place: Place) -> None:
    typer.echo("so that the next deployment keeps it, set in samconfig.toml (parameter_overrides):")
    typer.echo("  " + " ".join(f"{name}={value}" for name, value in parameters(service, place).items() if value))


def _rollback(service: str, stack: str) -> str:
    return f"`vectora region rollback --service {service} --stack {stack}`"
