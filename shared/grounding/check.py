"""What of a sentence its source does not support."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.grounding.contraries import contrary_words, unsaid_degrees
from shared.grounding.dates import DateFact
from shared.grounding.hedges import unsettled_told_as_fact
from shared.grounding.lexicon import CURRENCIES, MONTHS
from shared.grounding.quantities import Quantity, find_quantities
from shared.grounding.roles import swapped
from shared.grounding.source import Facts, Source, facts_of, plain
from shared.grounding.timing import told_of_another_event
from shared.grounding.words import base, content_stems, guess_language, names, negated, parts, stem, tokens
from shared.text.fold import fold_key

FindingKind = Literal[
    "number",
    "date",
    "frequency",
    "name",
    "term",
    "evidence",
    "wording",
    "language",
    "negation",
    "claim",
    "hedge",
    "contrary",
    "roles",
    "degree",
]

MIN_SUPPORTED = 0.6
"""Least share of a sentence's content words, names apart, that the source must hold: a paraphrase keeps most of them,
an invention does not (tuned on the tests' own examples)."""

MIN_OVERLAP = 0.3
"""Least share of a sentence's content words that its evidence and the title must hold."""

DENIED = 2 / 3
"""Share of a denied clause's content words from which a sentence that denies nothing asserts the contrary."""

_NAMED_KINDS = ("company", "molecule", "trademark")
_NAME_LENGTH = 7
_NOUN = re.compile(r"^[A-Z][a-z]+(?:[st]ion|ment|ing|ance|ence)s?$")
"""A noun made of a verb, which opens a sentence with a capital though the source has the verb."""
_CLAUSE = re.compile(r"[;:–—]|,\s|\.\s|\b(?:but|without|who|whose|sans|ohne|sin|senza|utan)\b", re.IGNORECASE)
_NOT = re.compile(r"\b\w+n['’]t\b", re.IGNORECASE)
_NOT_ONLY = re.compile(
    r"\b(?:not (?:only|just)|non (?:seulement|solo)|pas seulement|nicht nur|no s[oó]lo|inte bara|niet alleen)\b",
    re.IGNORECASE,
)


class Term(NamedTuple):
    """A canonical term in a text: its kind, the text's own wording, and what of the same meaning a source may have in
    its place."""

    kind: str
    wording: str
    meanings: frozenset[str]


def _no_terms(_: str) -> frozenset[Term]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a configuration knows of words. `announced` and `told` name kinds of event by their wording: those that a
    sentence announces, and those that a source tells of; a sentence may announce none that its source does not tell.
    `terms` finds the canonical terms of a text, `endings` are the folded endings that names of substances share: in
    lower case, only these two tell a name from a word."""

    announced: Callable[[str], frozenset[str]]
    told: Callable[[str], frozenset[str]]
    terms: Callable[[str], frozenset[Term]] = _no_terms
    endings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a text says and its source does not. `detail` names it, for the model and for reports."""

    kind: FindingKind
    detail: str


def sentence_findings(
    source: Source, text: str, evidence: str | None = None, vocabulary: Vocabulary | None = None
) -> tuple[Finding, ...]:
    """Everything in `text` that `source` does not support; empty when it is grounded.

    `evidence`, when given, must be a passage of the source; numbers must then stand in it, in the title, or be dates.
    """
    if not content_stems(text):
        return (Finding("wording", "a sentence without content"),)
    findings = [
        *_fact_findings(source, text, evidence),
        *_name_findings(source, text),
        *_wording_findings(source, text, evidence),
    ]
    if not source.says(text):
        findings += [*_hedge_findings(source, text, evidence), *_sense_findings(source, text, evidence)]
    if vocabulary:
        announced = vocabulary.announced(text)
        findings += [Finding("claim", kind) for kind in sorted(announced and announced - vocabulary.told(source.full))]
        findings += _term_findings(source, text, vocabulary)
    return tuple(findings)


def figure_findings(source: Source, value: str, evidence: str, label: str = "") -> tuple[Finding, ...]:
    """What `source` does not support of a key figure: its value must be a number that stands in the evidence, and what
    its `label` names or counts must stand in the source."""
    facts = facts_of(value, source.language)
    if not facts.quantities and not facts.dates:
        return (Finding("number", f"{value!r} holds no number"),)
    labelled = (*_fact_findings(source, label, None), *_name_findings(source, label))
    return (*_fact_findings(source, value, evidence), *_name_findings(source, value), *labelled)


def _fact_findings(source: Source, text: str, evidence: str | None) -> Iterator[Finding]:
    scope = source
    if evidence is not None:
        passage = source.supporting(evidence)
        if passage is None:
            yield Finding("evidence", f"not a passage of the source: {evidence[:120]!r}")
        else:
            scope = Source(source.title, passage, language=source.language, published=source.published)
    facts = facts_of(text, source.language)
    yield from (
        Finding("date", _spelled(found.readings[0]))
        for found in facts.dates
        if not any(_dated(scope, source, reading) for reading in found.readings)
    )
    told = told_of_another_event(source.told, text, source.spoken or source.language, except_days=source.announced)
    yield from (Finding("date", f"the source does not tie this day to {verb!r}") for verb in told)
    yield from _number_findings(scope, source, facts, text)
    yield from (Finding("frequency", one) for one in sorted(facts.frequencies - source.frequencies))


def _number_findings(scope: Source, source: Source, facts: Facts, text: str) -> Iterator[Finding]:
    unsupported = [one for one in facts.quantities if not _counted(scope, source, one)]
    if unsupported:
        apart = facts_of(text, source.language, split=True).quantities
        english = facts_of(text, "en").quantities
        if all(_counted(scope, source, one) for one in apart) or all(_counted(scope, source, one) for one in english):
            return
    yield from (Finding("number", one.text) for one in unsupported)


def _counted(scope: Source, source: Source, claim: Quantity) -> bool:
    years = scope.years | {date.year for date in source.announced}
    if claim.unit == "" and int(claim.value) in years and claim.value == int(claim.value):
        return True
    return any(quantity.supports(claim) for quantity in scope.quantities)


def _dated(scope: Source, source: Source, claim: DateFact) -> bool:
    return any(date.covers(claim, source.published_year) for date in (*scope.dates, *source.announced))


def _spelled(date: DateFact) -> str:
    return "-".join(str(part) for part in (date.year, date.month, date.day) if part is not None)


def _name_findings(source: Source, text: str) -> Iterator[Finding]:
    dated = bool(facts_of(text, source.language).dates)
    opening = next(iter(tokens(text)), "")
    for name in dict.fromkeys(names(text)):
        if name == opening and _NOUN.search(name) and stem(name) in source.lower_stems:
            continue
        if not (dated and fold_key(name).rstrip(".") in MONTHS) and not _named(source, name):
            yield Finding("name", name)


def _term_findings(source: Source, text: str, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Names that a capital does not show: canonical terms, and words that end as names of substances do."""
    strange = sorted(
        {term for term in vocabulary.terms(text) if not _worded(source, term)}, key=lambda one: one.wording
    )
    known = {one for term in vocabulary.terms(source.full) for one in term.meanings} if strange else set()
    for term in strange:
        if not term.meanings & known:
            yield Finding("name" if term.kind in _NAMED_KINDS else "term", term.wording)
    for word in tokens(text) if vocabulary.endings else ():
        if len(word) >= _NAME_LENGTH and base(word).endswith(vocabulary.endings) and not _named(source, word):
            yield Finding("name", word)


def _worded(source: Source, term: Term) -> bool:
    """Whether the source has a term's words, of a name all, of other terms half."""
    pieces = [piece for word in tokens(term.wording) for piece in parts(word)]
    found = sum(stem(piece) in source.stems or base(piece) in source.words for piece in pieces)
    return found == len(pieces) if term.kind in _NAMED_KINDS else found * 2 >= len(pieces)


def _named(source: Source, name: str) -> bool:
    if base(name) in source.words or _is_number(name, source.language):
        return True
    pieces = parts(name)
    return len(pieces) > 1 and all(base(piece) in source.words for piece in pieces)


def _is_number(name: str, language: str) -> bool:
    """Whether a word such as "Q4", "110M" or "EUR" is a number's matter, or part of one."""
    whole = plain(name)
    return whole in CURRENCIES or any(one.text == whole for one in find_quantities(whole, language))


def _wording_findings(source: Source, text: str, evidence: str | None) -> Iterator[Finding]:
    proper = {stem(piece) for name in names(text) for piece in (name, *parts(name))}
    stems = [one for one in content_stems(text) if one not in proper]
    missing = [one for one in stems if one not in source.stems and one not in source.words]
    spoken = guess_language(text)
    if spoken and source.spoken and spoken != source.spoken:
        yield Finding("language", f"written in {spoken}, the source is in {source.spoken}")
    if len(missing) > len(stems) * (1 - MIN_SUPPORTED):
        yield Finding("wording", f"words that the source does not use: {', '.join(dict.fromkeys(missing))}")
    if evidence is not None:
        passage = set(content_stems(f"{source.title} {evidence}"))
        if sum(one in passage for one in content_stems(text)) < len(content_stems(text)) * MIN_OVERLAP:
            yield Finding("evidence", "the passage is about something else")
    if negated(text) and not negated(source.full):
        yield Finding("negation", "the source denies nothing")
    elif evidence is not None and not negated(text):
        said = set(content_stems(text))
        yield from (Finding("negation", f"denied: {clause}") for clause in _denied(source, evidence, said))


def _hedge_findings(source: Source, text: str, evidence: str | None) -> Iterator[Finding]:
    """Without evidence every sentence of the source may be the one that is told."""
    passages = source.sentences if evidence is None else (source.title, source.supporting(evidence) or "")
    language = source.spoken or source.language
    yield from (Finding("hedge", f"left open: {one}") for one in unsettled_told_as_fact(passages, text, language))


def _sense_findings(source: Source, text: str, evidence: str | None) -> Iterator[Finding]:
    """The same words to another effect: contraries, parties exchanged, rank and praise."""
    passages = source.sentences if evidence is None else (source.title, source.supporting(evidence) or "")
    yield from (Finding("contrary", one) for one in contrary_words(" ".join(passages), text))
    yield from (Finding("roles", f"the other way round: {verb}") for verb in swapped(passages, text))
    yield from (Finding("degree", one) for one in unsaid_degrees(source.full, text))


def _denied(source: Source, evidence: str, said: set[str]) -> Iterator[str]:
    """Clauses that the evidence's own sentences deny, and that `said` (content stems) repeats."""
    for clause in _CLAUSE.split(_NOT_ONLY.sub(" ", source.supporting(evidence) or "")):
        stems = content_stems(_NOT.sub(" ", clause))
        if negated(clause) and len(stems) > 1 and sum(one in said for one in stems) >= len(stems) * DENIED:
            yield clause.strip()[:120]
