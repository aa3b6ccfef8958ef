"""report.html: pictures that add up, and nothing from an item that becomes markup."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.engine.report_page import bars, funnel, remarks, report_page, score_bars, state
from shared.contracts.batch import Disposition, SourceReport
from shared.contracts.edition import ItemReport, Report
from tests.unit.engine.hostile import VECTORS
from tests.unit.engine.test_render import Page


def scored(title: str, outcome: str, **contributions: float) -> ItemReport:
    return ItemReport(
        item_id=title,
        url="https://night.example.org/a",
        title=title,
        score=round(sum(contributions.values()), 4),
        contributions=contributions,
        dispositions=(Disposition(stage="engine", outcome=outcome, reason=f"because {title}"),),
    )


PRINTED = scored("Approval", "selected", recency=2, trademark=4, **{"event type regulatory": 7})
BELOW = scored("Rumour", "below_floor", recency=2, **{"penalty hiring": -6, "event type other": 9})
COPY = scored("Approval again", "story_duplicate", trademark=12)
COUNTS = {
    "ingest": {"seen": 40, "filtered": 30, "queued": 10},
    "normalize": {"expected": 10, "done": 9, "failed": 1, "reused": 3},
    "engine": {"analyzed": 9, "matched": 5, "selected": 1, "below_floor": 4},
}


def make_report(*items: ItemReport, **rest) -> Report:
    values = {
        "client_id": "nightly",
        "edition_id": "ed-1",
        "status": "draft",
        "window": {"from": "2026-03-02", "to": "2026-03-09"},
        "as_of": "2026-03-09T06:00:00+00:00",
        "config_release": "abc",
        "counts": COUNTS,
        "items": items,
        "floor": 10.0,
    }
    return Report.model_validate({**values, **rest})


def test_the_funnel_narrows_from_listed_to_printed():
    assert [(bar.label, bar.amount, bar.width) for bar in funnel(COUNTS)] == [
        ("listed by the sources", 40, 100.0),
        ("let in", 10, 25.0),
        ("normalized", 9, 22.5),
        ("looked at", 9, 22.5),
        ("matched", 5, 12.5),
        ("printed", 1, 2.5),
    ]


def test_an_edition_without_a_run_has_a_funnel_of_the_engine_alone():
    assert [bar.label for bar in funnel({"engine": COUNTS["engine"]})] == ["looked at", "matched", "printed"]


def test_no_amount_at_all_draws_no_bar():
    assert [bar.width for bar in bars({"calls": 0})] == [0.0]


contributions = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-12, 12), max_size=8)


@given(st.lists(contributions, min_size=1, max_size=5), st.one_of(st.none(), st.floats(0, 20)))
def test_every_part_lies_inside_the_picture_and_is_as_wide_as_it_counts(found, floor):
    items = [scored(f"item {n}", "selected", **one) for n, one in enumerate(found)]
    for bar in score_bars(items, floor):
        for part in bar.parts:
            assert part.start >= 0
            assert part.start + part.width <= 100.02
        widths = sorted((abs(part.amount), part.width) for part in bar.parts)
        assert [w for _, w in widths] == sorted(w for _, w in widths)


def test_penalties_stand_left_of_what_adds():
    parts = {part.label: part for part in score_bars([BELOW], 10.0)[0].parts}
    assert parts["penalty hiring"].start == 0
    assert parts["event type other"].start >= parts["penalty hiring"].width - 0.02


@pytest.mark.parametrize(
    ("status", "gap", "word"),
    [("ok", False, "ok"), ("ok", True, "gap"), ("not_modified", False, "unchanged"), ("failed", True, "failed")],
)
def test_a_sources_health_is_one_word(status, gap, word):
    assert state(SourceReport(source_key="s", source_name="S", source_type="t", status=status, gap=gap)) == word


def test_the_page_tells_how_often_to_poll_and_who_fell_silent():
    gap = SourceReport(
        source_key="g", source_name="Day Post", source_type="t", status="ok", gap=True, poll_hours=11.5, silent_days=40
    )
    words = " ".join(Page(report_page(make_report(PRINTED, sources=[gap]))).words)
    assert "turned over between two polls; poll every 11.5 h; silent for 40 days, longer than usual" in words
    assert remarks(gap.model_copy(update={"gap": False, "silent_days": 0})) == ""


def test_the_page_shows_scores_floor_sources_and_cost():
    source = SourceReport(
        source_key="s", source_name="Night Post", source_type="press_sector", status="failed", error="404 Not Found"
    )
    page = report_page(
        make_report(
            PRINTED, BELOW, sources=[source], cost_usd=0.05, model_calls={"normalize": 6}, timings={"gather": 1.5}
        )
    )
    words = " ".join(Page(page).words)
    for expected in (
        "13.0",
        "floor of 10",
        "Night Post",
        "404 Not Found",
        "$0.0500",
        "because Rumour",
        "(not printed)",
    ):
        assert expected in words
    assert "<script" not in page
    assert "src=" not in page


TAGS = {tag for tag, _ in Page(report_page(make_report(PRINTED, BELOW))).tags} | {"td", "a"}


def harmless(text: str) -> None:
    source = SourceReport(source_key="s", source_name=text, source_type="t", status="failed", error=text)
    item = scored("x", "below_floor", **{f"penalty {text}": -2.0, "recency": 4.0})
    item = item.model_copy(update={"title": text, "url": text})
    step = Disposition(stage="engine", outcome="below_floor", reason=text)
    item = item.model_copy(update={"dispositions": (step,)})
    page = Page(report_page(make_report(item, sources=[source], notes=(text,), counts={"engine": {text: 1}})))
    assert {tag for tag, _ in page.tags} <= TAGS
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
    assert all(re.match(r"https?://", link["href"] or "") for link in page.all("a"))


@pytest.mark.parametrize("text", VECTORS)
def test_hostile_text_never_becomes_markup_in_the_report(text: str):
    harmless(text)


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_no_text_ever_becomes_markup_in_the_report(text: str):
    harmless(text)
