"""Checks across files: every name that one file uses is defined by another, and nothing contradicts."""

from collections.abc import Callable, Iterator
from typing import Any

from shared.config.checks import clients, decisions, sources, vocabulary
from shared.config.client import ClientConfig
from shared.config.files import Files, Loaded, bounded
from shared.config.rules import (
    DomainMatchingRules,
    EventTypes,
    EventWords,
    HtmlExtractors,
    IngestionProfiles,
    ScoringRules,
    SourceCatalog,
    StoryRules,
)
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

Check = Callable[[ConfigTree, Loaded[Any]], Iterator[Defect]]
_CHECKS: tuple[tuple[type[Any], Check], ...] = (
    (CompanyScopes, vocabulary.entity_file), (MoleculeScopes, vocabulary.entity_file),
    (TrademarkScopes, vocabulary.entity_file), (TrademarkScopes, vocabulary.trademarks),
    (TechnologyScopes, vocabulary.technology), (IndicationScopes, vocabulary.indications),
    (ExclusionScopes, vocabulary.exclusions), (EventTypes, vocabulary.event_types),
    (EventWords, vocabulary.event_words), (StoryRules, vocabulary.stories),
    (IngestionProfiles, decisions.profiles), (DomainMatchingRules, decisions.matching),
    (ScoringRules, decisions.scoring), (SourceCatalog, sources.catalog), (HtmlExtractors, sources.extractors),
    (ClientConfig, clients.client_file),
)  # fmt: skip


def reference_defects(tree: ConfigTree, files: Files) -> list[Defect]:
    """Every broken reference and contradiction, with its file and line."""
    found = [defect for kind, check in _CHECKS for loaded in files.of(kind) for defect in bounded(check(tree, loaded))]
    names = bounded(vocabulary.ambiguous_names(files))
    return [*found, *names, *bounded(vocabulary.shared_scope_names(tree, files))]
