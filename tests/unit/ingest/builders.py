"""Hand-made configuration and fakes for ingest's tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from services.ingest.allowance import Allowance
from services.ingest.fetch import FetchError, Page
from shared.config.client import ClientConfig
from shared.config.rules import HtmlExtractors, IngestionProfile, Source, StoryRules
from shared.config.terms import ExclusionScope, TechnologyScope
from shared.config.tree import ConfigTree
from shared.contracts.batch import RawMessage
from shared.storage.table import KeyPair, Row

NOW = datetime(2025, 12, 10, 9, 0, tzinfo=UTC)
EVERYTHING = {"source_types": ["press_corporate"], "signal_requirements": {"mode": "ingest_all"}}
NO_HIRING = {
    "source_types": ["press_corporate"],
    "signal_requirements": {"mode": "exclude_only", "exclusion_scopes": ["hiring"]},
}
ONLY_DEPOT = {
    "source_types": ["press_corporate"],
    "signal_requirements": {
        "mode": "require_signals",
        "required_signal_groups": [{"group_id": "depot", "scopes": ["words.depot"]}],
        "combination_logic": "depot",
        "minimum_total_weight": 1,
    },
}
LINKS = ["Download attachment", "Read the presentation", "Download PDF"]


def source(key: str, url: str, mode: str = "rss", **rest: Any) -> Source:
    return Source.model_validate(
        {
            "source_key": key,
            "name": key.title(),
            "url": url,
            "ingestion_mode": mode,
            "source_type": "press",
            "ingestion_profile": "everything",
            **rest,
        }
    )


def client(client_id: str, sources: Sequence[str], **rest: Any) -> ClientConfig:
    return ClientConfig.model_validate(
        {
            "client_profile": {"client_id": client_id, "name": client_id, "timezone": rest.pop("timezone", "UTC")},
            "watch_domains": [{"id": "all", "type": "technology"}],
            "source_config": {"sources_extra_enabled": list(sources), **rest.pop("source_config", {})},
            "newsletter_layout": {"sections": [{"id": "news", "title": "News"}]},
            "newsletter_delivery": {"from_address": "news@example.org"},
            **rest,
        }
    )


def tree(
    sources: Sequence[Source],
    clients: Sequence[ClientConfig] | None = None,
    profiles: Mapping[str, Any] | None = None,
    extractors: Mapping[str, Any] | None = None,
    depot_words: Sequence[str] = ("depot",),
) -> ConfigTree:
    """A tree that has what ingest reads; the rest is absent."""
    everyone = clients or [client("acme", [one.source_key for one in sources])]
    raw = {"everything": EVERYTHING, "no_hiring": NO_HIRING, "only_depot": ONLY_DEPOT, **(profiles or {})}
    return ConfigTree(
        release="r1",
        clients={one.client_id: one for one in everyone},
        companies={},
        molecules={},
        trademarks={},
        company_scopes={},
        molecule_scopes={},
        trademark_scopes={},
        technology_scopes={
            "words": TechnologyScope.model_validate({"profile": "p", "categories": {"depot": list(depot_words)}})
        },
        indication_scopes={},
        exclusion_scopes={"hiring": ExclusionScope.model_validate({"terms": ["hiring", "seeks"]})},
        profiles={name: IngestionProfile.model_validate(one) for name, one in raw.items()},
        matching=cast(Any, None),
        scoring=cast(Any, None),
        event_types={},
        sources={one.source_key: one for one in sources},
        bouquets={},
        stories=StoryRules(),
        extractors=HtmlExtractors.model_validate({"extractors": dict(extractors or {}), "link_only_titles": LINKS}),
        prices={},
    )


class FixedConfig:
    """A configuration store with one release."""

    def __init__(self, one: ConfigTree) -> None:
        self.tree = one

    def current(self) -> str:
        return self.tree.release

    def load(self, release: str) -> ConfigTree:
        assert release == self.tree.release
        return self.tree


class FakeTable:
    """The state table in a dictionary: get, put and delete."""

    def __init__(self) -> None:
        self.rows: dict[KeyPair, Row] = {}

    def get(self, key: KeyPair) -> Row | None:
        return self.rows.get(key)

    def put(self, key: KeyPair, row: Mapping[str, Any], *, once: bool = False) -> None:
        self.rows[key] = {"pk": key[0], "sk": key[1], **row}

    def delete(self, key: KeyPair) -> None:
        self.rows.pop(key, None)


@dataclass
class FakeWeb:
    """Pages by address; what is missing answers 404. `asked` lists what was asked for."""

    ends_at = float("inf")
    pages: dict[str, Page | Exception | str | bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    conditions: list[tuple[str, str]] = field(default_factory=list)

    def get(
        self, url: str, limit: int, *, etag: str = "", last_modified: str = "", allowance: Allowance | None = None
    ) -> Page:
        self.asked.append(url)
        self.conditions.append((etag, last_modified))
        answer = self.pages.get(url)
        if answer is None:
            raise FetchError("answered 404", 404)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Page):
            return Page(url, 304) if etag and etag == answer.etag else answer
        return Page(url, 200, answer.encode() if isinstance(answer, str) else answer, "text/html; charset=utf-8")


@dataclass
class FakeQueue:
    """A queue that refuses the item ids in `refuses`, and dies after `dies_after` items."""

    sent: list[RawMessage] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    dies_after: int | None = None

    def send(self, messages: Sequence[RawMessage], sent: Any) -> list[str]:
        lost = []
        for message in messages:
            if self.dies_after is not None and len(self.sent) >= self.dies_after:
                raise ConnectionError("the function died")
            if message.item_id in self.refuses:
                lost.append(message.item_id)
                continue
            self.sent.append(message)
            sent([message.item_id])
        return lost

    def check(self) -> None:
        return


def rss(*items: tuple[str, str, str] | tuple[str, str, str, str], title: str = "News") -> str:
    """A feed of (title, link, date[, description])."""
    body = "".join(
        f"<item><title>{item[0]}</title><link>{item[1]}</link><pubDate>{item[2]}</pubDate>"
        f"<description>{item[3] if len(item) > 3 else ''}</description></item>"
        for item in items
    )
    channel = f"<channel><title>{title}</title>{body}</channel>"
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0">{channel}</rss>'


def page(title: str, *paragraphs: str, head: str = "") -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    article = f"<article><h1>{title}</h1>{body}</article>"
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{article}</body></html>"
