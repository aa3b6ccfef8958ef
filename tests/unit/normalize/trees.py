"""A small configuration of an invented market, and items about it."""

from typing import Any, cast

from shared.config.client import ClientConfig
from shared.config.rules import EventType, HtmlExtractors, ModelPrice
from shared.config.terms import Company, Molecule, TechnologyScope, Term, Trademark
from shared.config.tree import ConfigTree
from shared.contracts.items import DatedBy, RawItem
from shared.ids import content_hash, item_id

MODEL_ID = "us.maker.model-1"
CHEAPER_ID = "us.maker.model-small"
TITLE = "Acme Bio and Northwind sign €12.5 million licence for ZENOLAR (brivastatin)"
TEXT = """PARIS, 9 December 2025 – Acme Bio today announced a licence agreement with Northwind Pharmaceuticals for its \
slow-release gel. Northwind will pay 12.5 million euros upfront.

In the Phase III study, 1,250 patients with gout improved by 34% over six months."""
PAY = "Northwind will pay 12.5 million euros upfront."
STUDY = "In the Phase III study, 1,250 patients with gout improved by 34% over six months."


def terms(*words: str) -> tuple[Term, ...]:
    return tuple(Term(term=word) for word in words)


def client(client_id: str = "acme_weekly", **changes: Any) -> ClientConfig:
    return ClientConfig.model_validate(
        {
            "client_profile": {"client_id": client_id, "name": "Acme weekly"},
            "watch_domains": [{"id": "d", "type": "technology"}],
            "source_config": {},
            "newsletter_layout": {"sections": [{"id": "all", "title": "All"}]},
            "newsletter_delivery": {"from_address": "news@example.org"},
            **changes,
        }
    )


def tree(*clients: ClientConfig) -> ConfigTree:
    """A tree without what normalize does not read."""
    unread = cast(Any, None)
    listed = clients or (client(),)
    return ConfigTree(
        release="r1",
        clients={one.client_id: one for one in listed},
        companies={
            "acme_bio": Company(id="acme_bio", name="Acme Bio"),
            "northwind": Company(id="northwind", name="Northwind", aliases=terms("Northwind Pharmaceuticals")),
        },
        molecules={"brivastatin": Molecule(id="brivastatin", name="brivastatin")},
        trademarks={"zenolar": Trademark(id="zenolar", name="Zenolar", molecule_id="brivastatin")},
        company_scopes={},
        molecule_scopes={},
        trademark_scopes={},
        technology_scopes={"slow": TechnologyScope(profile="p", categories={"form": terms("slow-release gel")})},
        indication_scopes={"joints": terms("gout")},
        exclusion_scopes={},
        profiles={},
        matching=unread,
        scoring=unread,
        stories=unread,
        event_types={
            "partnership": EventType(
                label="Deal", description="A licence.", priority=2, title_patterns=terms("licence", "licence agreement")
            ),
            "clinical": EventType(
                label="Study",
                description="A study.",
                priority=1,
                title_patterns=terms("phase III study", "phase 3 study"),
            ),
            "financing": EventType(
                label="Money",
                description="Capital.",
                priority=1,
                title_patterns=terms("capital raise", "raises capital"),
            ),
        },
        sources={},
        bouquets={},
        extractors=HtmlExtractors(),
        prices={
            "maker.model-1": ModelPrice(input_per_million=3, output_per_million=15),
            "maker.model-small": ModelPrice(input_per_million=1, output_per_million=5),
        },
    )


def raw_item(title: str = TITLE, text: str = TEXT, url: str = "https://example.org/deal", **changes: Any) -> RawItem:
    values: dict[str, Any] = {
        "item_id": item_id(url),
        "content_hash": content_hash(title, text),
        "url": url,
        "title": title,
        "text": text,
        "text_origin": "article",
        "published": "2025-12-09",
        "dated_by": DatedBy(origin="feed", confidence="high"),
        "source_key": "acme_news",
        "source_name": "Acme News",
        "source_type": "press_corporate",
        "sources": ("acme_news",),
        "fetched_at": "2025-12-10T08:00:00+00:00",
        **changes,
    }
    return RawItem(**values)


def good_answer(**changes: Any) -> dict[str, Any]:
    """A tool input that the default item supports wholly."""
    return {
        "event_type": "partnership",
        "confidence": 0.9,
        "companies": [{"name": "Acme Bio", "role": "subject"}, {"name": "Northwind", "role": "partner"}],
        "molecules": ["brivastatin"],
        "trademarks": ["ZENOLAR"],
        "technologies": ["slow-release gel"],
        "indications": ["gout"],
        "summary": [
            {"text": "Northwind pays Acme Bio €12.5 million upfront under the licence.", "evidence": PAY},
            {"text": "In the Phase 3 study, 34% of 1,250 patients improved over 6 months.", "evidence": STUDY},
        ],
        "key_figures": [{"value": "€12.5 million", "label": "upfront payment", "evidence": PAY}],
        **changes,
    }
