"""One compiled matcher for every term of every scope.

Rules: a term counts where it stands as a word (the neighbouring characters are neither letters nor digits), in the
spelling of `shared.text.fold`. Of overlapping hits the longest wins within one kind of entity, or one vocabulary
(technology scope, exclusion scope, event type); hits of different kinds may nest.

A term of at most four characters and one word (an acronym, mostly) is void where a hyphen ties it to a fragment of a
broken word: a fragment of one or two lower-case letters on either side ("c-lai-ms", "de-LAI"), or fragments of one or
two letters of any case on both ("C-LAI-MS"). "non-LAI", "LAI-based" and "TEV-LAI" are hits.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import ahocorasick

from shared.config.terms import Term
from shared.text.fold import Folded, fold, fold_case_kept, fold_key, light
from shared.text.hits import Hit, HitKind
from shared.text.patterns import compile_bounded

REGEX_WINDOW = 8_000
"""Regular expressions read this many characters of a text, so that their cost is bounded."""

_SHORT = 4
_ENTITY_KINDS = frozenset({"company", "molecule", "trademark", "link_only"})
_FRAGMENT_BEFORE = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,2})-\s?$")
_FRAGMENT_AFTER = re.compile(r"-\s?([^\W\d_]{1,2})(?![^\W\d_])")


@dataclass(frozen=True, slots=True)
class Entry:
    """A term and what a hit of it reports (see Hit for `id`, `name` and `scopes`)."""

    kind: HitKind
    id: str
    name: str
    scopes: frozenset[str]
    term: Term


class _Pattern(NamedTuple):
    """Everything that one folded spelling stands for. `context`: the spelling is also named by a context rule."""

    key: str
    entries: tuple[Entry, ...]
    check_before: bool
    check_after: bool
    short: bool
    context: bool


class Matcher:
    """Finds all terms in a text in one pass. Build it with `compile`; it is immutable and safe to share."""

    def __init__(self, patterns: Iterable[_Pattern], regexes: tuple[tuple[re.Pattern[str], Entry], ...]) -> None:
        self._regexes = regexes
        self._automaton = ahocorasick.Automaton()
        for pattern in patterns:
            self._automaton.add_word(pattern.key, (len(pattern.key), pattern))
        if len(self._automaton):
            self._automaton.make_automaton()

    @classmethod
    def compile(cls, entries: Iterable[Entry]) -> "Matcher":
        """Compile `entries`. Raises ConfigError for a regular expression that is wrong or unbounded."""
        literal: dict[str, list[Entry]] = {}
        context: set[str] = set()
        regexes = []
        for entry in entries:
            context.update(fold_key(word) for word in (*entry.term.requires_any, *entry.term.excludes_any))
            if entry.term.is_regex:
                regexes.append((compile_bounded(entry.term.pattern, exact_case=entry.term.case == "exact"), entry))
            else:
                literal.setdefault(fold_key(entry.term.term), []).append(entry)
        keys = sorted((literal.keys() | context) - {""})
        return cls((_pattern(key, literal.get(key, []), key in context) for key in keys), tuple(regexes))

    def find(self, text: str) -> list[Hit]:
        """All hits in `text`, ordered by position; offsets are those of `text` itself."""
        folded = fold(text)
        context: set[str] = set()
        found = [*self._literal_hits(folded, context), *self._regex_hits(text)]
        if not found:
            return []
        kept = [hit for hit, entry in found if _context_holds(entry.term, context)]
        return _longest(_merged(kept))

    def _literal_hits(self, folded: Folded, context: set[str]) -> list[tuple[Hit, Entry]]:
        text = folded.text
        if not len(self._automaton):
            return []
        last = len(text)
        hits: list[tuple[Hit, Entry]] = []
        for final, (length, pattern) in self._automaton.iter(text):
            start, end = final - length + 1, final + 1
            if pattern.check_before and start and text[start - 1].isalnum():
                continue
            if pattern.check_after and end < last and text[end].isalnum():
                continue
            if pattern.context:
                context.add(pattern.key)
            if pattern.entries:
                hits.extend(_entry_hits(folded, pattern, start, end))
        return hits

    def _regex_hits(self, text: str) -> Iterator[tuple[Hit, Entry]]:
        if not self._regexes:
            return
        plain = light(text[:REGEX_WINDOW])
        for regex, entry in self._regexes:
            for match in regex.finditer(plain):
                yield Hit(entry.kind, entry.id, entry.name, entry.scopes, match.start(), match.end()), entry


def _pattern(key: str, entries: list[Entry], context: bool) -> _Pattern:
    short = len(key) <= _SHORT and key.isalnum()
    return _Pattern(key, tuple(entries), key[0].isalnum(), key[-1].isalnum(), short, context)


def _entry_hits(folded: Folded, pattern: _Pattern, start: int, end: int) -> Iterator[tuple[Hit, Entry]]:
    span = folded.span(start, end)
    if span is None or (pattern.short and _in_broken_word(folded.original, *span)):
        return
    for entry in pattern.entries:
        if entry.term.case == "exact" and fold_case_kept(folded.original[slice(*span)]) != fold_case_kept(
            entry.term.term
        ):
            continue
        yield Hit(entry.kind, entry.id, entry.name, entry.scopes, *span), entry


def _in_broken_word(text: str, start: int, end: int) -> bool:
    before = _FRAGMENT_BEFORE.search(light(text[max(0, start - 6) : start]))
    after = _FRAGMENT_AFTER.match(light(text[end : end + 6]))
    if before and after:
        return True
    return any(m is not None and m.group(1).islower() for m in (before, after))


def _context_holds(term: Term, context: set[str]) -> bool:
    if term.requires_any and not any(fold_key(word) in context for word in term.requires_any):
        return False
    return not any(fold_key(word) in context for word in term.excludes_any)


def _merged(hits: list[Hit]) -> list[Hit]:
    """One hit for the same thing at the same place, with all its scopes."""
    merged: dict[tuple[str, str, int, int], Hit] = {}
    for hit in hits:
        key = (hit.kind, hit.id, hit.start, hit.end)
        twin = merged.get(key)
        merged[key] = hit if twin is None else replace(twin, scopes=twin.scopes | hit.scopes)
    return list(merged.values())


def _rivals(hit: Hit) -> frozenset[str]:
    """The vocabularies in which a hit competes with overlapping ones."""
    if hit.kind in _ENTITY_KINDS:
        return frozenset({hit.kind})
    if hit.kind == "technology":
        return frozenset(scope.partition(".")[0] for scope in hit.scopes)
    return hit.scopes


def _longest(hits: list[Hit]) -> list[Hit]:
    """Drop each hit that overlaps a longer one (or an earlier one of its length) in every vocabulary it belongs to."""
    taken: dict[tuple[str, str], list[tuple[int, int]]] = {}
    kept = []
    for hit in sorted(hits, key=lambda h: (h.start - h.end, h.start)):
        free = [r for r in _rivals(hit) if not _covered(taken.get((hit.kind, r), ()), hit)]
        if free:
            kept.append(hit)
            for rival in free:
                taken.setdefault((hit.kind, rival), []).append((hit.start, hit.end))
    return sorted(kept, key=lambda h: (h.start, -h.end, h.kind, h.id))


def _covered(spans: Iterable[tuple[int, int]], hit: Hit) -> bool:
    """A different span that overlaps; the same span twice (one term, two meanings) is no conflict."""
    return any(s < hit.end and hit.start < e and (s, e) != (hit.start, hit.end) for s, e in spans)
