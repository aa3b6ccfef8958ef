"""What a headline tells of its event: who, which product, which step, where, how much."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from services.engine.facts import Facts
from services.engine.stories import MONEY, TITLE_CHARS, Names, Story
from shared.config.events import CLAUSE_END
from shared.config.tree import ConfigTree
from shared.text.fold import fold_key
from shared.text.hits import Hit

HEADLINE = 2 * TITLE_CHARS
"""Characters of a title that are read."""
_TOKEN = re.compile(r"\w+(?:[’'&.-]\w+)*")
_CODE = re.compile(r"(?<!#)\b[A-Za-z]{2,5}-?\d{2,5}[A-Za-z]?\b|\b[A-Z]{2,5}-[A-Z]\d{1,5}\b|\b[a-z]{3}-[A-Z]{3}\b")
_NUMBER = re.compile(
    r"(?P<money>[$€£¥]|\b(?:EUR|USD|SEK|GBP|CHF|MSEK|MEUR) )?\s?"
    r"(?P<number>\d+(?:[.,]\d+)*)\s?(?P<unit>%|[^\W\d_]+)?"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SCALES = {"m": "m", "mn": "m", "million": "m", "millions": "m", "b": "b", "bn": "b", "billion": "b", "k": "k"}
_PERCENT = {"%": "%", "percent": "%", "per": "%", "pct": "%"}
_LONG_WORD = re.compile(r"(?<![\w-])[^\W\d_]{5,}(?![\w-])")
_SENTENCE_CASE = re.compile(
    r"(?<![\w’'-])(?!(?:about|across|after|against|among|before|between|during|through|under|versus)\b)[a-z]{5,}(?![\w-])"
)
"""A longer word without a capital, in a headline whose capitals then mark names."""
_NAMED = {"company", "molecule", "trademark", "technology", "indication"}


def story_of(facts: Facts, tree: ConfigTree) -> Story:
    """The story of an item."""
    item = facts.item
    own = (tree.companies[item.company_id].name,) if item.company_id and item.company_id in tree.companies else ()
    return read_headline(
        tree,
        item_id=item.item_id,
        title=item.title.strip(),
        hits=facts.title_hits,
        published=item.published,
        event_type=item.event_type,
        companies=(*facts.names["company"], *own),
        products=(*facts.names["molecule"], *facts.names["trademark"]),
    )


def printed_story(row: Mapping[str, Any], tree: ConfigTree) -> Story:
    """The story of something that a sent edition printed (see Editions.mark_printed), by the source's own title: the
    printed one may be the model's or a reviewer's."""
    title = row.get("headline") or row["title"]
    return read_headline(
        tree,
        item_id=row["item_id"],
        title=title,
        hits=tree.subject_matcher.find(title[:HEADLINE]),
        published=row["published"],
        event_type=row.get("event_type", ""),
        companies=row.get("companies", ()),
        products=(*row.get("molecules", ()), *row.get("trademarks", ())),
    )


def read_headline(
    tree: ConfigTree,
    *,
    item_id: str,
    title: str,
    hits: Iterable[Hit],
    published: str,
    event_type: str,
    companies: Iterable[str],
    products: Iterable[str],
) -> Story:
    """`hits` are the matcher's in the title; `companies` and `products` (molecules and trademarks) all names that the
    item is printed with."""
    bounded = _main_clause(title[:HEADLINE], tree)
    hits = [hit for hit in hits if hit.kind in _NAMED and hit.end <= len(bounded)]
    told = tree.story_matcher.find(bounded)
    found = _by_facet(told)
    found.pop("plain", None)
    facets = [(hit.start, hit.end) for hit in told if not (_is_step(hit) or _is_plain(hit))]
    trademarks = frozenset(fold_key(hit.name) for hit in hits if hit.kind == "trademark")
    codes = frozenset(fold_key(code).replace(" ", "") for code in _CODE.findall(bounded))
    values = _capitalised_values(told, bounded)
    unsaid = _blank(bounded, [(hit.start, hit.end) for hit in (*told, *hits)])
    figures, plain = _left_over(bounded, hits, facets)
    proper = _proper(plain)
    return Story(
        item_id=item_id,
        title=fold_key(title)[:TITLE_CHARS],
        published=date.fromisoformat(published),
        event_type=event_type,
        words=frozenset(word for token in _TOKEN.findall(bounded) for word in _bare(token)) | values,
        companies=frozenset(map(fold_key, companies)) | _names(hits, "company"),
        title_companies=_names(hits, "company"),
        products=_with_substances(frozenset(map(fold_key, products)) | _names(hits, "molecule") | trademarks, tree),
        title_products=_with_substances(_names(hits, "molecule") | trademarks, tree),
        marks=trademarks,
        codes=codes,
        proper=proper | values,
        names=proper if _SENTENCE_CASE.search(bounded) else frozenset(),
        things=_things(unsaid),
        numbers=_numbers(figures),
        steps=found.pop("step", frozenset()),
        facets=found,
    )


def _left_over(title: str, hits: Iterable[Hit], facets: Sequence[tuple[int, int]]) -> tuple[str, str]:
    """A title without facets and codes: what its figures are read from; and without figures and names as well: what its
    proper words are read from."""
    figures = _blank(title, [*facets, *(match.span() for match in _CODE.finditer(title))])
    named = [(hit.start, hit.end) for hit in hits if hit.kind != "technology"]
    return figures, _blank(figures, [*named, *(match.span() for match in _NUMBER.finditer(figures))])


def _main_clause(title: str, tree: ConfigTree) -> str:
    """The first clause of a title where it tells a step, else the title: what comes after is another event's news."""
    clause = CLAUSE_END.search(title)
    if clause is None:
        return title
    first = title[: clause.start()]
    return first if any(map(_is_step, tree.story_matcher.find(first))) else title


