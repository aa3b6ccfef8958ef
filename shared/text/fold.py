"""Folding: the spelling under which terms and texts are compared, with the way back to the original text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection
from functools import lru_cache
from itertools import accumulate

from shared.text.tables import CASED, CASELESS, LIGHT, PALETTE

_MANY = 4
"""Characters that are sought together rather than one after the other."""
_RUN = re.compile(r"[ \n]{2,}|\n")


def _separator(match: re.Match[str]) -> str:
    return "\n" if match.group().count("\n") > 1 else " "


def _collapse(mapped: str) -> str:
    return _RUN.sub(_separator, mapped) if "  " in mapped or "\n" in mapped else mapped


class Spread:
    """A text in which characters that fold to none or several (the odd ones) are replaced by what they fold to."""

    def __init__(self, original: str) -> None:
        self._original = original
        self._odd = {char: CASELESS[ord(char)] for char in set(original) if len(CASELESS[ord(char)]) != 1}
        places = _places(original, self._odd)
        self._shifts = [0, *accumulate(len(self._odd[original[place]]) - 1 for place in places)]
        self._begins = [place + shift for place, shift in zip(places, self._shifts, strict=False)]
        self._ends = [place + 1 + shift for place, shift in zip(places, self._shifts[1:], strict=True)]

    def text(self) -> str | None:
        """The text with replacements; None when folding would not leave them as they are."""
        if any(CASELESS[ord(char)] != char for piece in self._odd.values() for char in piece):
            return None
        text = self._original
        for char, piece in self._odd.items():
            text = text.replace(char, piece)
        return text

    def original(self, place: int) -> int | None:
        """Where a place of `text` is in the original, behind characters that fold to none; None inside of one."""
        index = bisect_right(self._ends, place)
        inside = index < len(self._begins) and self._begins[index] < place
        return None if inside else place - self._shifts[index]

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Original (start, end) of a span, or None when it would cut an original character in two."""
        first, last = self.original(start), self.original(end)
        return None if first is None or last is None else (first, last)


def _places(text: str, chars: Collection[str]) -> list[int]:
    """Where one of `chars` stands in `text`."""
    if len(chars) > _MANY:
        return [place for place, char in enumerate(text) if char in chars]
    return sorted(match.start() for char in chars for match in re.finditer(re.escape(char), text))


class Folded:
    """A folded text that maps spans back to the original."""

    __slots__ = ("_cuts", "_gone", "_long", "_spread", "original", "text")

    def __init__(self, original: str) -> None:
        self.original = original
        self._long = original.translate(CASELESS)
        self.text = _collapse(self._long)
        self._spread: Spread | None = None

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Original (start, end) of the folded span, or None when it would cut an original character in two."""
        if self._spread is None:
            self._spread = Spread(self.original)
            self._cuts, self._gone = _shortened(self._long)
        start += self._gone[bisect_left(self._cuts, start)]
        end += self._gone[bisect_left(self._cuts, end)]
        return self._spread.span(start, end)


def _shortened(text: str) -> tuple[list[int], list[int]]:
    """Where `_collapse` leaves one character of a run, and how many characters are gone up to each."""
    cuts: list[int] = []
    gone = [0]
    for match in _RUN.finditer(text):
        lost = match.end() - match.start() - 1
        if lost:
            cuts.append(match.start() - gone[-1])
            gone.append(gone[-1] + lost)
    return cuts, gone


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
    encoded = PALETTE.encode(text)
    return text.translate(LIGHT) if encoded is None else PALETTE.decode(encoded.translate(PALETTE.light))
