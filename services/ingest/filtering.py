"""The profile's verdict on an entry and on an article, and the signature under which a verdict is remembered."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel

from shared.config.client import ClientConfig
from shared.config.filtering import exclusions, ingest_decision
from shared.config.rules import IngestionProfile, Source
from shared.config.tree import ConfigTree
from shared.ids import content_hash

_PARTS = (
    "companies", "molecules", "trademarks", "company_scopes", "molecule_scopes", "trademark_scopes",
    "technology_scopes", "indication_scopes", "exclusion_scopes", "event_types",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """`keep` and why, in words."""

    keep: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One source's profile for one client. `signature` changes when profile or vocabulary do."""

    tree: ConfigTree
    profile_id: str
    profile: IngestionProfile
    signature: str

    def by_title(self, title: str, deck: str) -> Verdict:
        """Whether the title alone decides: an exclusion that looks at titles only, where nothing can rescue."""
        needs = self.profile.signal_requirements
        if needs.mode == "ingest_all" or needs.rescue_logic:
            return Verdict(True, "the whole text decides")
        scopes = [s for s in needs.exclusion_scopes if _looks_at_title(self.tree, s)]
        for scope, words in exclusions(self.tree, title, deck, scopes):
            return Verdict(False, f"{self.profile_id}: excluded by {scope}: {words!r}")
        return Verdict(True, "no exclusion in the title")

    def by_text(self, title: str, text: str) -> Verdict:
        """The profile's verdict on the whole article."""
        decision = ingest_decision(self.tree, self.profile, title, text)
        return Verdict(decision.keep, f"{self.profile_id}: {decision.reason}")


def _looks_at_title(tree: ConfigTree, scope: str) -> bool:
    return scope in tree.exclusion_scopes and tree.exclusion_scopes[scope].match_in == "title"


def filters_for(tree: ConfigTree, client: ClientConfig, sources: Iterable[Source]) -> dict[str, Filter]:
    """The filter of each source, by source key."""
    vocabulary = _vocabulary_signature(tree)
    filters = {}
    for source in sources:
        profile_id, profile = tree.profile_for(client, source)
        signature = content_hash(vocabulary, profile_id, profile.model_dump_json())
        filters[source.source_key] = Filter(tree, profile_id, profile, signature)
    return filters


def _vocabulary_signature(tree: ConfigTree) -> str:
    """Changes with every term that a profile can refer to; clients, sources and weights do not count."""
    parts = {name: {key: _plain(value) for key, value in getattr(tree, name).items()} for name in _PARTS}
    return content_hash(json.dumps(parts, sort_keys=True))


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return [_plain(inner) for inner in value] if isinstance(value, tuple) else value


def link_titles(tree: ConfigTree) -> Callable[[str], bool]:
    """Whether a title is nothing but one of the configured link titles."""

    @lru_cache(maxsize=4096)
    def is_link(title: str) -> bool:
        hits = [hit for hit in tree.matcher.find(title) if hit.kind == "link_only"]
        return any(not _letters(title[: hit.start]) and not _letters(title[hit.end :]) for hit in hits)

    return is_link


def _letters(text: str) -> bool:
    return any(char.isalnum() for char in text)
