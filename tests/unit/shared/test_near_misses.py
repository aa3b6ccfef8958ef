"""What counts as a near miss, whoever shows it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.batch import Disposition
from shared.contracts.edition import ItemReport
from shared.near_misses import SHOWN, near_misses


def reported(name: str, outcome: str, score: float | None, stage: str = "engine") -> ItemReport:
    answer = Disposition.model_validate({"stage": stage, "outcome": outcome, "reason": "because"})
    return ItemReport(
        item_id=name, url=f"https://news.example.org/{name}", title=name, score=score, dispositions=(answer,)
    )


def test_scored_items_that_lost_come_best_first():
    items = [
        reported("weak", "below_floor", 3.0),
        reported("strong", "section_full", 9.0),
        reported("dropped", "dropped", 5.0),
        reported("printed", "selected", 20.0),
        reported("again", "story_duplicate", 19.0),
        reported("before", "already_printed", 18.0),
        reported("linkless", "no_link", 17.0),
        reported("elsewhere", "not_matched", None),
        reported("filtered", "excluded", None, stage="ingest"),
    ]
    assert [item.item_id for item in near_misses(items)] == ["strong", "dropped", "weak"]


@given(st.lists(st.tuples(st.text(min_size=1), st.floats(-10, 50)), unique_by=lambda row: row[0], max_size=60))
def test_the_list_is_bounded_and_stable_under_order(rows):
    items = [reported(name, "below_floor", score) for name, score in rows]
    shown = near_misses(items)
    assert shown == near_misses(items[::-1])
    assert len(shown) == min(len(items), SHOWN)
    assert all(one.score >= other.score for one, other in pairwise(shown))
