"""What a valid tree defines and nothing names: no mistake, but whoever wrote it may believe that it decides."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.config.files import read_files
from shared.config.rules import IngestionProfiles, SourceCatalog
from shared.config.strict_yaml import Defect
from shared.config.terms import (
    CompanyScopes,
    ExclusionScopes,
    IndicationScopes,
    MoleculeScopes,
    TechnologyScopes,
    TrademarkScopes,
)
from shared.config.tree import ConfigTree

_SCOPES: tuple[type[Any], ...] = (
    CompanyScopes,
    MoleculeScopes,
    TrademarkScopes,
    TechnologyScopes,
    IndicationScopes,
    ExclusionScopes,
)


def unused(tree: ConfigTree, contents: Mapping[str, bytes]) -> Iterator[Defect]:
    """Scopes, profiles and sources that no client comes to, with file and line."""
    files, named = read_files(contents), _named(tree)
    for loaded in (one for kind in _SCOPES for one in files.of(kind)):
        for name in loaded.model.scopes.keys() - named:
            yield loaded.defect(("scopes", name), f"no domain and no profile names the scope {name!r}")
    for profiles in files.of(IngestionProfiles):
        for name in profiles.model.profiles.keys() - named:
            yield profiles.defect(("profiles", name), f"no source names the ingestion profile {name!r}")
    for catalog in files.of(SourceCatalog):
        for index, source in enumerate(catalog.model.sources):
            if source.source_key not in named:
                yield catalog.defect(("sources", index), f"no bouquet and no client has {source.source_key!r}")


def _named(tree: ConfigTree) -> set[str]:
    """Every name of a scope, profile or source that something else names."""
    named = {*tree.scoring.contextual_penalties, *(source.ingestion_profile for source in tree.sources.values())}
    for needs in (profile.signal_requirements for profile in tree.profiles.values()):
        scopes = {name for group in needs.required_signal_groups for name in group.scopes}
        named |= {*needs.exclusion_scopes, *scopes, *(name.partition(".")[0] for name in scopes)}
    for client in tree.clients.values():
        config = client.source_config
        named |= {*config.sources_extra_enabled, *config.ingestion_profile_overrides.values()}
        named |= {value for domain in client.watch_domains for value in domain.model_dump().values() if value}
    return named | {key for keys in tree.bouquets.values() for key in keys}
