"""The end of a run, as the operator reads it."""

import io

from rich.console import Console

from cli.summary import closing_lines, show_edition, source_failures
from shared.contracts.batch import Disposition, SourceReport, Window
from shared.contracts.edition import Edition, EditionItem, ItemReport, Report, Section

WINDOW = Window(start="2030-01-01", end="2030-01-08")
DOWN = SourceReport(source_key="acme", source_name="Acme", source_type="rss", status="failed", error="404 Not Found")
ITEM = EditionItem(
    item_id="0" * 20,
    title="T",
    summary="S",
    url="https://news.example.org/t",
    source_key="s",
    source_name="S",
    published="2030-01-02",
    event_type="regulatory",
    score=10,
)


def edition(*items):
    return Edition(
        client_id="lab",
        edition_id="ed-1",
        edition_date="2030-01-08",
        status="sent",
        window=WINDOW,
        title="Weekly",
        intro="",
        sections=(Section(id="s", title="S", items=items),) if items else (),
        coverage="",
        model="m",
        cost_usd=0.02,
    )


def report(**facts):
    return Report(
        client_id="lab",
        edition_id="ed-1",
        status="sent",
        window=WINDOW,
        as_of="2030-01-08T00:00:00Z",
        config_release="0" * 16,
        **{"items": (), "counts": {"ingest": {"items_seen": 9, "items_dropped": 0}}, "sources": (DOWN,), **facts},
    )


def test_a_source_that_failed_is_named_with_its_reason():
    assert source_failures([DOWN, DOWN.model_copy(update={"status": "ok", "error": ""})]) == ["Acme: 404 Not Found"]


def test_a_source_that_was_read_in_part_is_told():
    partial = DOWN.model_copy(update={"status": "partial", "error": "older pages: answered 500"})
    assert source_failures([partial]) == ["Acme: read in part: older pages: answered 500"]


def test_a_gap_is_told():
    assert "may be missing" in source_failures([DOWN.model_copy(update={"status": "ok", "gap": True})])[0]


def test_a_gap_comes_with_the_interval_that_would_miss_nothing():
    gap = DOWN.model_copy(update={"status": "ok", "gap": True, "poll_hours": 11.5})
    assert source_failures([gap]) == ["Acme: items may be missing; poll it every 11.5 h"]


def test_refusals_calls_and_cost_are_told():
    lines = list(
        closing_lines(edition(ITEM), report(refused={"entities": 2}, model_calls={"normalize": 9}, cost_usd=0.5))
    )
    assert "Refused as not grounded: 2 entities" in lines
    assert "Model calls: 9, $0.5000 at list price" in lines
    assert not any("Quiet week" in line for line in lines)


def test_items_that_failed_are_named_and_the_rest_counted():
    step = Disposition(stage="normalize", outcome="failed", reason="throttled")
    url = "https://news.example.org/"
    failed = [ItemReport(item_id=str(n), url=url, title=f"Title {n}", dispositions=(step,)) for n in range(5)]
    lines = list(closing_lines(edition(ITEM), report(items=tuple(failed))))
    assert "Not normalized: Title 0 (throttled)" in lines
    assert "Not normalized: 2 more; report.json has their reasons" in lines


def test_a_quiet_week_says_so():
    assert next(iter(closing_lines(edition(), report()))).startswith("Quiet week")


def test_the_table_fits_a_narrow_terminal_and_leaves_out_zeros():
    console = Console(file=io.StringIO(), width=60)
    show_edition(console, edition(ITEM), report())
    text = console.file.getvalue()
    assert "9 items seen" in text
    assert "dropped" not in text
    assert "1 item in 1 section" in text
