"""The lists of terms in a legacy vocabulary, and what a single term looks like."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.legacy.files import LegacyFile, Where

META = "_metadata"
_REGEX = re.compile(r"\.[*+]|\.\{\d|\\[bswdBSWD]|\[[^\]]+\][*+]")
_LEGAL_FORM = "Ltd|Inc|Corp|Co|GmbH|LLC|PLC"
_GLUED = re.compile(rf"\b(?:{_LEGAL_FORM})(?:{_LEGAL_FORM})\b|;")


@dataclass(frozen=True)
class TermList:
    """One list of plain texts. `name` is scope or scope.category; `where` leads to the list in its file."""

    file: LegacyFile
    name: str
    where: Where
    terms: tuple[Any, ...]

    def texts(self) -> Iterator[tuple[Where, str]]:
        """Each text with the way to it; what is not text is left out."""
        for index, term in enumerate(self.terms):
            if isinstance(term, str):
                yield (*self.where, index), term


def term_lists(file: LegacyFile) -> Iterator[TermList]:
    """Every list in a vocabulary file, however deep, except metadata."""
    yield from _lists(file, (), file.value)


def _lists(file: LegacyFile, where: Where, value: Any) -> Iterator[TermList]:
    if isinstance(value, list):
        yield TermList(file, ".".join(map(str, where)), where, tuple(value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key != META:
                yield from _lists(file, (*where, key), inner)


def looks_like_regex(term: str) -> bool:
    """Whether a term is unmistakably a regular expression: `.*`, `.+`, `.{n`, a class with a repeat, `\\b` …"""
    return bool(_REGEX.search(term))


def is_acronym(term: str) -> bool:
    """Two to four letters and digits, capitals but for one: inside words, or as a word in lower case, another thing."""
    plain = term.rstrip("®™")
    capitals = sum(c.isupper() for c in plain)
    lower = sum(c.islower() for c in plain)
    return plain.isalnum() and 2 <= len(plain) <= 4 and capitals >= 1 and lower <= 1 and capitals > lower


def is_glued(name: str) -> bool:
    """Whether a name joins two: by a semicolon, or by legal forms run together."""
    return bool(_GLUED.search(name))
