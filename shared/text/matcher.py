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

from shared.config.terms import Term
from shared.text.conflicts import settle
from shared.text.fold import fold_case_kept, fold_key, light
from shared.text.hits import Hit, HitKind, Subject
from shared.text.index import Anchor, Index, Key, Rule
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


@dataclass(slots=True)
class _Findings:
    """What one pass over a text collects: hits, hits that wait for context, the context's spellings that stand in the
    text, and for each regular expression where it may match. `tangled`: hits may overlap, or not stand in order."""

    found: list[Hit]
    waiting: list[tuple[Hit, Rule]]
    context: set[str]
    starts: dict[int, set[int]]
    tangled: bool = False

    def add(self, rule: Rule, start: int, end: int) -> None:
        self.tangled = True
        one = tuple.__new__(Hit, (start, end, rule.subject))  # half the time of Hit(...)
        if rule.conditional:
            self.waiting.append((one, rule))
        else:
            self.found.append(one)


class Matcher:
    """Finds all terms in a text in one pass. Build it with `compile`; it is immutable and safe to share."""

    def __init__(self, keys: Iterable[tuple[str, Key]], regexes: tuple[tuple[re.Pattern[str], Rule], ...]) -> None:
        by_word: dict[str, list[Key]] = {}
        for word, key in keys:
            by_word.setdefault(word, []).append(key)
        self._regexes = regexes
        every = [key for found in by_word.values() for key in found]
        anchored = {anchor.regex for key in every for anchor in key.anchors}
        self._always = tuple(n for n in range(len(regexes)) if n not in anchored)
        self._foreign = PALETTE.foreign(
            "".join((*by_word, *(str(k.text) for k in every), *(r.pattern for r, _ in regexes)))
        )
        self._index = Index(by_word)

    @classmethod
    def compile(cls, entries: Iterable[Entry]) -> "Matcher":
        """Compile `entries`. Raises ConfigError for a regular expression that is wrong or unbounded."""
        literal: dict[str, list[Rule]] = {}
        regexes: list[tuple[re.Pattern[str], Rule]] = []
        anchors: list[tuple[str, Key]] = []
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
        self._read(text, scan, findings)
        if findings.starts or self._always:
            self._try_regexes(scan.light(REGEX_WINDOW), findings)
        if findings.waiting:
            findings.found += [one for one, rule in findings.waiting if _context_holds(rule, findings.context)]
        return settle(findings.found) if findings.tangled else findings.found

    def _read(self, text: str, scan: Scan, findings: _Findings) -> None:
        """One pass over the words. Written flat: this loop is most of a search's time."""
        folded, found, cuts, gone, uneven = scan.text, findings.found, scan.cuts, scan.gone, scan.uneven
        new, reach = tuple.__new__, 0
        words = self._index.of(scan.marked)
        targets = words.targets
        for word, start, end in words.find(scan.marked, True):
            subject, spelling, short, rest = targets[word]
            if subject is None:
                _consider(rest, end, text, scan, findings)
                continue
            end -= 2
            if spelling and folded[start:end] != spelling:
                continue
            if uneven:
                span = scan.span(start, end)
                if span is None:
                    continue
                start, end = span
            elif cuts:
                cut = bisect_left(cuts, start)
                start += gone[cut]
                end += gone[cut if end <= cuts[cut] else bisect_left(cuts, end, cut)]
            if short and _in_broken_word(text, start, end):
                continue
            found.append(new(Hit, (start, end, subject)))
            if rest:
                found += [new(Hit, (start, end, other)) for other in rest]
                findings.tangled = True
            if start < reach:
                findings.tangled = True
            reach = end

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


def _rule(entry: Entry) -> Rule:
    term = entry.term
    exact = fold_case_kept(term.term) if term.case == "exact" and not term.is_regex else ""
    requires, excludes = (frozenset(map(_spelled, names)) - {""} for names in (term.requires_any, term.excludes_any))
    subject = Subject.of(entry.kind, entry.id, entry.name, _one_of(entry.scopes))
    return Rule(subject, exact, requires, excludes, bool(requires or excludes))


@lru_cache(maxsize=1024)
def _one_of(scopes: frozenset[str]) -> frozenset[str]:
    """The same object for equal scopes: thousands of terms share few, which then stay in the processor's cache."""
    return scopes


def _consider(keys: tuple[Key, ...], stop: int, text: str, scan: Scan, findings: _Findings) -> None:
    """What the keys of a word that ends before `stop` ask, and what they find."""
    for size, trail, spelling, short, named, rules, anchors in keys:
        end = stop - 1 - trail
        start = end - size
        if spelling and scan.text[start:end] != spelling:
            continue
        if named:
            findings.context.add(named)
        if scan.uneven or scan.cuts:
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


def _term_key(key: str, rules: Iterable[Rule], context: bool) -> tuple[str, Key]:
    """The automaton's word for a folded term, and what it stands for: spaces around it where it must be a word."""
    lead, trail = (char.isalnum() and not free(char) for char in (key[0], key[-1]))
    plain = key.isalnum()
    short = len(key) <= _SHORT and plain
    word = f"{' ' * lead}{words(key)}{' ' * trail}"
    return word, Key(len(key), int(trail), "" if plain else key, short, key if context else "", _joined(rules), ())


def _joined(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules that differ in name and scopes alone as one, with all scopes."""
    joined: dict[tuple[object, ...], Rule] = {}
    for rule in rules:
        same = (*rule.subject[:2], *rule[1:])
        known = joined.get(same)
        joined[same] = known._replace(subject=known.subject.also_in(rule.subject.scopes)) if known else rule
    return tuple(joined.values())


def _anchor_keys(pattern: str, index: int) -> Iterator[tuple[str, Key]]:
    """The literals that announce a regular expression: a word begins with one where the expression does."""
    for text, low, high in required(pattern):
        spelled = separated(text).text
        lead = " " if high == 0 and not free(spelled[0]) else ""
        yield f"{lead}{words(spelled)}", Key(len(spelled), 0, "", False, "", (), (Anchor(index, low, high),))


def _announce(anchors: tuple[Anchor, ...], place: int, starts: dict[int, set[int]]) -> None:
    for regex, low, high in anchors:
        starts.setdefault(regex, set()).update(range(place - high, place - low + 1))


def _same_case(wording: str, exact: str) -> bool:
    return wording == exact or fold_case_kept(wording) == exact


def _in_broken_word(text: str, start: int, end: int) -> bool:
    near = text[max(0, start - 2) : end + 2]
    if "-" not in near and near.isascii():
        return False
    before = _FRAGMENT_BEFORE.search(light(text[max(0, start - 6) : start]))
    after = _FRAGMENT_AFTER.match(light(text[end : end + 6]))
    if before and after:
        return True
    return any(m is not None and m.group(1).islower() for m in (before, after))


def _context_holds(rule: Rule, context: set[str]) -> bool:
    return not (rule.requires and rule.requires.isdisjoint(context)) and rule.excludes.isdisjoint(context)
