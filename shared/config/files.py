"""Which file of the tree holds what, and its reading into typed models."""

import difflib
import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from shared.config.client import ClientConfig
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
from shared.contracts.base import Contract

MAX_DEFECTS = 200
"""Of one check in one file: nobody mends more at a time, and each may cost a suggestion."""
_COMPARED = 400
_LONGEST_NAME = 100
_OTHER_LENGTH = 3
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


def closest(name: str, known: Iterable[str]) -> str:
    """A suggestion for a name that is not known, in bounded time however many are."""
    names = set(known)
    near = difflib.get_close_matches(name, _comparable(name, names), n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    first = ", ".join(heapq.nsmallest(8, names))
    return f"known: {first}{', …' if len(names) > 8 else ''}" if names else "none is defined"


def _comparable(name: str, names: set[str]) -> list[str]:
    """The names to compare with: all where they are few, else those of about its length and with its first letter."""
    if len(name) > _LONGEST_NAME:
        return []
    if len(names) > _COMPARED:
        names = {one for one in names if one[:1] == name[:1] and abs(len(one) - len(name)) <= _OTHER_LENGTH}
    return heapq.nsmallest(_COMPARED, names)


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
        files.defects.append(Defect(path, 0, "nothing reads this file", closest(path, LAYOUT)))
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
        files.defects.extend(bounded(_validation_defects(kind, document, error)))


def _validation_defects(kind: type[Contract], document: Document, error: ValidationError) -> Iterator[Defect]:
    for problem in error.errors(include_url=False, include_context=False):
        path = tuple(problem["loc"])
        where = ".".join(str(part) for part in path) or "the file"
        yield Defect(
            document.file, document.line(path), f"{where}: {_message(problem)}", _suggestion(kind, problem, path)
        )


def _message(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return "nothing reads this key"
    given = problem["input"]
    shown = f", not {given!r}" if isinstance(given, str | int | float) and len(str(given)) < 60 else ""
    return str(problem["msg"]) + shown


def _suggestion(kind: type[Contract], problem: Any, path: Path) -> str:
    if problem["type"] == "extra_forbidden":
        return closest(str(path[-1]), _fields(kind, path[:-1]))
    return "add it" if problem["type"] == "missing" else ""


def _fields(kind: type[BaseModel], path: Path) -> list[str]:
    """Field names of the model at `path`, following annotations as far as they name models."""
    model: type[BaseModel] = kind
    for part in path:
        found = model.model_fields.get(str(part))
        inner = _models(found.annotation) if found else []
        model = inner[0] if inner else model
    return list(model.model_fields)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in getattr(annotation, "__args__", ()) for model in _models(argument)]
