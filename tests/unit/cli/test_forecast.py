"""What a run or a redo would cost, when it is told, and when somebody is asked first."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import typer

from cli import backfill, config_tree, forecast
from cli.backfill import Bound
from cli.forecast import Forecast, PerItem, agree
from cli.normalized import manifest
from cli.redo import days
from cli.redo_choice import CURRENT, Present, boundary, choose
from cli.run import plan
from cli.stacks import StackName
from services.normalize.prompt import signature
from services.normalize.settings import DEFAULT_MODEL
from shared.config.rules import ModelPrice
from shared.contracts.batch import Window
from shared.contracts.events import IngestEvent
from shared.contracts.items import DatedBy, NormalizedItem, Normalizer, Usage
from shared.errors import InputError
from shared.storage import keys
from tests.unit.cli.test_commands import CONFIG, request

PRICE = ModelPrice(input_per_million=3, output_per_million=15)
TODAY = date(2026, 3, 1)
MAIN = DEFAULT_MODEL
CHEAPER = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
WINDOW = Window.model_validate({"from": "2026-01-01", "to": "2026-03-02"})


def made_item(kind: str = "model", **usage: float) -> NormalizedItem:
    return NormalizedItem(
        item_id="i",
        content_hash="h",
        url="https://example.org/i",
        title="t",
        published="2026-02-01",
        dated_by=DatedBy(origin="feed", confidence="high"),
        source_key="s",
        source_name="S",
        source_type="press_sector",
        sources=("s",),
        raw_key="raw/i/h.json",
        event_type="other",
        event_confidence=0.5,
        entities=(),
        summary=(),
        normalizer=Normalizer(kind=kind, model_id="m", region="", signature=kind),  # type: ignore[arg-type]
        normalized_at="2026-02-01T08:00:00+00:00",
        usage=Usage.model_validate(usage),
    )


def row(item_id: str, signature: str = "old", **changes: object) -> dict:
    return {
        "item_id": item_id,
        "content_hash": f"h-{item_id}",
        "normalizer": "model",
        "signature": signature,
        "normalized_at": "2026-02-01T08:00:00+00:00",
        "published": "2026-01-31",
        "sources": ["ours"],
        **changes,
    }


def expected(items: int, left: float | None = None) -> Forecast:
    return Forecast(items, PerItem(1000, 200, 10), PRICE, "some-model", left)


def test_dollars_follow_the_tokens_that_items_have_cost_repeated_questions_included() -> None:
    tree = config_tree.load(CONFIG)
    made = [
        made_item(calls=1, input_tokens=1000, output_tokens=200),
        made_item(calls=2, input_tokens=3000, output_tokens=600),
    ]
    each = forecast.per_item([*made, made_item("rules"), made_item()], tree, (MAIN,))
    assert each == PerItem(2000, 400, 2)
    assert Forecast(100, each, PRICE, "m").dollars == pytest.approx(100 * (2000 * 3 + 400 * 15) / 1e6)


def test_without_anything_measured_the_forecast_is_an_upper_bound_and_says_so() -> None:
    tree = config_tree.load(CONFIG)
    each = forecast.per_item([], tree, (MAIN,))
    assert each.output_tokens == 2 * 800, "a question and its repetition"
    assert each.input_tokens > 2 * 6000 / 4
    told = Forecast(1, each, PRICE, "m")
    assert "upper bound" in "\n".join(told.lines())
    assert told.dollars == pytest.approx((each.input_tokens * 3 + each.output_tokens * 15) / 1e6)


def test_with_a_cheaper_model_first_dollars_are_those_metered_under_that_setting_or_the_worst_case() -> None:
    tree = config_tree.load(CONFIG)
    worst = forecast.per_item([], tree, (CHEAPER, MAIN))
    alone = forecast.per_item([], tree, (MAIN,))
    assert worst.measured == 0
    assert alone.dollars is not None
    assert alone.dollars * 0.5 < Forecast(1, worst, PRICE, "m").dollars < alone.dollars, "both at their own price"
    usage = {"calls": 1, "input_tokens": 1000, "output_tokens": 200}
    by_main = made_item(**usage, cost_usd=0.006)
    assert forecast.per_item([by_main], tree, (CHEAPER, MAIN)) == worst, "it does not tell how often main repeats"
    both = [made_item(**usage, cost_usd=dollars) for dollars in (0.002, 0.008)]
    present = signature(tree, CHEAPER, MAIN)
    made = [
        one.model_copy(update={"normalizer": one.normalizer.model_copy(update={"signature": present})}) for one in both
    ]
    each = forecast.per_item([by_main, *made], tree, (CHEAPER, MAIN))
    assert each == PerItem(1000, 200, 2, pytest.approx(0.005))
    assert Forecast(100, each, PRICE, "m").dollars == pytest.approx(0.5)


def test_what_is_cheap_needs_no_answer_and_what_is_not_is_asked_about() -> None:
    agree(expected(10), 1.0, yes=False, ask=None)
    agree(expected(1000), 1.0, yes=True, ask=None)
    agree(expected(1000), 1.0, yes=False, ask=lambda question: "$6.00 for 1000 items is above $1.00" in question)
    with pytest.raises(typer.Exit):
        agree(expected(1000), 1.0, yes=False, ask=lambda _: False)


def test_where_nobody_can_be_asked_the_message_names_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(InputError, match="--yes"):
        agree(expected(1000), 1.0, yes=False)


def test_more_than_the_budget_has_left_is_asked_about_however_little_it_is() -> None:
    with pytest.raises(typer.Exit):
        agree(expected(10, left=0.01), 1.0, yes=False, ask=lambda question: "budget ($0.01)" not in question)


@pytest.mark.parametrize(
    ("bound", "stack", "asked_days", "counted"),
    [
        (Bound(), StackName.prod, 32, True),
        (Bound(), StackName.prod, 31, False),
        (Bound(), StackName.prod, None, False),
        (Bound(yes=True), StackName.prod, 400, False),
        (Bound(), StackName.local, 400, False),
        (Bound(max_cost=0.1), StackName.local, 7, True),
        (Bound(only=True), StackName.local, None, True),
    ],
)
def test_a_backfill_is_counted_before_it_is_paid_for(bound, stack, asked_days, counted) -> None:
    assert backfill.wanted(bound, stack, asked_days) is counted


def test_the_days_of_a_window_come_from_its_dates_or_its_period() -> None:
    assert backfill.window_days("2026-01-01", None, 7, TODAY) == 59
    assert backfill.window_days("2026-01-01", "2026-01-03", None, TODAY) == 2
    assert backfill.window_days(None, None, 7, TODAY) == 7
    assert backfill.window_days(None, None, None, TODAY) is None
    for start, end in (("yesterday", None), ("2026-02-01", "2026-01-01")):
        with pytest.raises(InputError):
            backfill.window_days(start, end, None, TODAY)


class Fake:
    """A dry run that keeps ten items, six of them known, and a lake in which two are by an older normalizer."""

    def __init__(self) -> None:
        self.event: IngestEvent | None = None

    def ingest(self, event: IngestEvent) -> dict:
        self.event = event
        window = WINDOW.model_dump(by_alias=True)
        return {"items_ingested": 10, "items_normalized": 6, "window": window}

    def stale(self, window: Window) -> int:
        assert window == WINDOW
        return 2

    def forecast_for(self, items: int) -> Forecast:
        return expected(items)


def test_a_forecast_counts_new_items_and_those_of_an_older_normalizer_and_leaves_no_trace() -> None:
    fake = Fake()
    event = IngestEvent(client_id="c", period_days=90, run_id="r", fetch_gateway="http://127.0.0.1:1")
    assert backfill.forecast(fake, fake, event).items == 10 - 6 + 2
    assert fake.event == event.model_copy(update={"dry_run": True, "run_id": None})


class Unfinished(Fake):
    """A dry run that one invocation could not end."""

    def ingest(self, event: IngestEvent) -> dict:
        return {**super().ingest(event), "continued": True}


def test_what_one_invocation_cannot_count_is_a_lower_bound_that_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    least = backfill.forecast(Unfinished(), Unfinished(), IngestEvent(client_id="c", period_days=90))
    assert (least.items, least.counted) == (6, False)
    told = "\n".join(least.lines())
    assert "at least 6 items for some-model: at least $0.04" in told
    assert "there will be more" in told
    asked: list[str] = []
    agree(least, 1.0, yes=False, ask=lambda question: not asked.append(question))
    assert asked == ["at least $0.04 for at least 6 items is not the whole cost, which nobody knows before. Go on?"]
    with pytest.raises(typer.Exit):
        agree(least, 1.0, yes=False, ask=lambda _: False)
    agree(least, 1.0, yes=True)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(InputError, match="--yes"):
        agree(least, 1.0, yes=False)


def test_what_rules_make_costs_nothing_however_much_there_is() -> None:
    free = replace(forecast.by_rules(9), counted=False)
    agree(free, 0.0, yes=False)
    assert free.lines()[0] == "at least 9 items by rules, which cost nothing"


def test_a_run_asks_about_the_days_that_were_given() -> None:
    asked = request(start="2026-01-01", end="2026-02-01")
    made = plan(asked, config_tree.load(CONFIG).client("demo"), None)
    assert (made.event.from_date, made.event.to_date) == ("2026-01-01", "2026-02-01")


def test_only_what_another_normalizer_made_of_own_sources_is_redone() -> None:
    rows = [
        row("old"),
        row("present", "new"),
        row("theirs", sources=["theirs"]),
        row("by-rules", "r1", normalizer="rules"),
    ]
    assert [one["item_id"] for one in choose(rows, {"ours"}, Present("model", "new"), "")] == ["by-rules", "old"]
    assert [one["item_id"] for one in choose(rows, {"ours"}, Present("rules", "r2"), "")] == ["by-rules"]


def test_older_than_a_date_or_than_a_normalizer() -> None:
    first, second = row("a", "aaaa"), row("b", "bbbb", normalized_at="2026-02-10T08:00:00+00:00")
    rows = [first, second, row("c", "cccc", normalized_at="2026-02-20T08:00:00+00:00")]
    present = Present("model", "dddd")
    assert choose(rows, {"ours"}, present, boundary("2026-02-10", rows)) == [first]
    assert choose(rows, {"ours"}, present, boundary("cccc", rows)) == [first, second]
    assert len(choose(rows, {"ours"}, present, boundary(CURRENT, rows))) == 3
    with pytest.raises(InputError, match="aaaa, bbbb, cccc"):
        boundary("eeee", rows)


def test_redone_items_are_a_batch_that_only_fills_the_lake() -> None:
    made = manifest("c", "release", [row("a")], WINDOW, datetime(2026, 3, 1, tzinfo=UTC), "run")
    assert (made.kind, made.restricted, made.already_normalized) == ("collect", True, 1)
    assert made.items[0].raw_key == keys.raw("a", "h-a")


def test_the_days_of_a_redo() -> None:
    assert days(None, None, TODAY).model_dump() == {"start": "2025-03-01", "end": "2026-03-02"}
    assert days("2026-01-01", "2026-02-01", TODAY).start == "2026-01-01"
    for start, end in (("soon", None), ("2026-02-01", "2026-02-01")):
        with pytest.raises(InputError):
            days(start, end, TODAY)
