"""A text as the matcher reads it."""

import re
from bisect import bisect_left

from shared.text.fold import Folded, fold, light
from shared.text.scripts import Separated, present, separated
from shared.text.tables import PALETTE, WORDS

_BREAK = b"\x00\x00"
_SPACED_BREAK = re.compile(rb"\n[ \n]*\n")


class Scan:
    """A text folded for matching (see `shared.text.fold`), blank lines left in place.

    `marked` is `text` with everything but letters and digits as spaces, and one space around it: position n of `text`
    is n + 1 there, so that a word in it stands between spaces. Signs and letters outside the palette of
    `shared.text.tables` are stand-ins, unless the text has some of `foreign`, which terms are made of, or a script that
    is written without spaces: `text` then has one wherever the script changes.

    `cuts` are the positions of runs of spaces that were shortened to one; `gone[n]` is how many characters the first n
    of them have lost. `slow` is the text folded character by character, for one that bytes cannot hold.
    """

    __slots__ = ("_encoded", "_original", "cuts", "gone", "marked", "separated", "slow", "text")

    def __init__(self, original: str, foreign: frozenset[str] = frozenset()) -> None:
        self._original = original
        self.slow: Folded | None = None
        self.separated: Separated | None = None
        self.cuts: list[int] = []
        self.gone: list[int] = []
        encoded = PALETTE.encode(original, strict=False)
        if encoded and PALETTE.has_stand_ins(encoded) and _hidden(original, foreign):
            encoded = None
        self._encoded = encoded
        if encoded is None:
            self.slow = fold(original)
            self.separated = separated(self.slow.text)
            self.text = self.separated.text
            self.marked = f" {words(self.text)} "
            return
        folded = _plain_breaks(encoded.translate(PALETTE.caseless))
        if b"  " in folded:
            folded, self.cuts, self.gone = _short_runs(folded)
        self.text = PALETTE.decode(folded)
        self.marked = PALETTE.decode(b" %b " % folded.translate(PALETTE.words))

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Original (start, end) of a span, or None when it would cut an original character in two, or holds none."""
        if self.slow is not None and self.separated is not None:
            start, end = self.separated.original(start), self.separated.original(end)
            return self.slow.span(start, end) if start < end else None
        if self.cuts:
            start += self.gone[bisect_left(self.cuts, start)]
            end += self.gone[bisect_left(self.cuts, end)]
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


def _plain_breaks(text: bytes) -> bytes:
    """Single line breaks as spaces; a blank line as bytes that stand in no term."""
    if b"\n" not in text:
        return text
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
    return b" ".join(kept), cuts, gone
