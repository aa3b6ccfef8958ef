"""Checks of the clients' files."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from shared.config.checks.common import timezone_defects, unknown
from shared.config.client import ClientConfig, NewsletterDelivery, WatchDomain
from shared.config.files import Loaded
from shared.config.strict_yaml import Defect, Path
from shared.config.tree import ConfigTree

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")


def client_file(tree: ConfigTree, loaded: Loaded[ClientConfig]) -> Iterator[Defect]:
    client = loaded.model
    profile: Path = ("client_profile", "client_id")
    if loaded.document.file != f"clients/{client.client_id}.yaml":
        yield loaded.defect(profile, f"client {client.client_id!r} stands in {loaded.document.file}", "rename the file")
    yield from timezone_defects(loaded, ("client_profile", "timezone"), client.client_profile.timezone)
    for index, domain in enumerate(client.watch_domains):
        yield from _domain(tree, loaded, ("watch_domains", index), domain)
    yield from _client_sources(tree, loaded)
    yield from _layout(tree, loaded)
    for name in client.scoring_config.event_type_weight_overrides:
        path: Path = ("scoring_config", "event_type_weight_overrides", name)
        yield from unknown(loaded, path, "event type", name, tree.event_types)
    for where, address in _addresses(client.newsletter_delivery):
        if not _EMAIL.match(address):
            path = ("newsletter_delivery", *where)
            yield loaded.defect(path, f"{address!r} is not an e-mail address", "write name@example.org")


def _addresses(delivery: NewsletterDelivery) -> Iterator[tuple[Path, str]]:
    for field in ("recipients", "reviewers"):
        yield from (((field, index), address) for index, address in enumerate(getattr(delivery, field)))
    yield from (
        ((field,), getattr(delivery, field)) for field in ("from_address", "reply_to") if getattr(delivery, field)
    )


def _domain(tree: ConfigTree, loaded: Loaded[Any], path: Path, domain: WatchDomain) -> Iterator[Defect]:
    known: dict[str, Collection[str]] = {
        "technology_scope": tree.technology_scopes, "company_scope": tree.company_scopes,
        "molecule_scope": tree.molecule_scopes, "trademark_scope": tree.trademark_scopes,
        "indication_scope": tree.indication_scopes, "technology_profile": tree.matching.technology_profiles,
    }  # fmt: skip
    for field, names in known.items():
        if name := getattr(domain, field):
            yield from unknown(loaded, (*path, field), field.replace("_", " "), name, names)
    if not tree.matching_profile(domain):
        message = f"domain {domain.id!r} has no technology_profile and its type {domain.type!r} has none either"
        yield loaded.defect(path, message, "add it to domain_types in domain_matching_rules.yaml")


def _client_sources(tree: ConfigTree, loaded: Loaded[ClientConfig]) -> Iterator[Defect]:
    config = loaded.model.source_config
    for index, bouquet in enumerate(config.source_bouquets_enabled):
        where: Path = ("source_config", "source_bouquets_enabled", index)
        yield from unknown(loaded, where, "bouquet", bouquet, tree.bouquets)
    for index, key in enumerate(config.sources_extra_enabled):
        yield from unknown(loaded, ("source_config", "sources_extra_enabled", index), "source", key, tree.sources)
    for key, profile in config.ingestion_profile_overrides.items():
        where = ("source_config", "ingestion_profile_overrides", key)
        yield from unknown(loaded, where, "source", key, tree.sources)
        yield from unknown(loaded, where, "ingestion profile", profile, tree.profiles)
    if not config.source_bouquets_enabled and not config.sources_extra_enabled:
        yield loaded.defect(("source_config",), "the client has no source", "enable a bouquet or a source")


def _layout(tree: ConfigTree, loaded: Loaded[ClientConfig]) -> Iterator[Defect]:
    domains = [domain.id for domain in loaded.model.watch_domains]
    for index, section in enumerate(loaded.model.newsletter_layout.sections):
        path: Path = ("newsletter_layout", "sections", index)
        for position, name in enumerate(section.filter_event_types):
            yield from unknown(loaded, (*path, "filter_event_types", position), "event type", name, tree.event_types)
        for position, name in enumerate(section.source_domains):
            yield from unknown(loaded, (*path, "source_domains", position), "watch domain", name, domains)
    sections = [section.id for section in loaded.model.newsletter_layout.sections]
    for names, where, what in ((domains, "watch_domains", "domain"), (sections, "newsletter_layout", "section")):
        for name in (n for n, count in Counter(names).items() if count > 1):
            yield loaded.defect((where,), f"{what} {name!r} is defined twice", "rename one")
