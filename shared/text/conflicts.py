"""Which of overlapping hits count."""

from collections.abc import Iterable

from shared.text.hits import Hit


def settle(found: list[Hit]) -> list[Hit]:
    """Hits in order of position; where some overlap, only those that win. Sorts `found`.

    A hit is dropped where longer ones (or an earlier one of its length) overlap it in every vocabulary it belongs to.
    """
    found.sort()
    kept: list[Hit] = []
    crowd: list[Hit] = []
    reach = 0
    for one in found:
        start, end, _ = one
        if start >= reach:
            if crowd:
                kept += _winners(crowd)
                crowd = []
            kept.append(one)
            reach = end
            continue
        if not crowd:
            crowd = [kept.pop()]
        crowd.append(one)
        if end > reach:
            reach = end
    if crowd:
        kept += _winners(crowd)
    return kept


def _winners(crowd: list[Hit]) -> Iterable[Hit]:
    """Those of two or more overlapping hits that count, in their order."""
    return _of_two(*crowd) if len(crowd) == 2 else _of_many(crowd)


def _of_two(a: Hit, b: Hit) -> tuple[Hit, ...]:
    (start, end, one), (begin, stop, other) = a, b
    if start == begin and end == stop:
        return (_merged(a, b),) if one[:2] == other[:2] else (a, b)
    in_place = (b, a) if start == begin else (a, b)
    if one.rivals.isdisjoint(other.rivals):
        return in_place
    longer, shorter = (a, b) if end - start >= stop - begin else (b, a)
    return in_place if shorter.subject.rivals - longer.subject.rivals else (longer,)


def _of_many(crowd: list[Hit]) -> list[Hit]:
    distinct = _distinct(crowd)
    taken: list[tuple[int, int, frozenset[str]]] = []
    kept = []
    for _, start, n in sorted([(start - end, start, n) for n, (start, end, _) in enumerate(distinct)]):
        _, end, subject = distinct[n]
        free = subject.rivals
        for begin, stop, rivals in taken:
            if begin < end and start < stop and (begin != start or stop != end):
                free = free - rivals
        if free:
            kept.append((start, -end, n))
            taken.append((start, end, free))
    return [distinct[n] for _, _, n in sorted(kept)]


def _distinct(crowd: list[Hit]) -> list[Hit]:
    """Hits of the same thing at the same place, which stand one after the other, as one."""
    distinct = crowd[:1]
    start, end, subject = crowd[0]
    for one in crowd[1:]:
        begin, stop, other = one
        if begin == start and stop == end and other[:2] == subject[:2]:
            distinct[-1] = _merged(distinct[-1], one)
        else:
            distinct.append(one)
        start, end, subject = one
    return distinct


def _merged(a: Hit, b: Hit) -> Hit:
    """One hit with all scopes."""
    return a._replace(subject=a.subject.also_in(b.scopes))
