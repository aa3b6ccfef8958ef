"""`vectora config try`: what edited files would have changed, item by item, without any model call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli import config_tree
from cli.config_try_compare import Issue, Outcome, compare, periods, printed_before
from cli.pipeline import Pipeline
from cli.run import config_store
from cli.stacks import Deployed, StackName, connect
from shared.clock import SystemClock
from shared.config.store import S3ConfigStore
from shared.config.tree import ConfigTree
from shared.contracts.batch import Window
from shared.contracts.edition import ItemReport
from shared.contracts.items import NormalizedItem, RawItem
from shared.errors import InputError, NotFoundError
from shared.storage.labels import Labels
from shared.storage.lake import Lake
from shared.storage.objects import S3Objects, get_model
from shared.storage.table import Row, StateTable

_JUDGED = ("draft", "approved", "sending", "sent")


def command(
    folder: Annotated[Path, typer.Argument(help="The edited configuration tree.")],
    client: Annotated[str, typer.Option(help="Client id.")],
    last: Annotated[int | None, typer.Option(min=1, help="The last N editions.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day of a period of the lake.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Day after the period's last.")] = None,
    stack: Annotated[StackName, typer.Option(help="Whose editions and lake.")] = StackName.local,
) -> None:
    """List what each issue would have gained and lost under these files, with the reasons; asks no model."""
    if (last is None) == (start is None) or (start is None) != (end is None):
        raise InputError("name either --last N, or --from and --to")
    new = config_tree.load(folder)
    config_tree.client_of(new, client)
    trial = Trial.of(connect(stack), client)
    outcomes = list(trial.editions(new, last) if last else trial.period(new, str(start), str(end)))
    for outcome in outcomes:
        typer.echo("\n".join(lines(outcome)))
    gained, lost = (sum(one.kind == kind for o in outcomes for one in o.changes) for kind in ("gained", "lost"))
    typer.echo(f"\n{len(outcomes)} issues: {gained} items gained, {lost} lost; no model was asked")


def lines(outcome: Outcome) -> Iterator[str]:
    """An issue's account."""
    yield f"\n{outcome.issue.label}: {outcome.before} items as it was, {outcome.now} under these files"
    marks = {"gained": "+", "lost": "-", "to read": "?"}
    for change in outcome.changes:
        yield f"{marks[change.kind]} {change.published}  {change.title}\n    {change.url}"
        yield f"    before: {change.before}\n    now:    {change.now}"
        if change.kind == "to read":
            yield "    its article was never kept: the next run would read it and decide by the whole text"
    if not outcome.changes:
        yield "  no difference"
    if outcome.unkept:
        yield (
            f"  articles no longer kept: {outcome.unkept}; they count as let in by their ingestion profile, "
            "as they were then"
        )


@dataclass(frozen=True)
class Trial:
    """A client's past on a stack."""

    client_id: str
    config: S3ConfigStore
    lake: Lake
    data: S3Objects
    pipeline: Pipeline
    history: tuple[Row, ...]
    printed: dict[str, Row]

    @classmethod
    def of(cls, deployed: Deployed, client_id: str) -> "Trial":
        table = StateTable(deployed.resource("dynamodb"), deployed.outputs["StateTableName"])
        clock = SystemClock()
        pipeline = Pipeline(deployed, clock)
        printed = Labels(table, clock).dropped(client_id) | pipeline.editions.printed(client_id)
        return cls(
            client_id,
            config_store(deployed),
            Lake(table, pipeline.data),
            pipeline.data,
            pipeline,
            tuple(pipeline.editions.history(client_id)),
            printed,
        )

    def editions(self, new: ConfigTree, last: int) -> Iterator[Outcome]:
        """The last editions, each against its own release, the oldest first. Raises NotFoundError without any."""
        rows = [row for row in self.history if row["status"] in _JUDGED]
        if not rows:
            raise NotFoundError(f"{self.client_id} has no edition to judge: use --from and --to, or run one")
        for row in rows[-last:]:
            report = self.pipeline.report(row)
            old = self.config.load(str(row["config_release"]))
            label = f"{row['edition_id']} of {row['edition_date']}"
            seen = [item.item_id for item in report.items if _looked_at(item)]
            filtered = tuple(item for item in report.items if _filtered(item))
            yield self._judge(old, new, label, report.window, date.fromisoformat(row["edition_date"]), seen, filtered)

    def period(self, new: ConfigTree, start: str, end: str) -> Iterator[Outcome]:
        """A period of the lake in issues of the client's usual length, against the current release."""
        old = self.config.load(self.config.current())
        days = old.client(self.client_id).pipeline.default_period_days
        for window in periods(start, end, days):
            label = f"{window.start} to {window.end}"
            yield self._judge(old, new, label, window, date.fromisoformat(window.end), (), ())

    def _judge(
        self,
        old: ConfigTree,
        new: ConfigTree,
        label: str,
        window: Window,
        day: date,
        seen: Sequence[str],
        filtered: tuple[ItemReport, ...],
    ) -> Outcome:
        editions = {row["edition_id"]: row for row in self.history}
        issue = Issue(label, window, day, printed_before(self.printed, editions, window), filtered)
        items = self._items(window, seen)
        return compare(self.client_id, old, new, issue, items, self._raws(items))

    def _items(self, window: Window, seen: Sequence[str]) -> list[NormalizedItem]:
        """What an edition looked at (`seen`), and whatever the lake holds of its window, each once."""
        rows = {row["item_id"]: row for row in self.lake.published_in(window.start, window.end)}
        for item_id in seen:
            if item_id not in rows and (row := self.lake.get(item_id)):
                rows[item_id] = row
        return self.lake.load([rows[item_id] for item_id in sorted(rows)])

    def _raws(self, items: Sequence[NormalizedItem]) -> dict[str, RawItem]:
        """The items' articles, without those that the data bucket holds no longer."""
        found = {}
        for item in items:
            try:
                found[item.item_id] = get_model(self.data, item.raw_key, RawItem)
            except NotFoundError:
                continue  # what ingest decided stands; the outcome counts these
        return found


def _filtered(item: ItemReport) -> bool:
    return bool(item.dispositions) and item.dispositions[-1].outcome == "filtered"


def _looked_at(item: ItemReport) -> bool:
    return any(step.stage == "engine" for step in item.dispositions)
