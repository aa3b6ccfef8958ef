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
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import ahocorasick

from shared.config.terms import Term
from shared.text.conflicts import Found, Head, settle
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
    """What a term asks for, and what a hit of it reports. `exact`: the term with its case, when that counts; `requires`
    and `excludes`: folded spellings; `conditional`: it has some."""

    head: Head
    exact: str
    requires: frozenset[str]
    excludes: frozenset[str]
    conditional: bool


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

    @property
    def plain(self) -> bool:
        """Whether it stands for one rule that asks for no case and no context."""
        asks = self.context or self.anchors or len(self.rules) != 1
        return not asks and not self.rules[0].exact and not self.rules[0].conditional


class _Word(NamedTuple):
    """What the automaton knows a word by: how far before its last character a plain key's spelling begins and ends, its
    `text`, `short` and what a hit of it reports; or, where more is to be asked, no head but the keys."""

    begin: int
    end: int
    text: str
    short: bool
    head: Head | None
    keys: tuple[_Key, ...]


@dataclass(slots=True)
class _Findings:
    """What one pass over a text collects: hits, hits that wait for context, the context's spellings that stand in the
    text, and for each regular expression where it may match."""

    found: list[Found]
    waiting: list[tuple[Found, _Rule]]
    context: set[str]
    starts: dict[int, set[int]]

    def add(self, rule: _Rule, start: int, end: int) -> None:
        one = (start, -end, rule.head)
        if rule.conditional:
            self.waiting.append((one, rule))
        else:
            self.found.append(one)


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
            self._automaton.add_word(word, tuple(_word(found)))  # a plain tuple unpacks faster
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
        findings.found += [one for one, rule in findings.waiting if _context_holds(rule, findings.context)]
        return settle(findings.found)

    def _read(self, text: str, scan: Scan, findings: _Findings) -> None:
        """One pass of the automaton. Written flat: this loop is most of a search's time."""
        folded, found, cuts, gone = scan.text, findings.found, scan.cuts, scan.gone
        slow = scan.slow is not None
        for final, (begin, stop, spelling, short, head, keys) in self._automaton.iter(scan.marked):
            if head is None:
                _consider(keys, final, text, scan, findings)
                continue
            start, end = final - begin, final - stop
            if spelling and folded[start:end] != spelling:
                continue
            if cuts:
                start += gone[bisect_left(cuts, start)]
                end += gone[bisect_left(cuts, end)]
            elif slow:
                span = scan.span(start, end)
                if span is None:
                    continue
                start, end = span
            if short and _in_broken_word(text, start, end):
                continue
            found.append((start, -end, head))

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
    head = (entry.kind, entry.id, entry.name, _one_of(entry.scopes))
    return _Rule(head, exact, requires, excludes, bool(requires or excludes))


@lru_cache(maxsize=1024)
def _one_of(scopes: frozenset[str]) -> frozenset[str]:
    """The same object for equal scopes: thousands of terms share few, which then stay in the processor's cache."""
    return scopes


def _word(keys: list[_Key]) -> _Word:
    first = keys[0]
    if len(keys) == 1 and first.plain:
        return _Word(first.trail + first.size, first.trail, first.text, first.short, first.rules[0].head, ())
    return _Word(0, 0, "", False, None, tuple(keys))


def _consider(keys: tuple[_Key, ...], final: int, text: str, scan: Scan, findings: _Findings) -> None:
    """What the keys of a word that ends at `final` ask, and what they find."""
    for size, trail, spelling, short, named, rules, anchors in keys:
        end = final - trail
        start = end - size
        if spelling and scan.text[start:end] != spelling:
            continue
        if named:
            findings.context.add(named)
        span = scan.span(start, end)
        if span is None:
            continue
        start, end = span
        if anchors:
            _announce(anchors, start, findings.starts)
        if short and _in_broken_word(text, start, end):
            continue
        for rule in rules:
            if not rule.exact or _same_case(text[start:end], rule.exact):
                findings.add(rule, start, end)


def _term_key(key: str, rules: Iterable[_Rule], context: bool) -> tuple[str, _Key]:
    """The automaton's word for a folded term, and what it stands for: spaces around it where it must be a word."""
    lead, trail = (char.isalnum() and not free(char) for char in (key[0], key[-1]))
    plain = key.isalnum()
    short = len(key) <= _SHORT and plain
    word = f"{' ' * lead}{words(key)}{' ' * trail}"
    return word, _Key(len(key), int(trail), "" if plain else key, short, key if context else "", _joined(rules), ())


def _joined(rules: Iterable[_Rule]) -> tuple[_Rule, ...]:
    """Rules that differ in name and scopes alone as one, with all scopes."""
    joined: dict[tuple[object, ...], _Rule] = {}
    for rule in rules:
        same = (*rule.head[:2], *rule[1:])
        known = joined.get(same)
        joined[same] = known._replace(head=(*known.head[:3], known.head[3] | rule.head[3])) if known else rule
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
