"""Scripts that are written without spaces: where a word begins and ends in them.

Han characters and Hangul take particles and join others without a sign, so that a term of them counts wherever it
stands. Katakana and Latin words end where the script changes. All of it is about folded text, in which Hangul is taken
apart into letters (jamo).
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

_HIRAGANA = "\u3041-\u3096"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff"
_FREE = "\u1100-\u11ff\u3005\u3400-\u4dbf\u4e00-\u9fff"
_ALL = f"{_HIRAGANA}{_KATAKANA}{_FREE}"
_PRESENT = re.compile(rf"[{_ALL}\uac00-\ud7a3\uff66-\uff9d]")
_DENSE = re.compile(rf"[{_HIRAGANA}{_KATAKANA}\u3005\u3400-\u4dbf\u4e00-\u9fff]+")
_IS_FREE = re.compile(f"[{_FREE}]")
_IS_KATAKANA = re.compile(f"[{_KATAKANA}]")


class Separated(NamedTuple):
    """A folded text with a space wherever the script changes; `seams` are the places of those spaces in `text`."""

    text: str
    seams: Sequence[int]

    def original(self, place: int) -> int:
        """Where a place of `text` is in the text that was separated."""
        return place - bisect_left(self.seams, place)


def present(text: str) -> bool:
    """Whether `text`, folded or not, holds such a script."""
    return bool(_PRESENT.search(text))


def unspaced(text: str) -> list[str]:
    """The runs of characters of scripts that put no spaces between words."""
    return _DENSE.findall(text)


@cache
def _seam() -> re.Pattern[str]:
    """Compiled on use: it takes a twentieth of a function's cold import, and few texts need it."""
    return re.compile(
        rf"(?<=[^\W{_ALL}])(?=[{_ALL}])|(?<=[{_ALL}])(?=[^\W{_ALL}])"
        rf"|(?<=[{_HIRAGANA}])(?=[{_KATAKANA}{_FREE}])|(?<=[{_KATAKANA}])(?=[{_HIRAGANA}{_FREE}])"
        rf"|(?<=[{_FREE}])(?=[{_HIRAGANA}{_KATAKANA}])"
    )


def separated(folded: str) -> Separated:
    """`folded` with a space at each change of script, so that words on both sides are words."""
    if not present(folded):
        return Separated(folded, ())
    pieces = _seam().split(folded)
    ends = accumulate(len(piece) + 1 for piece in pieces[:-1])
    return Separated(" ".join(pieces), [end - 1 for end in ends])


def free(char: str) -> bool:
    """Whether a folded term that begins or ends with `char` needs no boundary there."""
    return bool(_IS_FREE.match(char))


def before(word: str) -> str:
    """What must stand in a regular expression before the folded `word`, so that it matches as a word."""
    return _edge(word[0], "(?<!{})")


def after(word: str) -> str:
    """As `before`, behind it."""
    return _edge(word[-1], "(?!{})")


def _edge(char: str, form: str) -> str:
    if free(char):
        return ""
    if _IS_KATAKANA.match(char):
        return form.format(f"[{_KATAKANA}]")
    return form.format(rf"[^\W{_ALL}]")
