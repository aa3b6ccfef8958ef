"""Suggestions for names that are not known."""

import difflib
import heapq
from collections.abc import Iterable

_COMPARED = 400
_LONGEST_NAME = 100
_OTHER_LENGTH = 3


def closest(name: str, known: Iterable[str]) -> str:
    """A suggestion for a name that is not known, in bounded time however many are."""
    names = set(known)
    near = difflib.get_close_matches(name, _comparable(name, names), n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    first = ", ".join(heapq.nsmallest(8, names))
    return f"known: {first}{', …' if len(names) > 8 else ''}" if names else "none is defined"


def _comparable(name: str, names: set[str]) -> list[str]:
    """The names to compare with: all where they are few, else those of about its length and with its first letter."""
    if len(name) > _LONGEST_NAME:
        return []
    if len(names) > _COMPARED:
        names = {one for one in names if one[:1] == name[:1] and abs(len(one) - len(name)) <= _OTHER_LENGTH}
    return heapq.nsmallest(_COMPARED, names)
