"""Which items report the same event. Two different events of one company on one day stay two."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import ModuleType

from shared.config.rules import StoryRules

TITLE_CHARS = 120  # rapidfuzz on the first 120 characters: recall .98 for near-duplicate titles
_BLOCK_DAYS = 4
_SURE_NAMES = 2
_SAME_WORD = 60.0  # similarity of two forms of one word: approved, approval
_TITLE_KEY = 24
MONEY = "money"
_ANY_PRODUCT, _NO_PRODUCT = "any product", "no product"
_COMPANY, _NO_COMPANY = "of a company:", "of nobody:"
Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Story:
    """What of an item tells its event from others; services.engine.headlines makes it.

    Names are folded. `title` is the folded title's beginning, `words` its words. `companies` and `products` are all
    that the item names, `title_companies` and `title_products` those of its headline; `marks` are trade names and
    `codes` product codes there. `proper` are words of the headline that look like names, canonical ones apart; `names`
    those where capitals mark names (not in Title Case); `things` its longer words that nothing else here tells.
    `numbers` maps what is counted to the numbers. `steps` and `facets` are what the story rules find there.
    """

    item_id: str
    title: str
    published: date
    event_type: str
    words: Names = frozenset()
    companies: Names = frozenset()
    title_companies: Names = frozenset()
    products: Names = frozenset()
    title_products: Names = frozenset()
    marks: Names = frozenset()
    codes: Names = frozenset()
    proper: Names = frozenset()
    names: Names = frozenset()
    things: Names = frozenset()
    numbers: Mapping[str, Names] = field(default_factory=dict)
    steps: Names = frozenset()
    facets: Mapping[str, Names] = field(default_factory=dict)


class Judge:
    """Compares stories by a client's rules."""

    def __init__(self, rules: StoryRules) -> None:
        self._rules = rules
        self._party_steps = frozenset(rules.party_steps)

    def same(self, a: Story, b: Story) -> bool:
        """Whether two items report one event (symmetric): the same title again within `repost_days`, or, within
        `news_days`, headlines that contradict each other in nothing and share enough."""
        gap = abs((a.published - b.published).days)
        if a.title == b.title:
            return gap <= self._rules.repost_days
        if gap > self._rules.repost_days or self._contradict(a, b):
            return False
        alike: float = _fuzz().ratio(a.title, b.title)
        if alike >= self._rules.alike_similarity and (_swapped(a, b) or _exchanged(a, b)):
            return False
        if alike >= self._rules.repost_similarity:
            return True
        return gap <= self._rules.news_days and self._agree(a, b, alike)

    def _contradict(self, a: Story, b: Story) -> bool:
        """Something that both tell, and tell differently."""
        if _disjoint(a.steps, b.steps) or _disjoint_in(a.facets, b.facets):
            return True
        if _disjoint_in(a.numbers, b.numbers) and not (self._one_deal(a, b) and _agree_but_in_money(a, b)):
            return True
        if _disjoint(a.title_products, b.title_products) or _disjoint(a.marks, b.marks):
            return True
        if _disjoint(a.codes, b.codes) or (_disjoint(a.companies, b.companies) and not _same_product(a, b)):
            return True
        return bool(a.steps & b.steps & self._party_steps) and _swapped(a, b)

    def _one_deal(self, a: Story, b: Story) -> bool:
        """A step between the same two parties: one report tells what is paid at once, the other what may be."""
        return len(a.companies & b.companies) > 1 and bool(a.steps & b.steps & self._party_steps)

    def _agree(self, a: Story, b: Story, alike: float) -> bool:
        """Enough in common: the product and what happened to it, both parties (or two names, of anything) and what they
        did, or the words."""
        product = bool(a.title_products & b.products or a.products & b.title_products) or _same_product(a, b)
        company = bool(a.companies & b.companies)
        step = bool(a.steps & b.steps)
        parties = len(a.companies & b.companies) > 1
        named = len(a.names & b.names) >= _SURE_NAMES and not _of_others(a, b)
        if (step and (product or parties or named)) or (parties and _amounts(a) & _amounts(b)):
            return True
        if not (product or company):
            return alike >= self._rules.repost_similarity
        silent = not (a.steps and b.steps) and a.event_type == b.event_type
        if (step and company) or (silent and parties):
            if _of_others(a, b) and not _amounts(a) & _amounts(b):
                return self._related(a, b, self._rules.alike_similarity)
            return _details(a, b) or self._related(a, b, self._rules.related_similarity)
        return a.event_type == b.event_type and self._related(a, b, self._rules.alike_similarity)

    def _related(self, a: Story, b: Story, needed: float) -> bool:
        shared: float = _fuzz().token_set_ratio(a.title, b.title)
        ordered: float = _fuzz().token_sort_ratio(a.title, b.title)
        return shared >= needed + (100 - needed) / 3 or ordered >= needed


def _agree_but_in_money(a: Story, b: Story) -> bool:
    counted, others = ({kind: all_ for kind, all_ in one.numbers.items() if kind != MONEY} for one in (a, b))
    return not _disjoint_in(counted, others)


def _same_product(a: Story, b: Story) -> bool:
    """By trade name or code; a substance alone may be several companies' product."""
    return bool(a.marks & b.marks or a.codes & b.codes)


def _details(a: Story, b: Story) -> bool:
    """A number, a name or a facet in common."""
    return _share_in(a.numbers, b.numbers) or _share_in(a.facets, b.facets) or bool(a.proper & b.proper)


def _of_others(a: Story, b: Story) -> bool:
    """Each names somebody of its own: the company that both tell may be one that theirs are compared with."""
    own = a.companies - b.companies | a.names - b.words
    return bool(own) and bool(b.companies - a.companies | b.names - a.words)


