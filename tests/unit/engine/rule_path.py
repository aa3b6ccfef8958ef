"""From a headline to a decision with the product's own configuration: the rule-based normalizer, then the engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from services.engine.facts import read_facts
from services.engine.matching import plan_domains
from services.engine.selection import Rules, Selection, select
from services.normalize import rules as by_rules
from services.normalize.ground import ground, prepare
from shared.config.loader import DirectorySource, load_tree
from shared.config.tree import ConfigTree
from shared.contracts.items import DatedBy, NormalizedItem, Normalizer, Sentence
from shared.ids import content_hash, item_id

CONFIG = Path(__file__).resolve().parents[3] / "config"


@dataclass(frozen=True, slots=True)
class Headline:
    """What a source lists; `company_id` where the source is a company's own site."""

    title: str
    text: str = ""
    published: str = "2025-12-05"
    company_id: str | None = None
    source_name: str = "Sector Press"
    url: str = ""

    @property
    def address(self) -> str:
        return self.url or f"https://press.example.org/{content_hash(self.title, self.published, self.source_name)}"


@lru_cache(maxsize=1)
def product_tree() -> ConfigTree:
    """The repository's own configuration."""
    return load_tree(DirectorySource(CONFIG))


def normalized(line: Headline, tree: ConfigTree) -> NormalizedItem:
    """The item as the rule-based normalizer makes it."""
    body = by_rules.body_of(line.title, line.text)
    answer = by_rules.normalize_text(
        tree, title=line.title, text=body, published=line.published, language="en", company_id=line.company_id
    )
    found = ground(tree, prepare(tree, title=line.title, text=body, language="en", published=line.published), answer)
    identity = item_id(line.address)
    return NormalizedItem(
        item_id=identity,
        content_hash=content_hash(line.title, line.text),
        url=line.address,
        title=line.title,
        published=line.published,
        dated_by=DatedBy(origin="meta", confidence="high"),
        source_key="own_site" if line.company_id else "press",
        source_name=line.source_name,
        source_type="press_corporate" if line.company_id else "press_sector",
        sources=("press",),
        company_id=line.company_id,
        raw_key=f"raw/{identity}/x.json",
        event_type=found.event_type,
        event_confidence=found.confidence,
        entities=found.entities,
        summary=found.summary or (Sentence(text=line.title, evidence=line.title),),
        figures=found.figures,
        normalizer=Normalizer(kind="rules", model_id="rules", region="", signature="sig"),
        normalized_at="2025-12-10T06:00:00+00:00",
    )


def decide(
    lines: Iterable[Headline], client_id: str = "lai_weekly", today: date = date(2025, 12, 10)
) -> tuple[Selection, Mapping[str, NormalizedItem]]:
    """The selection over these headlines, and their items by title."""
    tree = product_tree()
    client = tree.client(client_id)
    items = {line.title: normalized(line, tree) for line in lines}
    rules = Rules(client, plan_domains(tree, client), tree.scoring, tree.event_types, today)
    return select((read_facts(item, tree) for item in items.values()), rules, {}, tree), items
