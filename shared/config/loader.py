"""From files to a ConfigTree, or to the list of everything that is wrong with them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from shared.config.client import ClientConfig
from shared.config.files import Files, Loaded, read_files
from shared.config.references import reference_defects
from shared.config.rules import (
    DomainMatchingRules,
    EventTypes,
    EventWords,
    HtmlExtractor,
    HtmlExtractors,
    IngestionProfiles,
    ModelPrices,
    ScoringRules,
    SourceCatalog,
    StoryRules,
)
from shared.config.sources import ConfigSource, DirectorySource, MappingSource, release_sha
from shared.config.strict_yaml import Defect, Path
from shared.config.terms import (
    CompanyScopes,
    EntityFile,
    ExclusionScopes,
    IndicationScopes,
    MoleculeScopes,
    TechnologyScopes,
    Term,
    TrademarkScopes,
)
from shared.config.tree import ConfigTree
from shared.errors import ConfigError

__all__ = ["ConfigDefects", "DirectorySource", "MappingSource", "check_tree", "load_tree", "release_sha"]

Value = TypeVar("Value")
Listing = Callable[[Any], Iterable[tuple[str, Value, Path]]]


class ConfigDefects(ConfigError):
    """A tree that is wrong; `defects` lists every finding, the message prints them one a line."""

    def __init__(self, defects: Iterable[Defect]) -> None:
        self.defects = tuple(sorted(set(defects), key=lambda d: (d.file, d.line, d.message)))
        count = f"{len(self.defects)} defect{'s' if len(self.defects) != 1 else ''}"
        super().__init__("\n".join([f"the configuration has {count}:", *map(str, self.defects)]))


def load_tree(source: ConfigSource) -> ConfigTree:
    """Load a whole tree. Raises ConfigDefects, a ConfigError, naming file and line of every defect."""
    tree, defects = check_tree(source)
    if tree is None or defects:
        raise ConfigDefects(defects)
    return tree


def check_tree(source: ConfigSource) -> tuple[ConfigTree | None, list[Defect]]:
    """The tree as far as it can be built, and all defects; None when files are so wrong that nothing can be built.

    References are checked once every file can be read: the names of one that cannot would all seem to be undefined.
    """
    contents = source.files()
    files = read_files(contents)
    tree = _build(files, release_sha(contents))
    defects = [*files.defects, *(reference_defects(tree, files) if tree and files.complete else ())]
    return tree, defects


def _build(files: Files, release: str) -> ConfigTree | None:
    scoring, matching = files.of(ScoringRules), files.of(DomainMatchingRules)
    if not scoring or not matching:
        return None
    return ConfigTree(
        release=release,
        clients=_merge(files, ClientConfig, _client),
        companies=_merge(files, CompanyScopes, _entities),
        molecules=_merge(files, MoleculeScopes, _entities),
        trademarks=_merge(files, TrademarkScopes, _entities),
        company_scopes=_union(files.of(CompanyScopes)),
        molecule_scopes=_union(files.of(MoleculeScopes)),
        trademark_scopes=_union(files.of(TrademarkScopes)),
        technology_scopes=_merge(files, TechnologyScopes, _mapping("scopes")),
        indication_scopes=_merge(files, IndicationScopes, _mapping("scopes")),
        exclusion_scopes=_merge(files, ExclusionScopes, _mapping("scopes")),
        profiles=_merge(files, IngestionProfiles, _mapping("profiles")),
        matching=DomainMatchingRules(
            technology_profiles=_merge(files, DomainMatchingRules, _mapping("technology_profiles")),
            domain_types=_merge(files, DomainMatchingRules, _mapping("domain_types")),
        ),
        scoring=scoring[0].model,
        stories=next((loaded.model for loaded in files.of(StoryRules)), StoryRules()),
        event_types=_merge(files, EventTypes, _mapping("event_types")),
        event_words=next((loaded.model for loaded in files.of(EventWords)), EventWords()),
        name_endings=_endings(files),
        sources=_merge(files, SourceCatalog, _sources),
        bouquets=_merge(files, SourceCatalog, _bouquets),
        extractors=_extractors(files),
        prices=_merge(files, ModelPrices, _mapping("prices")),
    )


def _merge(files: Files, kind: type[Any], listing: Listing[Value]) -> dict[str, Value]:
    """One mapping out of all files of a kind; a name defined twice is a defect."""
    merged: dict[str, Value] = {}
    first: dict[str, str] = {}
    for loaded in files.of(kind):
        for name, value, path in listing(loaded.model):
            site = loaded.defect(path, f"{name!r} is defined twice", f"first in {first.get(name)}")
            if name in merged:
                files.defects.append(site)
                continue
            merged[name] = value
            first[name] = f"{site.file}:{site.line}"
    return merged


def _mapping(attribute: str) -> Listing[Any]:
    def listing(model: Any) -> Iterable[tuple[str, Any, Path]]:
        return ((name, value, (attribute, name)) for name, value in getattr(model, attribute).items())

    return listing


def _entities(model: Any) -> Iterable[tuple[str, Any, Path]]:
    return ((entity.id, entity, ("entities", i, "id")) for i, entity in enumerate(model.entities))


def _endings(files: Files) -> tuple[str, ...]:
    """Of all molecule files, each once."""
    listed = (ending for loaded in files.of(MoleculeScopes) for ending in loaded.model.name_endings)
    return tuple(sorted(set(listed)))


def _sources(model: SourceCatalog) -> Iterable[tuple[str, Any, Path]]:
    return ((s.source_key, s, ("sources", i, "source_key")) for i, s in enumerate(model.sources))


def _bouquets(model: SourceCatalog) -> Iterable[tuple[str, Any, Path]]:
    return ((b.bouquet_id, b.source_keys, ("bouquets", i, "bouquet_id")) for i, b in enumerate(model.bouquets))


def _client(model: ClientConfig) -> Iterable[tuple[str, Any, Path]]:
    return [(model.client_id, model, ("client_profile", "client_id"))]


def _union(loaded: Iterable[Loaded[Any]]) -> dict[str, tuple[str, ...]]:
    """Scopes of entities: a scope may be extended by further files."""
    merged: dict[str, tuple[str, ...]] = {}
    for item in loaded:
        model: EntityFile = item.model
        for name, ids in model.scopes.items():
            merged[name] = tuple(dict.fromkeys((*merged.get(name, ()), *ids)))
    return merged


def _extractors(files: Files) -> HtmlExtractors:
    titles: dict[Term, None] = {}
    for loaded in files.of(HtmlExtractors):
        titles.update(dict.fromkeys(loaded.model.link_only_titles))
    extractors: Mapping[str, HtmlExtractor] = _merge(files, HtmlExtractors, _mapping("extractors"))
    return HtmlExtractors(extractors=dict(extractors), link_only_titles=tuple(titles))