def _share_in(a: Mapping[str, Names], b: Mapping[str, Names]) -> bool:
    return any(values & b.get(kind, frozenset()) for kind, values in a.items())


def _amounts(story: Story) -> Names:
    return story.numbers.get(MONEY, frozenset())


def _swapped(a: Story, b: Story) -> bool:
    """Each names somebody or something that the other does not mention at all."""
    return bool(_own_names(a, b)) and bool(_own_names(b, a))


def _exchanged(a: Story, b: Story) -> bool:
    """In sentences that are otherwise alike, each tells a thing that is no form of a word of the other."""
    return _own_thing(a, b) and _own_thing(b, a)


def _own_thing(story: Story, other: Story) -> bool:
    own = story.things - other.words
    return any(all(_fuzz().ratio(thing, word) < _SAME_WORD for word in other.words) for thing in own)


def _own_names(story: Story, other: Story) -> Names:
    return (story.title_companies - other.companies) | (story.proper - other.words)


def _disjoint(a: Names, b: Names) -> bool:
    """Both know something, and nothing in common."""
    return bool(a and b) and a.isdisjoint(b)


def _disjoint_in(a: Mapping[str, Names], b: Mapping[str, Names]) -> bool:
    for kind, values in a.items():
        others = b.get(kind)
        if others and values and values.isdisjoint(others):
            return True
    return False


Key = tuple[str | int, ...]


class StoryIndex:
    """Stories by what two of one event must share, so that few are compared: the title; or no other product in the
    headline and a name at about the same time with a step in common (or, where one tells no step, the event type), an
    amount of money, or the title's beginning or end. A substance is such a name only where one of the two tells no
    company: two that tell different companies need a trade name or a code in common."""

    def __init__(self, stories: Iterable[Story] = ()) -> None:
        self._stories: list[Story] = []
        self._blocks: defaultdict[Key, list[int]] = defaultdict(list)
        for story in stories:
            self.add(story)

    def add(self, story: Story) -> None:
        products = (*(story.title_products or (_NO_PRODUCT,)), _ANY_PRODUCT)
        for key in _keys(story, (*_names(story), *_substances(story)), _kinds(story), products):
            self._blocks[key].append(len(self._stories))
        self._stories.append(story)

    def near(self, story: Story) -> Iterable[Story]:
        """Each story that might report the same event, once, in the order in which they were added."""
        products = (*story.title_products, _NO_PRODUCT) if story.title_products else (_ANY_PRODUCT,)
        keys = _keys(story, (*_names(story), *_wanted_substances(story)), _wanted(story), products)
        found = set[int]().union(*(self._blocks.get(key, ()) for key in keys))
        return (self._stories[number] for number in sorted(found))


def _kinds(story: Story) -> tuple[str, ...]:
    """What a story is filed under."""
    return (*story.steps, f"told {story.event_type}") if story.steps else (f"silent {story.event_type}",)


def _wanted(story: Story) -> tuple[str, ...]:
    """What a story is looked for under: those of its steps; and, when either tells none, those of its event type."""
    silent = f"silent {story.event_type}"
    return (*story.steps, silent) if story.steps else (silent, f"told {story.event_type}")


def _names(story: Story) -> Names:
    """Those that two stories of one event may share whatever else they name."""
    return story.companies | story.marks | story.codes | story.names


def _substances(story: Story) -> list[str]:
    """What a story is filed under besides its names."""
    company = _COMPANY if story.companies else _NO_COMPANY
    return [f"{company} {name}" for name in story.products]


def _wanted_substances(story: Story) -> list[str]:
    """What a story is looked for under besides its names: where it tells a company, stories that tell none."""
    wanted = (_NO_COMPANY,) if story.companies else (_NO_COMPANY, _COMPANY)
    return [f"{company} {name}" for name in story.products for company in wanted]


def _keys(story: Story, names: Sequence[str], kinds: Sequence[str], products: Sequence[str]) -> list[Key]:
    block = story.published.toordinal() // _BLOCK_DAYS
    paid = ((n, a, b) for a in _amounts(story) for n in story.companies for b in (block, block + 1))
    near = ((n, k, b) for k in kinds for n in names for b in (block, block + 1))
    told = [*near, *paid, ("begins", story.title[:_TITLE_KEY]), ("ends", story.title[-_TITLE_KEY:])]
    return [("title", story.title), *((*key, product) for key in told for product in products)]


def group(stories: Sequence[Story], judge: Judge) -> dict[str, str]:
    """Item id → id of the item that leads its story (its own for a leader).

    `stories` come best first: the first item of a story leads it. An item joins a story when it matches its leader,
    so that a chain of look-alikes does not pull two events together.
    """
    leaders: dict[str, str] = {}
    index = StoryIndex()
    for story in stories:
        leader = next((one for one in index.near(story) if judge.same(one, story)), None)
        leaders[story.item_id] = leader.item_id if leader else story.item_id
        if leader is None:
            index.add(story)
    return leaders


def earlier_chapter(story: Story, printed: Sequence[Story]) -> Story | None:
    """The latest printed item that this one continues: an earlier event about the same product and company, or None."""
    related = [
        one
        for one in printed
        if one.published < story.published and one.products & story.products and one.companies & story.companies
    ]
    return max(related, key=lambda one: (one.published, one.item_id), default=None)


@cache
def _fuzz() -> ModuleType:
    """Loaded on use: it takes a tenth of the engine's cold import."""
    from rapidfuzz import fuzz

    return fuzz
