"""A day of one event told of another one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from shared.grounding.dates import DateFact, find_dates
from shared.grounding.lexicon import DONE_FORMS, REPORTING, STOP_WORDS, UNTIMED
from shared.grounding.words import root, tokens
from shared.text.fold import fold_key, light

_CLAUSE = re.compile(
    r"[;:()]|\s[–—-]\s|,\s|\b(?:and|but|while|before|after|et|mais|und|aber|y|pero|e|ma)\b", re.IGNORECASE
)

_COMMA_IN_DATE = re.compile(r"(\d),? ((?:19|20)\d\d)\b")


@dataclass(frozen=True, slots=True)
class _Clause:
    sentence: int
    days: tuple[DateFact, ...]
    roots: frozenset[str]


def days_of(text: str) -> tuple[DateFact, ...]:
    """Days that a text gives: dates with a day of the month."""
    found = (reading for date in find_dates(_flat(text)) for reading in date.readings)
    return tuple(day for day in found if day.day is not None)


def told_of_another_event(
    sentences: Sequence[str], text: str, language: str, *, except_days: Iterable[DateFact] = ()
) -> Iterator[str]:
    """The verbs of `text` that it ties to a day which, in `sentences`, belongs to something else: there the verb stands
    with another day, or in other sentences than the day's."""
    spared = tuple(except_days)
    clauses: list[_Clause] | None = None
    for day, verb in _dated_verbs(text, language):
        if any(_same(day, other) for other in spared):
            continue
        clauses = clauses if clauses is not None else list(_clauses(sentences))
        if _elsewhere(clauses, day, root(verb)):
            yield verb


def _elsewhere(clauses: Sequence[_Clause], day: DateFact, verb: str) -> bool:
    holding = [one for one in clauses if any(_same(day, other) for other in one.days)]
    if not holding or any(verb in one.roots or not one.roots for one in holding):
        return False
    with_verb = [one for one in clauses if verb in one.roots]
    apart = {one.sentence for one in with_verb} - {one.sentence for one in holding}
    beside = [one for one in with_verb if one.sentence not in apart]
    return any(one.days for one in beside) or bool(apart and not beside)


def _clauses(sentences: Sequence[str]) -> Iterator[_Clause]:
    for number, sentence in enumerate(sentences):
        for clause in _pieces(sentence):
            roots = (root(word) for word in tokens(clause) if _telling(word))
            yield _Clause(number, days_of(clause), frozenset(roots))


def _pieces(sentence: str) -> list[str]:
    """The clauses of a sentence; one that tells nothing, such as a day, goes with the next one or, at the end, with the
    one before."""
    pieces: list[str] = []
    waiting = ""
    for clause in _CLAUSE.split(_COMMA_IN_DATE.sub(r"\1 \2", sentence)):
        whole = f"{waiting} {clause}".strip()
        if any(map(_telling, tokens(clause))):
            pieces.append(whole)
            waiting = ""
        else:
            waiting = whole
    if waiting:
        pieces = [*pieces[:-1], f"{pieces[-1]} {waiting}"] if pieces else [waiting]
    return pieces


def _telling(word: str) -> bool:
    """A word that may say what happened: no name, no number, no month."""
    plain = fold_key(word)
    return word == word.lower() and not word[0].isdigit() and plain not in STOP_WORDS | REPORTING


def _dated_verbs(text: str, language: str) -> Iterator[tuple[DateFact, str]]:
    """Each day of a text with the nearest verb before it in its clause, or else behind it."""
    for clause in _pieces(text):
        flat, written = _flat(clause), " ".join(clause.lower().split())
        for date in find_dates(flat) if len(flat) == len(written) else ():
            verbs = [match for match in _forms(language).finditer(written) if _happens(match.group())]
            before = [match for match in verbs if match.end() <= date.start]
            behind = [match for match in verbs if match.start() >= date.end]
            nearest = before[-1] if before else behind[0] if behind else None
            if nearest and len(date.readings) == 1 and date.readings[0].day is not None:
                yield date.readings[0], nearest.group()


def _happens(word: str) -> bool:
    return fold_key(word) not in REPORTING | UNTIMED


@cache
def _forms(language: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{DONE_FORMS.get(language, DONE_FORMS['en'])})(?![\w-])")


def _flat(text: str) -> str:
    return " ".join(light(text).lower().split())


def _same(one: DateFact, other: DateFact) -> bool:
    years = {one.year, other.year} - {None}
    return (one.month, one.day) == (other.month, other.day) and len(years) < 2