def _is_step(hit: Hit) -> bool:
    return any(scope.startswith("step.") for scope in hit.scopes)


def _is_plain(hit: Hit) -> bool:
    return "plain.word" in hit.scopes


def _names(hits: Iterable[Hit], kind: str) -> Names:
    return frozenset(fold_key(hit.name) for hit in hits if hit.kind == kind)


def _with_substances(products: Names, tree: ConfigTree) -> Names:
    """A trade name stands for its substance too."""
    found = (tree.entity_by_alias("trademark", name) for name in products)
    ids = (tree.trademarks[one.id].molecule_id for one in found if one is not None)
    return products | {fold_key(tree.molecules[one].name) for one in ids if one and one in tree.molecules}


def _by_facet(hits: Iterable[Hit]) -> dict[str, Names]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for hit in hits:
        for scope in hit.scopes:
            facet, _, value = scope.partition(".")
            found[facet].add(value)
    return {facet: frozenset(values) for facet, values in found.items()}


def _capitalised_values(told: Iterable[Hit], title: str) -> Names:
    """Values of facets that the title writes as a name: `Japanese` and `Japan` are one place."""
    written = (hit for hit in told if not _is_step(hit) and not _is_plain(hit) and _has_capital(hit.text(title)))
    return frozenset(scope for hit in written for scope in hit.scopes)


def _has_capital(text: str) -> bool:
    return text != text.lower()


def _blank(title: str, spans: Iterable[tuple[int, int]]) -> str:
    """The title with spaces in place of these parts."""
    for start, end in spans:
        title = f"{title[:start]}{' ' * (end - start)}{title[end:]}"
    return title


def _bare(token: str) -> list[str]:
    """A word without its possessive, folded."""
    return fold_key(re.sub(r"[’']s?$", "", token)).split()


def _proper(title: str) -> Names:
    """Words with a capital."""
    tokens = (match.group() for match in _TOKEN.finditer(title))
    return frozenset(word for token in tokens if _has_capital(token) for word in _bare(token))


def _things(title: str) -> Names:
    """Longer words without a capital."""
    return frozenset(fold_key(word) for word in _LONG_WORD.findall(title) if word.islower())


def _numbers(title: str) -> dict[str, Names]:
    """Numbers by what they count: "money", "%", or the word that follows; years are left out."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for match in _NUMBER.finditer(title):
        number, unit = match["number"].replace(",", "."), (match["unit"] or "").lower()
        scale = _SCALES.get(unit, "")
        if match["money"] or (scale and len(unit) > 1):
            found[MONEY].add(f"{number}{scale}")
        elif not _YEAR.fullmatch(number):
            found[_PERCENT.get(unit, unit[:5])].add(number)
    return {kind: frozenset(values) for kind, values in found.items()}
