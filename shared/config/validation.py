"""What a model does not accept, in words for whoever wrote the file, each with a suggestion."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from shared.config.naming import closest
from shared.config.strict_yaml import Defect, Document, Path
from shared.config.terms import Term
from shared.contracts.base import Contract

_MAPPING = ("this must be a mapping", "write `key: value`, one key a line")
_TERM = ("a term must be a text or a mapping", "write the term in quotes, or {term: ..., case: exact}")
_LIST = ("this must be a list", "write one `- entry` a line, or [one, two]")
_TEXT = ("this must be a text", "write one text; put it in quotes where it is all digits, true, false or null")
_WHOLE = ("this must be a whole number", "write digits alone, such as 7")
_NUMBER = ("this must be a finite number", "write one such as 7 or 0.5")
_SWITCH = ("this must be a switch", "write true or false")
_WORDS: Mapping[str, tuple[str, str]] = {
    "model_type": _MAPPING, "dict_type": _MAPPING, "model_attributes_type": _MAPPING,
    "tuple_type": _LIST, "list_type": _LIST, "string_type": _TEXT,
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_from_float": _WHOLE, "int_parsing_size": _WHOLE,
    "float_type": _NUMBER, "float_parsing": _NUMBER, "finite_number": _NUMBER,
    "bool_type": _SWITCH, "bool_parsing": _SWITCH,
    "missing": ("this is missing", "add it"), "extra_forbidden": ("nothing reads this key", ""),
    "string_too_short": ("this is empty", "fill it, or remove the entry"),
    "too_short": ("this list is empty", "add an entry"),
}  # fmt: skip
"""What each of pydantic's errors means, and what to do."""
_LIMITS = {
    "greater_than": ("gt", "write more than {}"), "greater_than_equal": ("ge", "write {} or more"),
    "less_than": ("lt", "write less than {}"), "less_than_equal": ("le", "write {} or less"),
}  # fmt: skip
_SHOWN = 60


def validation_defects(kind: type[Contract], document: Document, error: ValidationError) -> Iterator[Defect]:
    """One defect for each problem that pydantic found in a file of this kind, at its line."""
    for problem in error.errors(include_url=False):
        path = tuple(problem["loc"])
        where = ".".join(str(part) for part in path) or "the file"
        message, suggestion = _words(kind, problem, path)
        yield Defect(document.file, document.line(path), f"{where}: {message}", suggestion)


def _words(kind: type[Contract], problem: Any, path: Path) -> tuple[str, str]:
    what, given, context = problem["type"], problem["input"], problem.get("ctx", {})
    shown = f", not {given!r}" if isinstance(given, str | int | float) and len(str(given)) < _SHOWN else ""
    if what == "extra_forbidden":
        return _WORDS[what][0], closest(str(path[-1]), _fields(kind, path[:-1]))
    if what == "literal_error":
        return f"{problem['msg']}{shown}", _choice(given, str(context["expected"]))
    if what == "string_pattern_mismatch":
        return f"this must be a short name{shown}", _short_name(str(given), str(context["pattern"]))
    if what in _LIMITS:
        key, words = _LIMITS[what]
        return f"{problem['msg']}{shown}", words.format(context[key])
    if context.get("class_name") == Term.__name__:
        return _TERM[0] + shown, _TERM[1]
    message, suggestion = _WORDS.get(what, (str(problem["msg"]), "see its field in the schema: vectora config schema"))
    return message + ("" if what == "missing" else shown), suggestion


def _choice(given: Any, expected: str) -> str:
    choices = re.findall(r"'([^']*)'", expected)
    near = difflib.get_close_matches(str(given)[:_SHOWN].lower(), choices, n=1)
    return f"did you mean {near[0]!r}?" if near else f"write {' or '.join(choices)}"


def _short_name(given: str, pattern: str) -> str:
    """A name like the one given that the pattern accepts."""
    plain = re.sub(r"[^a-z0-9]+", "_", given[:_SHOWN].lower()).strip("_")
    return f"write {plain}" if re.search(pattern, plain) else "write small letters and digits"


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
