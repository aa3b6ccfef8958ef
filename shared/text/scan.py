"""A text as the matcher reads it."""

import re
import sys
from bisect import bisect_left
from collections.abc import Sequence

from shared.text.fold import Folded, Spread, fold, light
from shared.text.scripts import present, separated
from shared.text.tables import PALETTE, WORDS

_BREAK = b"\x00\x00"
_SPACED_BREAK = re.compile(rb"\n[ \n]*\n")


class Scan:
    """A text folded for matching (see `shared.text.fold`), blank lines left in place.

    `marked` is `text` with everything but letters and digits as spaces, and one space around it: position n of `text`
    is n + 1 there, so that a word in it stands between spaces. Both are bytes of the palette of `shared.text.tables`,
    in which signs and letters outside it are stand-ins; characters, when the text has some of `foreign`, which terms
    are made of, or a script that is written without spaces: `text` then has a space wherever the script changes.

    `cuts` are the positions of runs of spaces that were shortened to one, and one beyond the text; `gone[n]` is how
    many characters the first n of them have lost. `uneven`: the text has characters that fold to none or several, or is
    no bytes, so that only `span` knows the way back to the original.
    """

    text: str | bytes
    marked: str | bytes
    uneven = False
    cuts: Sequence[int] = ()
    gone: Sequence[int] = ()
    _spread: Spread | None = None
    _slow: Folded | None = None
    _encoded: bytes | None = None

    def __init__(self, original: str, foreign: frozenset[str] = frozenset()) -> None:
        self._original = original
        self._encoded = encoded = PALETTE.encode(original)
        folded = encoded and PALETTE.folded(encoded)
        if folded is None:
            folded = self._with_stand_ins(foreign)
        if folded is None:
            self._by_characters()
            return
        if b"\n" in folded:
            folded = _plain_breaks(folded)
        if b"  " in folded:
            folded, self.cuts, self.gone = _short_runs(folded)
        self.text = folded
        self.marked = (b" " + folded + b" ").translate(PALETTE.words)

    def _with_stand_ins(self, foreign: frozenset[str]) -> bytes | None:
        """The folded bytes of a text that has characters outside the palette; None where they would hide something."""
        if present(self._original):
            return None
        even: str | None = self._original
        self._encoded = encoded = PALETTE.encode_any(self._original)
        if encoded is None:
            self.uneven, self._spread = True, Spread(self._original)
            even = self._spread.text()
            encoded = PALETTE.encode_any(even) if even else None
        if not even or not encoded or (PALETTE.has_stand_ins(encoded) and _hidden(even, foreign)):
            return None
        return PALETTE.folded(encoded)

    def _by_characters(self) -> None:
        self.uneven = True
        self._slow = fold(self._original)
        self._separated = separated(self._slow.text)
        self.text = self._separated.text
        self.marked = f" {words(self.text)} "

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Original (start, end) of a span, or None when it would cut an original character in two, or holds none."""
        if self._slow is not None:
            start, end = self._separated.original(start), self._separated.original(end)
            return self._slow.span(start, end) if start < end else None
        if self.cuts:
            start += self.gone[bisect_left(self.cuts, start)]
            end += self.gone[bisect_left(self.cuts, end)]
        return (start, end) if self._spread is None else self._spread.span(start, end)

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


def _plain_breaks(text: bytes) -> bytes:
    """Single line breaks as spaces; a blank line as bytes that stand in no term."""
    text = text.replace(b"\n\n", _BREAK)
    if b"\n" in text and b"\n " in text:
        text = _SPACED_BREAK.sub(lambda match: b"\x00" * len(match.group()), text)
    return text.replace(b"\n", b" ")


def _short_runs(text: bytes) -> tuple[bytes, list[int], list[int]]:
    """The text with runs of spaces as one, their places in it, and how much they have lost up to each."""
    first, *parts = text.split(b"  ")
    kept, cuts, gone = [first], [], [0]
    length, lost, open_run = len(first), 0, False
    for part in parts:
        bare = part.lstrip(b" ")
        lost += 1 + len(part) - len(bare)
        if open_run:
            lost += 1
            kept[-1], gone[-1] = bare, lost
        else:
            cuts.append(length)
            length += 1
            kept.append(bare)
            gone.append(lost)
        length += len(bare)
        open_run = not bare
    return b" ".join(kept), [*cuts, sys.maxsize], gone
