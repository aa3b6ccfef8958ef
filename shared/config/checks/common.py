"""What the checks across files have in common."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from shared.config.files import Loaded
from shared.config.naming import closest
from shared.config.strict_yaml import Defect, Path
from shared.config.terms import Term
from shared.config.tree import ConfigTree
from shared.errors import ConfigError
from shared.text.fold import fold_key
from shared.text.patterns import compile_bounded


def event_names(tree: ConfigTree) -> set[str]:
    return {f"event.{name}" for name in tree.event_types}


def unknown(loaded: Loaded[Any], path: Path, what: str, name: str, known: Collection[str]) -> Iterator[Defect]:
    if name not in known:
        yield loaded.defect(path, f"{what} {name!r} is not defined", closest(name, known))


def term_defects(loaded: Loaded[Any], path: Path, terms: Iterable[Term]) -> Iterator[Defect]:
    """Terms that compile, none twice."""
    seen: dict[tuple[str, str], int] = {}
    for index, term in enumerate(terms):
        where = (*path, index)
        key = (term.pattern if term.is_regex else fold_key(term.term), term.case)
        if not key[0]:
            yield loaded.defect(where, f"the term {term.term!r} holds no letter or digit", "remove it")
        elif key in seen:
            yield loaded.defect(where, f"the term {term.term!r} stands twice in this list", "remove one")
        seen[key] = index
        yield from _regex(loaded, where, term)


def _regex(loaded: Loaded[Any], where: Path, term: Term) -> Iterator[Defect]:
    if not term.is_regex:
        if re.search(r"\.\*|\.\+|\.\{\d|\[[^\]]+\][*+]|\\[bswd]", term.term):
            yield loaded.defect(where, f"{term.term!r} looks like a regular expression", "write regex: before it")
        return
    try:
        compile_bounded(term.pattern, exact_case=term.case == "exact")
    except ConfigError as error:
        yield loaded.defect(where, str(error))


def timezone_defects(loaded: Loaded[Any], path: Path, name: str) -> Iterator[Defect]:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        yield loaded.defect(path, f"{name!r} is not a time zone", "write an IANA name such as Europe/Paris")
    except KeyError:
        yield loaded.defect(path, f"{name!r} is not a time zone", "write an IANA name such as Europe/Paris")
