"""Which of the lake's items an edition looks at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.engine.adapters import LakeReader
from services.engine.assignment import Assignment
from services.engine.facts import Facts, read_facts
from services.engine.window import LastSent, contains, is_late
from shared.contracts.items import NormalizedItem
from shared.storage.lake import arrival
from shared.storage.table import Row


@dataclass(frozen=True, slots=True)
class Gathered:
    """The client's items of the window and the late ones, with what the rules see of them."""

    items: tuple[NormalizedItem, ...]
    facts: tuple[Facts, ...]


def gather(assignment: Assignment, lake: LakeReader, last: LastSent | None, now: datetime) -> Gathered:
    """Read the lake: published in the window, or late; carried by one of the client's own sources; each once."""
    window = assignment.window
    own = {source.source_key for source in assignment.tree.sources_for(assignment.client)}
    rows = list(lake.published_in(window.start, window.end))
    if last is not None:
        recent = lake.arrived_in(last.started_at[:10], (now + timedelta(days=1)).date().isoformat())
        rows += [row for row in recent if is_late(window, last, row["published"], arrival(row))]
    items = tuple(lake.load(list(_own(rows, own))))
    tree = assignment.tree
    return Gathered(items, tuple(read_facts(item, tree, late=not contains(window, item.published)) for item in items))


def _own(rows: Iterable[Row], sources: set[str]) -> Iterable[Row]:
    unique = {row["item_id"]: row for row in rows if sources & set(row["sources"])}
    return (unique[item_id] for item_id in sorted(unique))
