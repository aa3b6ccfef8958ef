"""Which of overlapping hits count."""

from collections.abc import Iterable
from functools import lru_cache

from shared.text.hits import Hit, HitKind

_ENTITY_KINDS = frozenset({"company", "molecule", "trademark", "link_only"})

Head = tuple[HitKind, str, str, frozenset[str]]
"""Kind, id, name and scopes, as a hit begins with them."""
Found = tuple[int, int, Head]
"""A hit before conflicts are settled: start, minus its end, head. It sorts by place, then by kind and id."""


def settle(found: list[Found]) -> list[Hit]:
    """Hits in order of position; where some overlap, only those that win. Sorts `found`.

    A hit is dropped where longer ones (or an earlier one of its length) overlap it in every vocabulary it belongs to.
    """
    found.sort()
    kept: list[Found] = []
    crowd: list[Found] = []
    reach = 0
    for one in found:
        start, minus_end, _ = one
        if start >= reach:
            if crowd:
                kept += _winners(crowd)
                crowd = []
            kept.append(one)
            reach = -minus_end
        else:
            crowd = crowd or [kept.pop()]
            crowd.append(one)
            reach = max(reach, -minus_end)
    if crowd:
        kept += _winners(crowd)
    new = tuple.__new__  # half the time of Hit(...)
    return [new(Hit, head + (start, -minus_end)) for start, minus_end, head in kept]  # noqa: RUF005 (faster)


def _winners(crowd: list[Found]) -> Iterable[Found]:
    """Those of two or more overlapping hits that count, in their order."""
    return _of_two(*crowd) if len(crowd) == 2 else _of_many(crowd)


def _of_two(a: Found, b: Found) -> tuple[Found, ...]:
    if a[0] == b[0] and a[1] == b[1]:
        return (_merged(a, b),) if a[2][:2] == b[2][:2] else (a, b)
    first, second = (a, b) if a[0] + a[1] <= b[0] + b[1] else (b, a)
    return (a, b) if _rivals(second) - _rivals(first) else (first,)


def _of_many(crowd: list[Found]) -> list[Found]:
    taken: list[tuple[int, int, frozenset[str]]] = []
    kept = []
    for one in sorted(_distinct(crowd), key=_longest_first):
        start, minus_end, _ = one
        free = _rivals(one)
        for begin, minus_stop, rivals in taken:
            if begin < -minus_end and start < -minus_stop and (begin, minus_stop) != (start, minus_end):
                free = free - rivals
        if free:
            kept.append(one)
            taken.append((start, minus_end, free))
    return sorted(kept)


def _distinct(crowd: list[Found]) -> list[Found]:
    """Hits of the same thing at the same place, which stand one after the other, as one."""
    distinct = crowd[:1]
    for one in crowd[1:]:
        last = distinct[-1]
        if one[:2] == last[:2] and one[2][:2] == last[2][:2]:
            distinct[-1] = _merged(last, one)
        else:
            distinct.append(one)
    return distinct


def _longest_first(one: Found) -> tuple[int, int]:
    return one[0] + one[1], one[0]


def _merged(a: Found, b: Found) -> Found:
    """One hit with all scopes."""
    kind, identity, name, scopes = a[2]
    return a[0], a[1], (kind, identity, name, scopes | b[2][3])


def _rivals(one: Found) -> frozenset[str]:
    return _vocabularies(one[2][0], one[2][3])


@lru_cache(maxsize=1024)
def _vocabularies(kind: HitKind, scopes: frozenset[str]) -> frozenset[str]:
    """The vocabularies in which a hit competes with overlapping ones: its kind for an entity, else the technology
    scope, exclusion scope or list of event patterns."""
    if kind in _ENTITY_KINDS:
        return frozenset({kind})
    names = {scope.partition(".")[0] for scope in scopes} if kind == "technology" else scopes
    return frozenset(f"{kind} {name}" for name in names)
