"""Folding: the spelling under which terms and texts are compared, with the way back to the original text."""

import re
import unicodedata
from functools import lru_cache

_HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_APOSTROPHES = "'`\u00b4\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\uff07"
_MARKS = "\u00ae\u2122\u00a9\u2120"  # registered, trademark, copyright and service mark signs
_RUN = re.compile(r"[ \n]{2,}|\n")


def _folded_char(char: str, *, keep_case: bool) -> str:
    if char == "\u00ad":
        return ""
    if char in _HYPHENS or char in _MARKS:
        return " "
    if char in _APOSTROPHES:
        return "'"
    if char.isspace():
        return "\n" if char in "\n\u2028\u2029" else " "
    decomposed = unicodedata.normalize("NFKD", char)
    if not keep_case:
        decomposed = unicodedata.normalize("NFKD", decomposed.casefold())
    return "".join(c for c in decomposed if unicodedata.category(c) not in {"Mn", "Cf", "Cc"})


class _Table(dict[int, str]):
    """A translation table that learns each character once."""

    def __init__(self, *, keep_case: bool) -> None:
        super().__init__()
        self._keep_case = keep_case

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded_char(chr(code), keep_case=self._keep_case)
        return folded


_CASELESS = _Table(keep_case=False)
_CASED = _Table(keep_case=True)


def _separator(match: re.Match[str]) -> str:
    return "\n" if match.group().count("\n") > 1 else " "


def _collapse(mapped: str) -> str:
    return _RUN.sub(_separator, mapped) if "  " in mapped or "\n" in mapped else mapped


class Folded:
    """A folded text that maps spans back to the original."""

    __slots__ = ("_bounds", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = _collapse(original.translate(_CASELESS))
        self._bounds: tuple[list[int], list[int]] | None = None

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Original (start, end) of the folded span, or None when it would cut an original character in two."""
        if self._bounds is None:
            self._bounds = _original_bounds(self.original)
        starts, ends = self._bounds
        cut_before = start > 0 and starts[start] == starts[start - 1]
        cut_after = end < len(starts) and ends[end - 1] == ends[end]
        return None if cut_before or cut_after else (starts[start], ends[end - 1])


def _original_bounds(original: str) -> tuple[list[int], list[int]]:
    """For every folded character, where its original character starts and ends."""
    folded = original.translate(_CASELESS)
    if original.isascii() and len(folded) == len(original) and _collapse(folded) == folded:
        indices = list(range(len(original) + 1))
        return indices[:-1], indices[1:]
    mapped = [_CASELESS[ord(c)] for c in original]
    after = list(range(1, len(mapped) + 1))
    for i in range(len(mapped) - 2, -1, -1):
        if not mapped[i + 1]:  # a combining mark belongs to the character before it
            after[i] = after[i + 1]
    owner = [i for i, piece in enumerate(mapped) for _ in piece]
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for match in _RUN.finditer("".join(mapped)):
        kept = owner[position : match.start()]
        starts += [*kept, owner[match.start()]]
        ends += [*(after[i] for i in kept), after[owner[match.end() - 1]]]
        position = match.end()
    kept = owner[position:]
    return [*starts, *kept], [*ends, *(after[i] for i in kept)]


def fold(text: str) -> Folded:
    """Fold a text: case and accents removed, compatibility forms resolved, hyphens and ®/™ as spaces, runs of spaces
    as one, a blank line as one line break (no term reaches across it), apostrophes straight."""
    return Folded(text)


@lru_cache(maxsize=16384)
def fold_key(text: str) -> str:
    """The folded spelling of a term or name, without surrounding spaces: equal keys are the same term."""
    return _collapse(text.translate(_CASELESS)).strip()


@lru_cache(maxsize=16384)
def fold_case_kept(text: str) -> str:
    """As `fold_key`, but upper and lower case stay apart: for terms with `case: exact`."""
    return _collapse(text.translate(_CASED)).strip()


class _SameLength(dict[int, str]):
    """One character for one: accents, dashes and quotes normalised, offsets and case unchanged."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = single = self._single(char)
        return single

    @staticmethod
    def _single(char: str) -> str:
        if char in _HYPHENS:
            return "-"
        folded = _folded_char(char, keep_case=True)
        return folded if len(folded) == 1 else char


_LIGHT = _SameLength()


def light(text: str) -> str:
    """`text` as regular expressions see it: same length, case kept; accents, dashes and apostrophes made plain."""
    return text.translate(_LIGHT)
