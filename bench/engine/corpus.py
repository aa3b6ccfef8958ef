"""Normalized items of an invented market, all from one seed, and a configuration with as many terms as asked for."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from shared.config.loader import DirectorySource, MappingSource, load_tree
from shared.config.tree import ConfigTree
from shared.contracts.items import DatedBy, Entity, NormalizedItem, Normalizer, Sentence
from shared.ids import content_hash, item_id

ROOT = Path(__file__).parents[2]
DAY = date(2026, 3, 9)
WINDOW_DAYS = 7
_SYLLABLES = "an bar cor del es fi gla hu in jo ka lum mer no or pra qui re sol ta um vi wex yl zen".split()  # noqa: SIM905
_EXTRA = "canonical/scopes/company_scopes_bench.yaml"

_EVENTS = """
regulatory | {company} wins FDA approval of {product} in {place} | FDA approves {company}'s {product} in {place}
regulatory | {company} files {product} for approval in {place} | {place} filing for {product} by {company}
clinical_update | {product} of {company} meets phase {phase} goal | Phase {phase} success of {product} ({company})
clinical_update | {company} starts phase {phase} study of {product} | First patient gets {product} in {company} study
partnership | {company} signs licence for {product} worth ${money} million | {product}: {company} in ${money}M licence
product_performance | {company} reports {product} sales up {percent}% | {product} sales rise {percent}%, {company} says
manufacturing_supply | {company} opens plant for long-acting {product} | New plant makes {product} for {company}
financial_results | {company} publishes results for the quarter | Quarterly report from {company}
other | What {company} learned about markets and people | People and markets: a talk with {company}
"""
EVENTS = tuple(tuple(line.split(" | ")) for line in _EVENTS.strip().splitlines())
"""Type, headline, and the same event in other words."""
_SENTENCES = (
    "{company} said that {product}, a once-monthly extended-release injectable suspension, is given under the skin.",
    "The programme covers {percent} sites and {money} adults, and it continues through the next quarter.",
    "The company develops long-acting medicines with its own depot technology and has partners in {place}.",
)
_PLACES = ("Japan", "Canada", "Europe", "Brazil", "the United States", "Switzerland", "Australia", "China")


@dataclass(frozen=True)
class Market:
    """A configuration, and the names that items are about."""

    tree: ConfigTree
    companies: tuple[str, ...]
    products: tuple[str, ...]


def market(terms: int, rng: random.Random) -> Market:
    """The product's own configuration plus invented companies, so that it holds `terms` terms."""
    files = DirectorySource(ROOT / "config").files()
    own = load_tree(MappingSource(files))
    missing = max(0, terms - sum(1 for _ in own.entries()))
    names = sorted(_names(missing, rng))
    rows = "".join(f"  - {{id: bench-{n}, name: {name}, type: other}}\n" for n, name in enumerate(names))
    ids = ", ".join(f"bench-{n}" for n in range(len(names)))
    text = f"scopes:\n  lai_companies_global: [{ids}]\nentities:\n{rows}" if names else "scopes: {}\nentities: []\n"
    tree = load_tree(MappingSource({**files, _EXTRA: text.encode()}))
    products = (*(t.name for t in tree.trademarks.values()), *(m.name for m in tree.molecules.values()))
    return Market(tree, tuple(company.name for company in tree.companies.values()), products)


def _names(many: int, rng: random.Random) -> set[str]:
    names: set[str] = set()
    while len(names) < many:
        names.add("".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(3, 4))).capitalize())
    return names


def items(shop: Market, many: int, rng: random.Random) -> list[NormalizedItem]:
    """`many` items of one window; one in eight tells an earlier item's event again in other words."""
    made: list[NormalizedItem] = []
    events: list[tuple[int, dict[str, str], int]] = []
    for number in range(many):
        if events and rng.random() < 0.125:
            kind, facts, day = rng.choice(events)
            made.append(_item(number, kind, facts, min(day + 1, WINDOW_DAYS - 1), again=True))
            continue
        event = (rng.randrange(len(EVENTS)), _facts(shop, rng), rng.randrange(WINDOW_DAYS))
        events.append(event)
        made.append(_item(number, *event, again=False))
    return made


def _facts(shop: Market, rng: random.Random) -> dict[str, str]:
    return {
        "company": rng.choice(shop.companies),
        "product": rng.choice(shop.products),
        "place": rng.choice(_PLACES),
        "phase": str(rng.randint(1, 3)),
        "money": str(rng.randint(2, 900)),
        "percent": str(rng.randint(2, 99)),
    }


def _item(number: int, kind: int, facts: dict[str, str], day: int, *, again: bool) -> NormalizedItem:
    event, first, second = EVENTS[kind]
    title = (second if again else first).format(**facts)
    url = f"https://bench.example.org/{number}"
    sentences = tuple(_sentences(title, facts))
    return NormalizedItem(
        item_id=item_id(url),
        content_hash=content_hash(title, str(number)),
        url=url,
        title=title,
        published=(DAY - timedelta(days=WINDOW_DAYS - day)).isoformat(),
        dated_by=DatedBy(origin="meta", confidence="high"),
        source_key=f"source_{number % 40}",
        source_name=f"Source {number % 40}",
        source_type="press_sector",
        sources=(f"source_{number % 40}",),
        raw_key=f"raw/{number}.json",
        event_type=event,
        event_confidence=0.9,
        entities=(
            Entity(kind="company", name=facts["company"], mention=facts["company"], role="subject"),
            Entity(kind="molecule", name=facts["product"], mention=facts["product"]),
        ),
        summary=sentences,
        normalizer=Normalizer(kind="rules", model_id="rules", region="", signature="bench"),
        normalized_at="2026-03-09T05:00:00+00:00",
    )


def _sentences(title: str, facts: dict[str, str]) -> Iterator[Sentence]:
    yield Sentence(text=f"{title}.", evidence=f"{title}.")
    for pattern in _SENTENCES:
        text = pattern.format(**facts)
        yield Sentence(text=text, evidence=text)
