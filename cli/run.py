"""`vectora run`: one batch of one client on a deployed stack, followed to its edition."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import backfill, config_tree, follow, gateway, model_endpoint, summary
from cli.forecast import agree
from cli.normalized import Normalized
from cli.output import Output
from cli.pipeline import Pipeline, Snapshot
from cli.progress import Display, display
from cli.running import Diagnosis, Plan, Run, Time
from cli.stacks import Deployed, LocalStack, StackName, start
from local.demo.gateway import demo_gateway
from local.diagnose import stalled_stage
from local.mail import exported
from shared.clock import SystemClock, local_day
from shared.config.client import ClientConfig
from shared.config.loader import DirectorySource
from shared.config.store import S3ConfigStore
from shared.config.tree import ConfigTree
from shared.contracts.events import IngestEvent, Kind
from shared.errors import InputError
from shared.reserved import is_reserved
from shared.storage.table import Row

STALL_VARIABLE = "VECTORA_STALL_SECONDS"
_STALL_SECONDS = {StackName.local: 60.0}
_STALL_SECONDS_AWS = 300.0


@dataclass(frozen=True, slots=True)
class Request:
    """A run as asked for on the command line."""

    client_id: str
    kind: Kind
    stack: StackName
    as_of: str | None
    period_days: int | None
    config: Path
    output: Path
    review: bool
    sources: tuple[str, ...]
    start: str | None = None
    end: str | None = None
    bound: backfill.Bound = backfill.NOTHING_SAID

    @property
    def goal(self) -> follow.Goal:
        """Where the run ends; one restricted to some sources never becomes the client's edition."""
        if self.kind == "collect" or self.sources:
            return "collected"
        return "draft" if self.review else "sent"


