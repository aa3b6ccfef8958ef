"""`vectora smoke`: does a freshly deployed stack work from end to end."""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.config import Config
from rich.console import Console

from cli import config_tree, run
from cli.errors import StageFailedError
from cli.one_item import OneItem
from cli.pipeline import failure_text
from cli.region import SERVICES, place_of
from cli.region_adapters import Functions, probe
from cli.rollback import labels
from cli.stacks import Deployed, StackName, connect
from cli.verified import Verified, present
from shared.clock import SystemClock
from shared.errors import VectoraError

_DEMO = "demo"
_SECONDS = 930


def command(stack: Annotated[StackName, typer.Option(help="Which stack.")] = StackName.local) -> None:
    """A tiny edition from end to end on the local stack; on AWS every step that leaves no trace. Exit status 1: no.

    What passes is kept as a state that `vectora rollback` can bring back.
    """
    try:
        if stack is StackName.local:
            _edition()
        else:
            _without_traces(connect(stack))
    except VectoraError:
        typer.echo(f"smoke: it does not work; `vectora rollback --stack {stack}` brings the last working state back")
        raise
    deployed = connect(stack)
    state, template = present(deployed, stack, labels(deployed))
    Verified.of(deployed).keep(state, template, SystemClock().now())
    typer.echo(f"smoke: it works; this state is kept for `vectora rollback --stack {stack}`")


def _edition() -> None:
    """The demonstration: pages, batch, model, edition, mail. Raises VectoraError."""
    with tempfile.TemporaryDirectory(prefix="vectora-smoke-") as folder:
        request = run.Request(
            _DEMO, "edition", StackName.local, None, None, config_tree.DEFAULT, Path(folder) / "out", False, ()
        )
        run.execute(request, Console(stderr=True), Console(quiet=True))
        made = json.loads((request.output / "newsletter.json").read_text())
        report = json.loads((request.output / "report.json").read_text())
        items = sum(len(section["items"]) for section in made["sections"])
        known = sum(step["outcome"] == "already_printed" for one in report["items"] for step in one["dispositions"])
        mails = len(list((request.output / "mail").glob("*.eml")))
    if not items + known or not mails:
        raise StageFailedError("publisher" if items + known else "engine", f"{items} items, {mails} mails in the demo")
    again = f" ({known} more were printed by an earlier one)" if known else ""
    typer.echo(f"an edition of {items} items{again} went out in {mails} mails")


def _without_traces(deployed: Deployed) -> None:
    """Raises VectoraError at the first step that fails."""
    typer.echo("the demo's pages exist on the local stack only, so nothing is published here; checked instead:")
    body = ingest_test(deployed)
    typer.echo(f"ingest: {', '.join(body['checks'])} usable; {len(body['sources'])} sources tried")
    for source, error in body["sources_failed"].items():
        typer.echo(f"  {source} did not answer: {error}")
    functions = Functions(deployed)
    place = place_of(SERVICES["normalize"], functions.variables(SERVICES["normalize"]))
    passed = OneItem(deployed, SystemClock())(place)
    typer.echo(f"normalize: one item in {passed.seconds:.1f} s, ${passed.cost_usd:.4f}, by {passed.place}")
    place = place_of(SERVICES["engine"], functions.variables(SERVICES["engine"]))
    typer.echo(f"engine: {place} answers ({probe(deployed, place):.1f} s)")
    typer.echo("engine and publisher themselves make an edition, so the next one is their test")


def ingest_test(deployed: Deployed) -> dict[str, Any]:
    """Answer of ingest's event {"test": true}: it queues and writes nothing. Raises StageFailedError."""
    once = Config(retries={"total_max_attempts": 1}, read_timeout=_SECONDS)
    answer = deployed.client("lambda", config=once).invoke(
        FunctionName=deployed.outputs["IngestFunctionName"], Payload=b'{"test": true}'
    )
    payload = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(payload, dict) or payload.get("statusCode", 500) >= 300:
        raise StageFailedError("ingest", failure_text(payload))
    return dict(payload["body"])
