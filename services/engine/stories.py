"""Which items report the same event. Two different events of one company on one day stay two."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapidfuzz import fuzz

from shared.text.fold import fold_key

TITLE_CHARS = 120  # rapidfuzz on the first 120 characters: recall .98 for near-duplicate titles
SAME_TITLE = 95.0  # a repost, word for word
ALIKE_TITLE = 80.0  # the same sentence, reworded
RELATED_TITLE = 48.0  # other words about the same thing: enough only with the same parties and product
REPOST_DAYS = 30
NEWS_DAYS = 3  # how long other sources take to report an event
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Story:
    """What of an item tells its event from others. Names are folded; `title` is the folded title's beginning."""

    item_id: str
    title: str
    published: date
    event_type: str
    companies: frozenset[str]
    products: frozenset[str]
    numbers: frozenset[str]


def story_of(
    item_id: str, title: str, published: str, event_type: str, companies: Iterable[str], products: Iterable[str]
) -> Story:
    """`companies` and `products` (molecules and trademarks) are names as printed."""
    folded = fold_key(title)[:TITLE_CHARS]
    return Story(
        item_id=item_id,
        title=folded,
        published=date.fromisoformat(published),
        event_type=event_type,
        companies=frozenset(map(fold_key, companies)),
        products=frozenset(map(fold_key, products)),
        numbers=frozenset(n for n in _NUMBER.findall(folded) if not _YEAR.fullmatch(n)),
    )


def printed_story(row: Mapping[str, Any]) -> Story:
    """The story of something that a sent edition printed (see Editions.mark_printed)."""
    return story_of(
        row["item_id"],
        row["title"],
        row["published"],
        row.get("event_type", ""),
        row.get("companies", ()),
        (*row.get("molecules", ()), *row.get("trademarks", ())),
    )


def same_story(a: Story, b: Story) -> bool:
    """Whether two items report one event (symmetric).

    Word-for-word reposts within REPOST_DAYS; otherwise, within NEWS_DAYS: titles alike, or related titles about the
    same parties, product and kind of event. Different products, or different figures in the titles, are two events.
    """
    gap = abs((a.published - b.published).days)
    alike = fuzz.ratio(a.title, b.title)
    if a.title == b.title or (alike >= SAME_TITLE and a.numbers == b.numbers):
        return gap <= REPOST_DAYS
    if gap > NEWS_DAYS or _disjoint(a.products, b.products) or _disjoint(a.numbers, b.numbers):
        return False
    if _disjoint(a.companies, b.companies):
        return False
    return _reworded(a, b, alike)


def _reworded(a: Story, b: Story, alike: float) -> bool:
    words = fuzz.token_set_ratio(a.title, b.title)
    same_kind = a.event_type == b.event_type
    if alike >= ALIKE_TITLE or words >= SAME_TITLE:
        return same_kind or bool(a.products & b.products)
    parties, products = a.companies & b.companies, a.products & b.products
    if not (same_kind and (parties or products)):
        return False
    needed = RELATED_TITLE if products and (parties or len(products) > 1) else ALIKE_TITLE - 15
    return fuzz.token_sort_ratio(a.title, b.title) >= needed or words >= needed + 15


def _disjoint(a: frozenset[str], b: frozenset[str]) -> bool:
    """Both know something, and nothing in common."""
    return bool(a) and bool(b) and not a & b


def group(stories: Sequence[Story]) -> dict[str, str]:
    """Item id → id of the item that leads its story (its own for a leader).

    `stories` come best first: the first item of a story leads it. An item joins a story when it matches its leader,
    so that a chain of look-alikes does not pull two events together.
    """
    leaders: dict[str, str] = {}
    near: defaultdict[str, list[Story]] = defaultdict(list)
    for story in stories:
        keys = _blocks(story)
        leader = next((one for one in _candidates(near, keys) if same_story(one, story)), None)
        leaders[story.item_id] = leader.item_id if leader else story.item_id
        if leader is None:
            for key in keys:
                near[key].append(story)
    return leaders


def _blocks(story: Story) -> list[str]:
    """Keys of which two items of one story share at least one: a named thing in the same fortnight, or the title."""
    fortnight = story.published.toordinal() // 14
    names = sorted(story.companies | story.products)
    return [f"{name}@{f}" for name in names for f in (fortnight, fortnight + 1)] + [f"={story.title[:24]}"]


def _candidates(near: Mapping[str, list[Story]], keys: Sequence[str]) -> Iterable[Story]:
    seen: set[str] = set()
    for key in keys:
        for story in near.get(key, ()):
            if story.item_id not in seen:
                seen.add(story.item_id)
                yield story


def earlier_chapter(story: Story, printed: Sequence[Story]) -> Story | None:
    """The latest printed item that this one continues: an earlier event about the same product and company, or None."""
    related = [
        one
        for one in printed
        if one.published < story.published and one.products & story.products and one.companies & story.companies
    ]
    return max(related, key=lambda one: (one.published, one.item_id), default=None)
