"""Every setting of every file of the configuration, read from the schema itself."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from shared.config.files import LAYOUT
from shared.config.rules import MatchClause, SignalGroup
from shared.config.terms import DOCUMENTATION, Term


def settings() -> set[str]:
    """`Class.field` of each field that holds a value: neither documentation, nor only a container of further models."""
    return {f"{model.__name__}.{name}" for model in models() for name, field in _own(model) if _is_setting(field)}


def lists() -> set[str]:
    """`Class.field` of each field that holds a list, or a mapping of lists, of terms, groups or clauses."""
    kinds = (Term, SignalGroup, MatchClause)
    return {
        f"{model.__name__}.{name}"
        for model in models()
        for name, field in _own(model)
        if any(inner in kinds for inner in _inner(field.annotation))
    }


def documentation() -> set[str]:
    """`Class.field` of each field that is for people alone."""
    return {
        f"{model.__name__}.{name}"
        for model in models()
        for name, field in _own(model)
        if DOCUMENTATION in field.metadata
    }


def models() -> set[type[BaseModel]]:
    """All models that the files' models lead to."""
    found: set[type[BaseModel]] = set()
    waiting: list[type[BaseModel]] = list(LAYOUT.values())
    while waiting:
        model = waiting.pop()
        if model not in found:
            found.add(model)
            waiting += [inner for _, field in _own(model) for inner in _inner(field.annotation)]
    return found


def _own(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    return iter(model.model_fields.items())


def _is_setting(field: Any) -> bool:
    return DOCUMENTATION not in field.metadata and not _inner(field.annotation)


def _inner(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _inner(argument)]
