"""`vectora local`: the one-machine stack."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import local.stack
from cli import config_tree, model_endpoint
from cli.progress import Lines
from cli.run import push_config
from cli.stacks import LocalStack
from local.model_endpoint.settings import FAULTS
from shared.errors import InputError

app = typer.Typer(help="The one-machine stack: emulator, model endpoint, deployed functions.", no_args_is_help=True)

ConfigOption = Annotated[Path, typer.Option(help="Configuration tree to push.")]


@app.command("up")
def up(config: ConfigOption = config_tree.DEFAULT) -> None:
    """Start what is missing, build and deploy what changed, push the configuration."""
    shown = Lines(Console(stderr=True))
    config_tree.load(config)
    deployed = LocalStack(local.stack.up(shown.note))
    push_config(deployed, config, shown)
    model_endpoint.configure(deployed.stack.model_endpoint, {"config_dir": str(config.resolve())})
    typer.echo(f"up: AWS at {deployed.stack.endpoint}, model at {deployed.stack.model_endpoint}")


@app.command("down")
def down() -> None:
    """Stop everything; lake, editions and state stay for the next start."""
    typer.echo("stopped" if local.stack.down() else "nothing was running")


@app.command("status")
def status() -> None:
    """What runs; exit status 1 unless everything is up and current."""
    found = local.stack.status()
    rows = {
        "emulator": found.emulator,
        "model endpoint": found.model_endpoint,
        "deployed": found.deployed,
        "same as this checkout": found.current,
    }
    for name, holds in rows.items():
        typer.echo(f"{name:<22} {'yes' if holds else 'no'}")
    typer.echo(f"{'state':<22} {found.home}")
    if not found.ready:
        typer.echo("`vectora local up` starts and deploys what is missing.", err=True)
        raise typer.Exit(1)


@app.command("model")
def model(
    corrupt: Annotated[float | None, typer.Option(min=0, max=1, help="Share of answers to corrupt.")] = None,
    throttle: Annotated[float | None, typer.Option(min=0, max=1, help="Share of calls to throttle.")] = None,
    rpm: Annotated[int | None, typer.Option(min=0, help="Requests a minute; 0: no quota.")] = None,
    tpm: Annotated[int | None, typer.Option(min=0, help="Tokens a minute; 0: no quota.")] = None,
    latency: Annotated[float | None, typer.Option(min=0, help="Seconds that an answer takes.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help=f"KIND=SHARE of all calls, from 0 to 1; kinds: {', '.join(FAULTS)}. May be repeated."),
    ] = None,
) -> None:
    """Change the local model endpoint's behaviour, and show what it has done so far."""
    asked = {"corrupt": corrupt, "throttle": throttle, "rpm": rpm, "tpm": tpm, "latency": latency}
    settings: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    settings |= dict(map(share, fault or ()))
    origin = local.stack.connect().model_endpoint
    if settings:
        model_endpoint.configure(origin, settings)
    for name, value in model_endpoint.stats(origin).items():
        typer.echo(f"{name}: {value}")


def share(text: str) -> tuple[str, float]:
    """KIND=SHARE. Raises InputError."""
    kind, _, value = text.partition("=")
    try:
        amount = float(value)
    except ValueError:
        amount = -1.0
    if kind not in FAULTS or not 0 <= amount <= 1:
        raise InputError(f"--fault {text!r} is not KIND=SHARE: a share from 0 to 1 of {', '.join(FAULTS)}")
    return kind, amount