def command(
    client: Annotated[str, typer.Argument(help="Client id, as in clients/.")],
    kind: Annotated[Kind, typer.Option(help="edition, or collect: only fill the lake.")] = "edition",
    stack: Annotated[StackName, typer.Option(help="Where to run.")] = StackName.local,
    as_of: Annotated[str | None, typer.Option(help="The run's clock: a date or a moment. Default: now.")] = None,
    period_days: Annotated[int | None, typer.Option(min=1, max=3660, help="Days to look back.")] = None,
    config: Annotated[Path, typer.Option(help="Configuration tree: canonical/ and clients/.")] = config_tree.DEFAULT,
    output: Annotated[Path, typer.Option(help="Folder for newsletter, report and mails.")] = Path("out"),
    review: Annotated[bool, typer.Option("--review", help="Hold the edition as a draft.")] = False,
    sources: Annotated[str | None, typer.Option(help="Only these source keys, separated by commas.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First publication day, as 2026-01-31.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="The day after the last one.")] = None,
    forecast: Annotated[bool, typer.Option("--forecast", help="Tell items and dollars, and stop.")] = False,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Dollars of normalizing above which to ask.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask about a backfill's cost.")] = False,
) -> None:
    """Collect a client's sources, write its edition, deliver it, and show where it is."""
    wanted = tuple(key.strip() for key in (sources or "").split(",") if key.strip())
    bound = backfill.Bound(forecast, max_cost, yes)
    request = Request(client, kind, stack, as_of, period_days, config, output, review, wanted, start, end, bound)
    execute(request, Console(stderr=True), Console())


def execute(request: Request, progress: Console, console: Console) -> None:
    """Run and print. Raises ConfigError and InputError before anything is started, VectoraError for a failed run."""
    tree = config_tree.load(request.config)
    client = config_tree.client_of(tree, request.client_id)
    config_tree.check_sources(tree, client, request.sources)
    moment = config_tree.as_of_moment(request.as_of, client)
    today = local_day(moment, client.client_profile.timezone)
    days = backfill.window_days(request.start, request.end, request.period_days, today)
    with Output(request.output) as output, fetching(request, tree, client, today) as origin:
        with display(progress) as shown:
            deployed = prepare(request, shown)
        pipeline, planned = Pipeline(deployed, SystemClock()), plan(request, client, origin)
        if backfill.wanted(request.bound, request.stack, days) and not agreed(
            request, pipeline, deployed, console, planned
        ):
            return
        with display(progress) as shown:
            snapshot = Run(pipeline, planned, diagnosis(deployed), Time())(shown)
        conclude(pipeline, deployed, snapshot, output, console)


@contextmanager
def fetching(request: Request, tree: ConfigTree, client: ClientConfig, today: date) -> Iterator[str | None]:
    """The fetch gateway's origin: the environment's, the demo's own while its pages are needed, or None."""
    origin = gateway.from_environment(request.stack)
    if origin is not None:
        gateway.check(origin)
        yield origin
    elif request.stack is StackName.local and is_demo(tree, client):
        with demo_gateway(today) as demo:
            yield demo
    else:
        yield None


def is_demo(tree: ConfigTree, client: ClientConfig) -> bool:
    """Whether all of the client's sources are on reserved names, which only the demo's pages answer."""
    sources = tree.sources_for(client)
    return bool(sources) and all(is_reserved(source.url) for source in sources)


def prepare(request: Request, shown: Display) -> Deployed:
    """The stack, up, with this configuration and, locally, a model that knows it."""
    deployed = start(request.stack, shown.note)
    if isinstance(deployed, LocalStack):
        push_config(deployed, request.config, shown)
        model_endpoint.configure(deployed.stack.model_endpoint, {"config_dir": str(request.config.resolve())})
    elif config_store(deployed).diff(DirectorySource(request.config).files()):
        # a run never changes what a stage or a production stack decides by
        shown.note(f"note: {request.stack} has another configuration; `vectora config diff --stack {request.stack}`")
    return deployed


def agreed(request: Request, pipeline: Pipeline, deployed: Deployed, console: Console, planned: Plan) -> bool:
    """Tell what the run would cost; whether it is to go on. Raises InputError where it costs more than was allowed."""
    store = config_store(deployed)
    tree = store.load(store.current())
    lake = Normalized(deployed, tree, config_tree.client_of(tree, request.client_id))
    expected = backfill.forecast(pipeline, lake, planned.event)
    for line in expected.lines():
        console.print(line, soft_wrap=True, highlight=False)
    if request.bound.only:
        return False
    agree(expected, request.bound.dollars, yes=request.bound.yes)
    return True


def config_store(deployed: Deployed) -> S3ConfigStore:
    """The stack's releases of the configuration."""
    return S3ConfigStore(deployed.client("s3"), deployed.outputs["ConfigBucketName"])


def push_config(deployed: Deployed, folder: Path, shown: Display) -> None:
    """Make the folder's tree the current release, unless it is."""
    store, files = config_store(deployed), DirectorySource(folder).files()
    if store.diff(files):
        shown.note(f"configuration: release {store.push(files)} is current")


def plan(request: Request, client: ClientConfig, origin: str | None) -> Plan:
    """Event and limits of a new run: its run_id is fresh, so that asking again is another run."""
    stall = stall_seconds(request.stack)
    event = IngestEvent(
        client_id=request.client_id,
        kind=request.kind,
        period_days=request.period_days,
        from_date=request.start,
        to_date=request.end,
        sources=request.sources or None,
        as_of=request.as_of,
        run_id=uuid.uuid4().hex,
        fetch_gateway=origin,
        delivery="review" if request.review else "send",
    )
    recipients = len({address.strip().lower() for address in client.newsletter_delivery.recipients})
    log_after = min(15.0, stall) if request.stack is StackName.local else stall
    return Plan(event, request.goal, request.stack, recipients, log_after=log_after, stall_after=stall)


def stall_seconds(stack: StackName) -> float:
    """Seconds without progress after which a run has stalled. Raises InputError for a value that is no number."""
    text = os.environ.get(STALL_VARIABLE)
    if not text:
        return _STALL_SECONDS.get(stack, _STALL_SECONDS_AWS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InputError(f"{STALL_VARIABLE}={text} is no number of seconds.")
    return seconds


def diagnosis(deployed: Deployed) -> Diagnosis:
    """On the local stack the wiring can be looked at; elsewhere only standing still tells."""
    if isinstance(deployed, LocalStack):
        stack = deployed.stack
        return lambda: stalled_stage(stack)
    return lambda: None


def conclude(pipeline: Pipeline, deployed: Deployed, snapshot: Snapshot, output: Output, console: Console) -> None:
    """Write --output and print the summary."""
    batch = snapshot.batch
    if batch is None:
        raise ValueError("a run ends with its batch")
    if snapshot.edition is None:
        summary.show_collected(console, batch, pipeline.manifest(batch.client_id, batch.batch_id))
        return
    mails = exported_mails(deployed, snapshot.edition)
    output.publish(pipeline.files(snapshot.edition), mails)
    report = pipeline.report(snapshot.edition)
    summary.show_edition(console, pipeline.edition(snapshot.edition), report)
    if isinstance(deployed, LocalStack) and any(report.model_calls.values()):
        console.print("The local model endpoint answered, not Bedrock: nothing was spent.", soft_wrap=True)
    for name in ("newsletter.html", "report.json"):
        console.print(f"{name.split('.')[0].capitalize()}: {output.folder / name}", soft_wrap=True, highlight=False)
    console.print(mail_line(deployed, mails, output), soft_wrap=True, highlight=False)


def exported_mails(deployed: Deployed, edition: Row) -> dict[str, bytes]:
    """File name → mail of this edition, one for each recipient; empty on AWS, where SES keeps none."""
    if not isinstance(deployed, LocalStack):
        return {}
    return exported(deployed.stack, str(edition["edition_id"]))


def mail_line(deployed: Deployed, mails: dict[str, bytes], output: Output) -> str:
    """What became of the mails, in one line."""
    if not isinstance(deployed, LocalStack):
        return "Mails: handed to SES, which keeps no copies."
    return f"Mails: {len(mails)} in {output.folder / 'mail'}" if mails else "Mails: none was sent."
