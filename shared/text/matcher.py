"""One compiled matcher for every term of every scope.

Rules: a term counts where it stands as a word (the neighbouring characters are neither letters nor digits), in the
spelling of `shared.text.fold`; scripts without spaces have their own rule (`shared.text.scripts`). Of overlapping hits
the longest wins within one kind of entity, or one vocabulary (technology scope, exclusion scope, event type); hits of
different kinds may nest.

A term of at most four characters and one word (an acronym, mostly) is void where a hyphen ties it to a fragment of a
broken word: a fragment of one or two lower-case letters on either side ("c-abc-ms", "de-ABC"), or fragments of one or
two letters of any case on both ("C-ABC-MS"). "non-ABC", "ABC-based" and "XYZ-ABC" are hits.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import ahocorasick

from shared.config.terms import Term
from shared.text.fold import fold_case_kept, fold_key, light
from shared.text.hits import Hit, HitKind
from shared.text.literals import required
from shared.text.patterns import compile_bounded
from shared.text.scan import Scan, words
from shared.text.scripts import free, separated
from shared.text.tables import PALETTE

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


class _Rule(NamedTuple):
    """What a hit reports and asks for. `exact`: the term with its case, when that counts; `requires` and `excludes`:
    folded spellings; `conditional`: it has some."""

    kind: HitKind
    id: str
    name: str
    scopes: frozenset[str]
    exact: str
    requires: frozenset[str]
    excludes: frozenset[str]
    conditional: bool

    def __lt__(self, other: object) -> bool:
        """By kind and id, as hits of one place are listed."""
        return self[:2] < other[:2] if isinstance(other, _Rule) else NotImplemented


class _Anchor(NamedTuple):
    """A literal of a regular expression: a match begins `low` to `high` characters before it."""

    regex: int
    low: int
    high: int


class _Key(NamedTuple):
    """Everything that one folded spelling of `size` characters stands for. `trail`: 1 when a word's end must follow.
    `text`: the spelling, when it holds more than letters and digits. `context`: the spelling, when a context rule names
    it. `short`: the rule about broken words applies."""

    size: int
    trail: int
    text: str
    short: bool
    context: str
    rules: tuple[_Rule, ...]
    anchors: tuple[_Anchor, ...]


_Found = tuple[int, int, _Rule]
"""A hit before conflicts are settled: start, minus its end, rule. It sorts by place, then by the rule's kind and id."""


@dataclass(slots=True)
class _Findings:
    """What one pass over a text collects: hits, hits that wait for context, the context's spellings that stand in the
    text, and for each regular expression where it may match."""

    found: list[_Found]
    waiting: list[_Found]
    context: set[str]
    starts: dict[int, set[int]]

    def add(self, rule: _Rule, start: int, end: int) -> None:
        (self.waiting if rule.conditional else self.found).append((start, -end, rule))


class Matcher:
    """Finds all terms in a text in one pass. Build it with `compile`; it is immutable and safe to share."""

    def __init__(self, keys: Iterable[tuple[str, _Key]], regexes: tuple[tuple[re.Pattern[str], _Rule], ...]) -> None:
        by_word: dict[str, list[_Key]] = {}
        for word, key in keys:
            by_word.setdefault(word, []).append(key)
        self._regexes = regexes
        anchored = {anchor.regex for found in by_word.values() for key in found for anchor in key.anchors}
        self._always = tuple(n for n in range(len(regexes)) if n not in anchored)
        spellings = (
            *by_word,
            *(key.text for found in by_word.values() for key in found),
            *(r.pattern for r, _ in regexes),
        )
        self._foreign = PALETTE.foreign("".join(spellings))
        self._automaton = ahocorasick.Automaton()
        for word, found in by_word.items():
            self._automaton.add_word(word, tuple(found))
        if by_word:
            self._automaton.make_automaton()

    @classmethod
    def compile(cls, entries: Iterable[Entry]) -> "Matcher":
        """Compile `entries`. Raises ConfigError for a regular expression that is wrong or unbounded."""
        literal: dict[str, list[_Rule]] = {}
        regexes: list[tuple[re.Pattern[str], _Rule]] = []
        anchors: list[tuple[str, _Key]] = []
        context: set[str] = set()
        for entry in entries:
            rule = _rule(entry)
            context |= rule.requires | rule.excludes
            if entry.term.is_regex:
                compiled = compile_bounded(entry.term.pattern, exact_case=entry.term.case == "exact")
                anchors += _anchor_keys(entry.term.pattern, len(regexes))
                regexes.append((compiled, rule))
            else:
                literal.setdefault(_spelled(entry.term.term), []).append(rule)
        keys = sorted((literal.keys() | context) - {""})
        return cls([*(_term_key(k, literal.get(k, ()), k in context) for k in keys), *anchors], tuple(regexes))

    def find(self, text: str) -> list[Hit]:
        """All hits in `text`, ordered by position; offsets are those of `text` itself."""
        scan = Scan(text, self._foreign)
        findings = _Findings([], [], set(), {})
        if len(self._automaton):
            self._read(text, scan, findings)
        if findings.starts or self._always:
            self._try_regexes(scan.light(REGEX_WINDOW), findings)
        findings.found += [one for one in findings.waiting if _context_holds(one[2], findings.context)]
        findings.found.sort()
        return _settled(findings.found)

    def _read(self, text: str, scan: Scan, findings: _Findings) -> None:
        """One pass of the automaton. Written flat: this loop is most of a search's time."""
        folded, context, found, waiting = scan.text, findings.context, findings.found, findings.waiting
        span_of = None if scan.identical else scan.span
        for final, keys in self._automaton.iter(scan.marked):
            for size, trail, spelling, short, named, rules, anchors in keys:
                end = final - trail
                start = end - size
                if spelling and folded[start:end] != spelling:
                    continue
                if named:
                    context.add(named)
                if span_of:
                    span = span_of(start, end)
                    if span is None:
                        continue
                    start, end = span
                if anchors:
                    _announce(anchors, start, findings.starts)
                if short and _in_broken_word(text, start, end):
                    continue
                for rule in rules:
                    if not rule.exact or _same_case(text[start:end], rule.exact):
                        (waiting if rule.conditional else found).append((start, -end, rule))

    def _try_regexes(self, plain: str, findings: _Findings) -> None:
        """Regular expressions where a literal of theirs announces a match; those without one, everywhere."""
        for index in self._always:
            regex, rule = self._regexes[index]
            for match in regex.finditer(plain):
                findings.add(rule, match.start(), match.end())
        for index, starts in findings.starts.items():
            regex, rule = self._regexes[index]
            end = 0
            for at in sorted(starts):
                match_here = regex.match(plain, at) if end <= at < len(plain) else None
                if match_here:
                    end = match_here.end()
                    findings.add(rule, at, end)


