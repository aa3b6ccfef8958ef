"""Of overlapping hits, the longest in each vocabulary count."""

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.text.conflicts import settle
from shared.text.hits import Hit, Subject

KINDS = ("company", "trademark", "technology", "exclusion", "event")
SCOPES = ("a.x", "a.y", "b.x", "c.z")


def vocabularies(hit: Hit) -> set[str]:
    if hit.kind in ("company", "trademark"):
        return {hit.kind}
    return {scope.split(".")[0] if hit.kind == "technology" else scope for scope in hit.scopes}


def naive(found: list[Hit]) -> set[Hit]:
    """Straight from the rule: the same thing at the same place is one hit; then, longest first (the earlier of two
    equal ones), a hit counts in each of its vocabularies where no different place that counts there overlaps it."""
    hits: dict[tuple[str, str, int, int], Hit] = {}
    for start, end, (kind, name, told, scopes, _) in found:
        key = (kind, name, start, end)
        known = hits.get(key)
        hits[key] = Hit(start, end, Subject.of(kind, name, told, scopes | (known.scopes if known else frozenset())))
    counted: list[tuple[str, str, Hit]] = []
    for hit in sorted(hits.values(), key=lambda h: (h.start - h.end, h.start)):
        for vocabulary in vocabularies(hit):
            rivals = (o for kind, v, o in counted if (kind, v) == (hit.kind, vocabulary))
            if not any(
                o.start < hit.end and hit.start < o.end and (o.start, o.end) != (hit.start, hit.end) for o in rivals
            ):
                counted.append((hit.kind, vocabulary, hit))
    return {hit for _, _, hit in counted}


@st.composite
def founds(draw: st.DrawFn) -> list[Hit]:
    made: list[Hit] = []
    for _ in range(draw(st.integers(0, 9))):
        start = draw(st.integers(0, 14))
        end = start + draw(st.integers(1, 6))
        name = draw(st.sampled_from("xyz"))
        scopes = frozenset(draw(st.sets(st.sampled_from(SCOPES), min_size=1)))
        made.append(Hit(start, end, Subject.of(draw(st.sampled_from(KINDS)), name, name, scopes)))
    return made


@settings(max_examples=600, deadline=None)
@given(founds())
def test_settled_as_the_rule_says(found: list[Hit]) -> None:
    expected = naive(found)
    settled = settle(list(found))
    assert set(settled) == expected
    assert len(settled) == len(expected)
    assert [(h.start, -h.end, h.kind, h.id) for h in settled] == sorted(
        (h.start, -h.end, h.kind, h.id) for h in settled
    )


def test_nothing_found_is_no_hit() -> None:
    assert settle([]) == []
