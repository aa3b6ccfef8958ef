"""What an edition nearly printed."""

from collections.abc import Iterable

from shared.contracts.batch import Disposition
from shared.contracts.edition import ItemReport

SHOWN = 20
_NOT_NEAR = frozenset({"selected", "already_printed", "story_duplicate", "no_link"})


def near_misses(items: Iterable[ItemReport], limit: int = SHOWN) -> tuple[ItemReport, ...]:
    """Items of a report that were scored and not printed, best first. What repeats a printed story is no miss, and
    what has no usable link could not be printed."""
    missed = (item for item in items if item.score is not None and _is_miss(engine_answer(item)))
    return tuple(sorted(missed, key=lambda item: (-(item.score or 0.0), item.item_id))[:limit])


def engine_answer(item: ItemReport) -> Disposition | None:
    """The engine's last word on an item, or None where it never saw the item."""
    return next((one for one in reversed(item.dispositions) if one.stage == "engine"), None)


def _is_miss(answer: Disposition | None) -> bool:
    return answer is not None and answer.outcome not in _NOT_NEAR
