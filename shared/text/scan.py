"""A text as the matcher reads it."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, count
from operator import add
from typing import NamedTuple

from shared.text.fold import Folded, fold, light
from shared.text.scripts import Separated, present, separated
from shared.text.tables import PALETTE, WORDS

_RUNS = (b"   ", b"  ")
_LONG_RUN = b"    "
_ANY_RUN = re.compile(rb"  +")
_BREAK = b"\x00\x00"
_SPACED_BREAK = re.compile(rb"\n[ \n]*\n")


class _Way(NamedTuple):
    """The way back over shortened runs of spaces: `cuts` are their positions afterwards; `gone[n]` is how many
    characters the first n of them have lost."""

    cuts: list[int]
    gone: Sequence[int]


class Scan:
    """A text folded for matching (see `shared.text.fold`), blank lines left in place.

    `marked` is `text` with everything but letters and digits as spaces, and one space around it: position n of `text`
    is n + 1 there, so that a word in it stands between spaces. Signs and letters outside the palette of
    `shared.text.tables` are stand-ins, unless the text has some of `foreign`, which terms are made of, or a script that
    is written without spaces: `text` then has one wherever the script changes.
    """

    __slots__ = ("_encoded", "_folded", "_original", "_separated", "_ways", "marked", "text")

    def __init__(self, original: str, foreign: frozenset[str] = frozenset()) -> None:
        self._original = original
        self._folded: Folded | None = None
        self._separated: Separated | None = None
        self._ways: list[_Way] = []
        self._encoded = PALETTE.encode(original, strict=False)
        if self._encoded and PALETTE.has_stand_ins(self._encoded) and _hidden(original, foreign):
            self._encoded = None
        if self._encoded is None:
            self._folded = fold(original)
            self._separated = separated(self._folded.text)
            self.text = self._separated.text
            self.marked = f" {words(self.text)} "
            return
        folded, self._ways = _shortened(self._encoded.translate(PALETTE.caseless))
        self.text = PALETTE.decode(folded)
        self.marked = PALETTE.decode(b" %b " % folded.translate(PALETTE.words))

    @property
    def identical(self) -> bool:
        """Whether every span is its own original."""
        return self._folded is None and not self._ways

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Original (start, end) of a span, or None when it would cut an original character in two, or holds none."""
        if self._folded is not None and self._separated is not None:
            start, end = self._separated.original(start), self._separated.original(end)
            return self._folded.span(start, end) if start < end else None
        for cuts, gone in self._ways:
            start += gone[bisect_left(cuts, start)]
            end += gone[bisect_left(cuts, end)]
        return start, end

    def light(self, length: int) -> str:
        """The first `length` characters of the original, as regular expressions see them (`shared.text.fold.light`)."""
        if self._encoded is None:
            return light(self._original[:length])
        return PALETTE.decode(self._encoded[:length].translate(PALETTE.light))


def _hidden(original: str, foreign: frozenset[str]) -> bool:
    """Whether stand-ins would hide something that terms, or their boundaries, need."""
    return present(original) or bool(foreign and PALETTE.foreign(original) & foreign)


def words(folded: str) -> str:
    """A folded text or key with everything but letters and digits as spaces."""
    return folded.translate(WORDS)


def _shortened(text: bytes) -> tuple[bytes, list[_Way]]:
    """Folded bytes with single line breaks as spaces and runs of spaces as one, and the ways back, last one first. A
    blank line becomes bytes that stand in no term."""
    if b"\n" in text:
        text = text.replace(b"\n\n", _BREAK)
        if b"\n" in text and b"\n " in text:
            text = _SPACED_BREAK.sub(lambda match: b"\x00" * len(match.group()), text)
        text = text.replace(b"\n", b" ")
    if b"  " not in text:
        return text, []
    if _LONG_RUN in text:
        return _without_long_runs(text)
    ways = []
    for run in _RUNS:
        parts = text.split(run)
        text, gone = b" ".join(parts), len(run) - 1
        ways.append(_Way(list(map(add, accumulate(map(len, parts[:-1])), count())), range(0, len(parts) * gone, gone)))
    return text, ways[::-1]


def _without_long_runs(text: bytes) -> tuple[bytes, list[_Way]]:
    cuts, gone = [], [0]
    for run in _ANY_RUN.finditer(text):
        cuts.append(run.start() - gone[-1])
        gone.append(gone[-1] + run.end() - run.start() - 1)
    return _ANY_RUN.sub(b" ", text), [_Way(cuts, gone)]
