"""The literals of which a regular expression needs one: where none stands in a text, it need not be tried.

Every expression is bounded (see `shared.text.patterns`), so that a literal also says where a match may begin.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from shared.text.fold import fold_key
from shared.text.patterns import LITERAL, parsed

_MOST = 96
"""Literals of one expression at most: more cost more than they save."""
_LEAST_LENGTH = 2
_LARGEST_CLASS = 8
_GOOD_LENGTH = 3
_CLEAN = re.compile(r"\w+(?:[^\w\s]\w+|\s\w+)*")


class Literal(NamedTuple):
    """A folded `text` that begins `low` to `high` characters after a match does."""

    text: str
    low: int
    high: int


class _Heads(NamedTuple):
    """Texts of which each match begins with one; `whole`: there is nothing after them."""

    texts: frozenset[str]
    whole: bool


@lru_cache(maxsize=4096)
def required(pattern: str) -> tuple[Literal, ...]:
    """Literals of which every match holds one, at its place; empty when the expression promises none."""
    return _best(parsed(pattern)) or ()


def _best(sequence: Any) -> tuple[Literal, ...] | None:
    """The group that is cheapest to try: long literals, at a place that is known exactly, few of them."""
    groups: list[tuple[Literal, ...]] = []
    low, high = 0, 0
    for at, item in enumerate(sequence):
        groups += _groups_at(sequence, at, low, high)
        least, most = (1, 1) if item[0] is LITERAL else map(int, sequence[at : at + 1].getwidth())
        low, high = low + least, high + most
    return max(groups, key=_merit, default=None)


def _merit(group: tuple[Literal, ...]) -> tuple[int, bool, int, int]:
    shortest = min(len(one.text) for one in group)
    spread = max(one.high - one.low for one in group)
    return min(shortest, _GOOD_LENGTH), all(one.high == 0 for one in group), -spread, -len(group)


def _groups_at(sequence: Any, at: int, low: int, high: int) -> Iterable[tuple[Literal, ...]]:
    """The groups of the item at a place that is `low` to `high` characters after a match's beginning."""
    if at and _letter(sequence[at - 1]) and _letter(sequence[at]):
        return  # the group of the letter before is the same, and longer
    texts = {_clean(text) for text in _heads(sequence[at:] if at else sequence).texts}
    if texts and all(len(text) >= _LEAST_LENGTH for text in texts):
        yield tuple(Literal(text, low, high) for text in sorted(_shortest(texts)))
    inner = [_best(part) for part in _parts(sequence[at])]
    if inner and all(inner):
        found = [one for group in inner for one in group or ()]
        if len(found) <= _MOST:
            yield tuple(Literal(one.text, one.low + low, one.high + high) for one in found)


def _letter(item: Any) -> bool:
    return item[0] is LITERAL and chr(item[1]).isalnum()


def _parts(item: Any) -> list[Any]:
    """The alternatives of which an item needs one."""
    name, argument = str(item[0]), item[1]
    if name == "BRANCH":
        return list(argument[1])
    if name == "SUBPATTERN":
        return [argument[-1]]
    if name == "ATOMIC_GROUP":
        return [argument]
    return [argument[2]] if name.endswith("_REPEAT") and argument[0] > 0 else []


def _shortest(texts: set[str]) -> set[str]:
    """Without those that begin with another one."""
    if len(texts) == 1:
        return texts
    return {text for text in texts if not any(text.startswith(other) for other in texts if other != text)}


def _clean(text: str) -> str:
    """The folded beginning that stands in a folded text the same way: words, and one sign at most between two."""
    match = _CLEAN.match(text)
    return fold_key(match.group()) if match else ""


def _heads(sequence: Any) -> _Heads:
    texts, run = frozenset({""}), ""
    for item in sequence:
        if item[0] is LITERAL:
            run += chr(item[1])
            continue
        texts, run = _followed(texts, run), ""
        following = _item_heads(item)
        if following is None or len(texts) * len(following.texts) > _MOST:
            return _Heads(texts, whole=False)
        texts = frozenset(a + b for a in texts for b in following.texts)
        if not following.whole:
            return _Heads(texts, whole=False)
    return _Heads(_followed(texts, run), whole=True)


def _followed(texts: frozenset[str], run: str) -> frozenset[str]:
    return frozenset(text + run for text in texts) if run else texts


def _item_heads(item: Any) -> _Heads | None:
    """What one item begins with, or None when that cannot be listed."""
    name, argument = str(item[0]), item[1]
    if name == "IN":
        return _class_heads(argument)
    if name in ("AT", "ASSERT", "ASSERT_NOT"):
        return _Heads(frozenset({""}), whole=True)
    if name.endswith("_REPEAT"):
        return _repeat_heads(*argument)
    parts = [_heads(part) for part in _parts(item)]
    texts = frozenset(text for part in parts for text in part.texts)
    return _Heads(texts, all(part.whole for part in parts)) if parts and len(texts) <= _MOST else None


def _class_heads(members: Iterable[Any]) -> _Heads | None:
    chars: set[str] = set()
    for operator, argument in members:
        name = str(operator)
        if name not in ("LITERAL", "RANGE"):
            return None
        first, last = (argument, argument) if name == "LITERAL" else argument
        if last - first > _LARGEST_CLASS:
            return None
        chars.update(map(chr, range(first, last + 1)))
    return _Heads(frozenset(chars), whole=True) if len(chars) <= _LARGEST_CLASS else None


def _repeat_heads(low: int, high: int, body: Any) -> _Heads | None:
    inner = _heads(body)
    if low == 0:
        optional = high == 1 and inner.whole
        return _Heads(inner.texts | {""}, whole=True) if optional else None
    return inner._replace(whole=inner.whole and low == high == 1)