def _spelled(term: str) -> str:
    """A term as it stands in a scan's text."""
    return separated(fold_key(term)).text


def _rule(entry: Entry) -> _Rule:
    term = entry.term
    exact = fold_case_kept(term.term) if term.case == "exact" and not term.is_regex else ""
    requires, excludes = (frozenset(map(_spelled, names)) - {""} for names in (term.requires_any, term.excludes_any))
    conditional = bool(requires or excludes)
    return _Rule(entry.kind, entry.id, entry.name, entry.scopes, exact, requires, excludes, conditional)


def _term_key(key: str, rules: Iterable[_Rule], context: bool) -> tuple[str, _Key]:
    """The automaton's word for a folded term, and what it stands for: spaces around it where it must be a word."""
    lead, trail = (char.isalnum() and not free(char) for char in (key[0], key[-1]))
    plain = key.isalnum()
    short = len(key) <= _SHORT and plain
    word = f"{' ' * lead}{words(key)}{' ' * trail}"
    return word, _Key(len(key), int(trail), "" if plain else key, short, key if context else "", _joined(rules), ())


def _joined(rules: Iterable[_Rule]) -> tuple[_Rule, ...]:
    """Rules that differ in scopes alone as one."""
    joined: dict[_Rule, _Rule] = {}
    for rule in rules:
        bare = rule._replace(name="", scopes=frozenset())
        known = joined.get(bare)
        joined[bare] = known._replace(scopes=known.scopes | rule.scopes) if known else rule
    return tuple(joined.values())


def _anchor_keys(pattern: str, index: int) -> Iterator[tuple[str, _Key]]:
    """The literals that announce a regular expression: a word begins with one where the expression does."""
    for text, low, high in required(pattern):
        spelled = separated(text).text
        lead = " " if high == 0 and not free(spelled[0]) else ""
        yield f"{lead}{words(spelled)}", _Key(len(spelled), 0, "", False, "", (), (_Anchor(index, low, high),))


def _announce(anchors: tuple[_Anchor, ...], place: int, starts: dict[int, set[int]]) -> None:
    for regex, low, high in anchors:
        starts.setdefault(regex, set()).update(range(place - high, place - low + 1))


def _same_case(wording: str, exact: str) -> bool:
    return wording == exact or fold_case_kept(wording) == exact


def _in_broken_word(text: str, start: int, end: int) -> bool:
    near = text[max(0, start - 2) : start] + text[end : end + 2]
    if "-" not in near and near.isascii():
        return False
    before = _FRAGMENT_BEFORE.search(light(text[max(0, start - 6) : start]))
    after = _FRAGMENT_AFTER.match(light(text[end : end + 6]))
    if before and after:
        return True
    return any(m is not None and m.group(1).islower() for m in (before, after))


def _context_holds(rule: _Rule, context: set[str]) -> bool:
    return not (rule.requires and rule.requires.isdisjoint(context)) and rule.excludes.isdisjoint(context)


def _settled(found: list[_Found]) -> list[Hit]:
    """Hits in order of position; where some overlap, only those that win."""
    settled: list[Hit] = []
    cluster: list[Hit] = []
    reach = -1
    for start, minus_end, rule in found:
        if start >= reach:
            settled += cluster if len(cluster) < 2 else _winners(cluster)
            cluster = []
        cluster.append(Hit(rule.kind, rule.id, rule.name, rule.scopes, start, -minus_end))
        if -minus_end > reach:
            reach = -minus_end
    return [*settled, *_winners(cluster)]


def _winners(hits: list[Hit]) -> list[Hit]:
    """Hits of one place; those of different kinds never compete."""
    return hits if len({hit.kind for hit in hits}) == len(hits) else _longest(_merged(hits))


def _merged(hits: list[Hit]) -> list[Hit]:
    """One hit for the same thing at the same place, with all its scopes."""
    merged: dict[tuple[str, str, int, int], Hit] = {}
    for hit in hits:
        key = (hit.kind, hit.id, hit.start, hit.end)
        twin = merged.get(key)
        merged[key] = hit if twin is None else hit._replace(name=twin.name, scopes=twin.scopes | hit.scopes)
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
