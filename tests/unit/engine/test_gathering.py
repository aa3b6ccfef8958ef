"""Which items an edition looks at, whatever the lake holds."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.engine.assignment import for_request
from services.engine.gathering import gather
from services.engine.window import LastSent, contains
from shared.clock import FixedClock
from shared.contracts.events import EngineEvent
from shared.contracts.items import NormalizedItem
from tests.unit.engine.samples import TREE, make_item

NOW = datetime(2026, 3, 9, 6, tzinfo=UTC)
LAST = LastSent("2026-02-23", "2026-03-02", "2026-03-02T06:00:00+00:00")


class Lake:
    """Items in memory, found by either date as the index finds them."""

    def __init__(self, items: list[NormalizedItem]) -> None:
        self._items = {item.item_id: item for item in items}

    def get(self, item_id: str):
        return self._items[item_id].model_dump()

    def published_in(self, start: str, end: str):
        return [one.model_dump() for one in self._items.values() if start <= one.published < end]

    def arrived_in(self, start: str, end: str):
        return [one.model_dump() for one in self._items.values() if start <= one.normalized_at[:10] <= end]

    def load(self, rows):
        return [self._items[row["item_id"]] for row in rows]


days = st.integers(-45, 3).map(lambda age: (NOW.date() + timedelta(days=age)).isoformat())
lakes = st.lists(
    st.builds(
        make_item,
        title=st.text("abc ", min_size=1, max_size=5),
        published=days,
        normalized_at=days.map(lambda day: f"{day}T06:00:00+00:00"),
        source_key=st.sampled_from(["night_post", "glimmer_site", "foreign_wire"]),
    ),
    max_size=25,
    unique_by=lambda item: item.item_id,
)


@given(items=lakes, last=st.sampled_from([None, LAST]))
def test_every_item_is_in_the_window_or_marked_late_and_there_once(items, last):
    assignment = for_request(EngineEvent(client_id="nightly"), TREE, last, FixedClock(NOW))
    found = gather(assignment, Lake(items), last, NOW).facts
    own = {source.source_key for source in TREE.sources_for(assignment.client)}
    inside = {item.item_id for item in items if contains(assignment.window, item.published) and item.source_key in own}

    assert {one.item_id for one in found if not one.late} == inside
    assert max(Counter(one.item_id for one in found).values(), default=1) == 1
    for one in found:
        assert one.item.source_key in own
        if one.late:
            assert one.item.published < assignment.window.start
            assert last is not None
            assert one.item.normalized_at > last.started_at
        assert date.fromisoformat(one.item.published) < date.fromisoformat(assignment.window.end)
