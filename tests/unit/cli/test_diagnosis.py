"""The diagnostic page says what the report says, and prints items' text as text."""

from cli.diagnosis import diagnosis
from shared.contracts.batch import Disposition
from shared.contracts.edition import Edition, Report

ITEM = {
    "item_id": "a",
    "title": "Agency approves | *Longlite*",
    "summary": "It did.",
    "url": "https://night.example.org/a",
    "source_key": "night",
    "source_name": "Night Post",
    "published": "2026-03-05",
    "event_type": "regulatory",
    "score": 13.0,
}


def seen(item_id: str, *steps: tuple[str, str, str], **rest):
    dispositions = [Disposition.model_validate({"stage": s, "outcome": o, "reason": r}) for s, o, r in steps]
    return {"item_id": item_id, "url": "", "title": f"Item {item_id}", "dispositions": dispositions, **rest}


def page(**rest) -> str:
    sections = [{"id": "r", "title": "Rulings", "items": [ITEM]}]
    common = {
        "client_id": "nightly",
        "edition_id": "ed-1",
        "status": "sent",
        "window": {"from": "2026-03-02", "to": "2026-03-09"},
        "cost_usd": 0.05,
    }
    edition = {"edition_date": "2026-03-09", "title": "t", "intro": "i", "coverage": "c", "model": "m"}
    values = {
        "as_of": "2026-03-09T06:00:00+00:00",
        "config_release": "abc",
        "counts": {"ingest": {"seen": 4, "undated": 1}, "normalize": {"done": 2, "failed": 1}},
        "items": [
            seen("a", ("engine", "selected", "rule x"), score=13.0, contributions={"recency": 2, "trademark": 11}),
            seen("b", ("engine", "below_floor", "score 9 is below the floor of 12"), score=9.0),
            seen("c", ("ingest", "undated", "no date in feed or page")),
            seen("d", ("normalize", "failed", "throttled: gave up")),
        ],
        "sources": [
            {
                "source_key": "n", "source_name": "Night Post", "source_type": "press_sector", "status": "failed",
                "error": "404 Not Found",
            }
        ],
        "model_calls": {"normalize": 3, "editorial": 1},
        "refused": {"editorial": 2},
        "timings": {"gather": 0.5},
    }  # fmt: skip
    made = Edition.model_validate({**common, **edition, "sections": sections, **rest})
    return diagnosis(made, Report.model_validate({**common, **values}), "local")


def test_every_part_of_a_first_runs_report_is_there():
    text = page()
    for expected in (
        "| ingest | 4 seen, 1 undated |",
        "| Night Post | failed | 0 | 0 | 0.00 |",
        "trademark +11, recency +2",
        "normalize 3, editorial 1; $0.0500",
        "1.50 calls for each normalized item",
        "their own words replaced: 2",
        "Night Post: 404 Not Found",
        "not normalized: Item d (throttled: gave up)",
        "set aside without a date: Item c",
        "Item b: below floor. score 9 is below the floor of 12",
    ):
        assert expected in text, expected


def test_text_of_items_stays_text():
    assert "Agency approves \\| \\*Longlite\\*" in page()


def test_a_quiet_week_has_no_section():
    assert "None: a quiet week." in page(sections=[])
