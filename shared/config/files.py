"""Which file of the tree holds what, and its reading into typed models."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from shared.config.client import ClientConfig
from shared.config.naming import closest
from shared.config.rules import (
    DomainMatchingRules,
    EventTypes,
    EventWords,
    HtmlExtractors,
    IngestionProfiles,
    ModelPrices,
    ScoringRules,
    SourceCatalog,
    StoryRules,
)
from shared.config.strict_yaml import Defect, Document, Path, read
from shared.config.terms import (
    CompanyScopes,
    ExclusionScopes,
    IndicationScopes,
    MoleculeScopes,
    TechnologyScopes,
    TrademarkScopes,
)
from shared.config.validation import validation_defects
from shared.contracts.base import Contract

MAX_DEFECTS = 200
"""Of one check in one file: nobody mends more at a time, and each may cost a suggestion."""
LAYOUT: Mapping[str, type[Contract]] = {
    "canonical/scopes/company_scopes*.yaml": CompanyScopes,
    "canonical/scopes/molecule_scopes*.yaml": MoleculeScopes,
    "canonical/scopes/trademark_scopes*.yaml": TrademarkScopes,
    "canonical/scopes/technology_scopes*.yaml": TechnologyScopes,
    "canonical/scopes/indication_scopes*.yaml": IndicationScopes,
    "canonical/scopes/exclusion_scopes*.yaml": ExclusionScopes,
    "canonical/ingestion_profiles*.yaml": IngestionProfiles,
    "canonical/matching/domain_matching_rules*.yaml": DomainMatchingRules,
    "canonical/matching/story_rules.yaml": StoryRules,
    "canonical/scoring/scoring_rules.yaml": ScoringRules,
    "canonical/events/event_types*.yaml": EventTypes,
    "canonical/events/event_words.yaml": EventWords,
    "canonical/sources/source_catalog*.yaml": SourceCatalog,
    "canonical/sources/html_extractors*.yaml": HtmlExtractors,
    "canonical/models/model_prices.yaml": ModelPrices,
    "clients/*.yaml": ClientConfig,
}
"""The tree's files. Several files that match one pattern are merged."""

REQUIRED = (
    CompanyScopes,
    TechnologyScopes,
    IngestionProfiles,
    DomainMatchingRules,
    ScoringRules,
    EventTypes,
    SourceCatalog,
)

Model = TypeVar("Model", bound=Contract)


@dataclass(frozen=True)
class Loaded(Generic[Model]):
    """A file's model with the way to its lines."""

    model: Model
    document: Document

    def defect(self, path: Path, message: str, suggestion: str = "") -> Defect:
        """A defect at the line of `path`."""
        return Defect(self.document.file, self.document.line(path), message, suggestion)


@dataclass
class Files:
    """Every file of a tree, read; `defects` is what was wrong so far.

    `complete` is False where a file that others refer to is missing or gave no model: its names are unknown.
    """

    loaded: list[Loaded[Any]] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    complete: bool = True

    def of(self, kind: type[Model]) -> list[Loaded[Model]]:
        """The files of one kind, by path."""
        return [item for item in self.loaded if isinstance(item.model, kind)]


def read_files(contents: Mapping[str, bytes]) -> Files:
    """Read and validate all files; nothing is raised, everything wrong is collected."""
    files = Files()
    for path in sorted(contents):
        _read_file(files, path, contents[path])
    missing = [kind for kind in REQUIRED if not any(_kind(path) is kind for path in contents)]
    for kind in missing:
        pattern = next(p for p, k in LAYOUT.items() if k is kind)
        files.defects.append(Defect(pattern.replace("*", ""), 0, "the file is missing", "every tree needs it"))
        files.complete = False
    return files


def bounded(defects: Iterable[Defect]) -> Iterator[Defect]:
    """The first MAX_DEFECTS of one check in one file, and that there are more: each may need a suggestion."""
    for number, defect in enumerate(defects):
        if number == MAX_DEFECTS:
            yield Defect(defect.file, defect.line, f"more than {MAX_DEFECTS} defects of one kind", "mend those before")
            return
        yield defect


def _kind(path: str) -> type[Contract] | None:
    matching = (
        kind for pattern, kind in LAYOUT.items() if fnmatchcase(path, pattern) and path.count("/") == pattern.count("/")
    )
    return next(matching, None)


def _read_file(files: Files, path: str, content: bytes) -> None:
    kind = _kind(path)
    if kind is None:
        right = f"{path.rpartition('.')[0]}.yaml"
        rename = f"rename it to {right}" if right != path and _kind(right) else closest(path, LAYOUT)
        files.defects.append(Defect(path, 0, "nothing reads this file", rename))
        return
    document = read(path, content)
    files.defects.extend(document.defects)
    before = len(files.loaded)
    _validate(files, kind, document)
    if len(files.loaded) == before and kind is not ClientConfig:
        files.complete = False


def _validate(files: Files, kind: type[Contract], document: Document) -> None:
    if document.value is None:
        if not document.defects:
            files.defects.append(Defect(document.file, 1, "the file is empty", "fill it or remove it"))
        return
    try:
        files.loaded.append(Loaded(kind.model_validate(document.value), document))
    except ValidationError as error:
        files.defects.extend(bounded(validation_defects(kind, document, error)))
