"""Folding: the spelling under which terms and texts are compared, with the way back to the original text."""

import re
from functools import lru_cache

from shared.text.tables import CASED, CASELESS, LIGHT, PALETTE

_RUN = re.compile(r"[ \n]{2,}|\n")


def _separator(match: re.Match[str]) -> str:
    return "\n" if match.group().count("\n") > 1 else " "


def _collapse(mapped: str) -> str:
    return _RUN.sub(_separator, mapped) if "  " in mapped or "\n" in mapped else mapped


class Folded:
    """A folded text that maps spans back to the original."""

    __slots__ = ("_bounds", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self.text = _collapse(original.translate(CASELESS))
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
    folded = original.translate(CASELESS)
    if original.isascii() and len(folded) == len(original) and _collapse(folded) == folded:
        indices = list(range(len(original) + 1))
        return indices[:-1], indices[1:]
    mapped = [CASELESS[ord(c)] for c in original]
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
    return _collapse(text.translate(CASELESS)).strip()


@lru_cache(maxsize=16384)
def fold_case_kept(text: str) -> str:
    """As `fold_key`, but upper and lower case stay apart: for terms with `case: exact`."""
    return _collapse(text.translate(CASED)).strip()


def light(text: str) -> str:
    """`text` as regular expressions see it: same length, case kept; accents, dashes and apostrophes made plain."""
    encoded = PALETTE.encode(text, strict=True)
    return text.translate(LIGHT) if encoded is None else PALETTE.decode(encoded.translate(PALETTE.light))
