"""What a source leaves open (may, would, plans to, is expected), told as a fact."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shared.grounding.lexicon import AWAITED, FUTURE, HEDGES, PERFECT, REPORTING, STOP_WORDS, TO_BE, UNSETTLED
from shared.grounding.words import root, tokens
from shared.text.fold import fold_key

_CLAUSE = re.compile(r"[;:–—(),]\s|\.\s|\b(?:but|because|although|mais|aber|weil|pero|ma)\b", re.IGNORECASE)
_GERMAN_CLAUSE = re.compile(r"[;:–—()]\s|\.\s|\b(?:aber|weil|sondern|,\s(?:das|die|der|dem))\b", re.IGNORECASE)
"""Without the comma, which stands before the verb that the hedge goes with."""
_FUTURE_ENDING = {"fr": re.compile(r"r(?:a|ont)$"), "es": re.compile(r"r(?:á|án)$"), "it": re.compile(r"r(?:à|anno)$")}
_UP_TO = re.compile(r"\b(?:up to|as much as|jusqu['’]à|bis zu|hasta|fino a)\b", re.IGNORECASE)
_AIMING = frozenset({"to", "for", "pour", "für", "zur", "zum", "para", "per", "zu"})
_SKIPPED = TO_BE | {"a", "an", "the", "its", "their", "have", "une", "un", "la", "le", "die", "eine", "der"}
_COMPARING = frozenset({"than", "as", "more", "less"})
_SCOPE = 4
_HALF = 0.5
_FEW = 2
_BACK = 3


@dataclass(frozen=True, slots=True)
class Open:
    """Something that a clause leaves open: the root of its verb or noun (`heads`), and what goes with it (`scope`).
    `past_only`: only telling it as done is wrong."""

    heads: frozenset[str]
    scope: tuple[str, ...]
    clause: str
    past_only: bool


def unsettled_told_as_fact(passages: Iterable[str], sentence: str, language: str) -> Iterator[str]:
    """The clauses of `passages` that leave open what `sentence` tells as a fact, unless a passage tells it as one."""
    said = tokens(sentence)
    if {word.lower() for word in said} & _showing(language) or _UP_TO.search(sentence):
        return
    ends = _GERMAN_CLAUSE if language == "de" else _CLAUSE
    clauses = [clause for passage in passages for clause in ends.split(passage)]
    left_open = [(clause, one) for clause in clauses for one in _open(clause, language)]
    hedged = {head for _, one in left_open for head in one.heads}
    settled = _settled(clauses, [clause for clause, _ in left_open], left_open) & hedged
    for clause, one in left_open:
        if _tells(said, one, settled, language):
            yield clause.strip()[:120]


def _tells(said: Sequence[str], one: Open, settled: set[str], language: str) -> bool:
    """Whether a sentence tells as a fact what a clause leaves open."""
    roots = {root(word) for word in said}
    kept = sum(known in roots for known in one.scope)
    told = [at for at, word in enumerate(said) if root(word) in one.heads - settled]
    if not told:  # verbs of other languages change more than their endings: all the rest is told
        future = any(_in_future(word, language) for word in said)
        return language != "en" and len(one.scope) > _FEW and kept == len(one.scope) - 1 and not future
    if kept < len(one.scope) * _HALF or all(_excused(said, at, language) for at in told):
        return False
    return not one.past_only or any(_done(said, at) for at in told)


def _open(clause: str, language: str) -> Iterator[Open]:
    """What a clause leaves open."""
    words = tokens(clause)
    hedges, awaited = _known(HEDGES, language), _known(AWAITED, language)
    for at, word in enumerate(words):
        lower = word.lower()
        if (word != lower and at) or (at and words[at - 1].lower() in _COMPARING):
            continue
        after, before = words[at + 1 :], words[:at]
        if lower in hedges or lower in FUTURE:
            yield from _following(after, clause, language, past_only=lower not in hedges)
        elif lower in awaited:
            yield from _around(before, after, clause, language)


def _around(before: Sequence[str], after: Sequence[str], clause: str, language: str) -> Iterator[Open]:
    """`is expected to launch` leaves the launch open, `a launch is expected` too, and so does `the expected launch`."""
    following = after[0].lower() if after else ""
    if following in ("to", "à", "que", "zu"):
        yield from _following(after, clause, language, past_only=False)
    elif following and _telling(following) and not following.isdigit():
        yield from _following(after, clause, language, past_only=True)
    else:
        telling = [word for word in before if _telling(word)]
        heads = [word for word in telling if language == "de" or word == word.lower() or word == before[0]]
        if heads:
            scope = tuple(dict.fromkeys(root(word) for word in telling[:_SCOPE]))
            yield Open(frozenset({root(heads[0])}), scope, clause, past_only=False)


def _following(after: Sequence[str], clause: str, language: str, *, past_only: bool) -> Iterator[Open]:
    telling = [word for word in after if _telling(word)]
    heads = [word for word in telling if language == "de" or word == word.lower()]
    if heads:
        first = telling.index(heads[0])
        scope = tuple(dict.fromkeys(root(word) for word in telling[first : first + _SCOPE]))
        ends = {heads[0], heads[-1]} if language == "de" else {heads[0]}
        yield Open(frozenset(map(root, ends)), scope, clause, past_only)


def _settled(clauses: Sequence[str], hedged: Sequence[str], left_open: Sequence[tuple[str, Open]]) -> set[str]:
    """Roots that stand where nothing is left open."""
    free = {root(word) for clause in clauses if clause not in hedged for word in tokens(clause)}
    for clause in dict.fromkeys(hedged):
        heads = [head for other, one in left_open if other == clause for head in one.heads]
        roots = [root(word) for word in tokens(clause)]
        free |= {root for root in roots if roots.count(root) > max(1, heads.count(root)) or root not in heads}
    return free


def _excused(said: Sequence[str], at: int, language: str) -> bool:
    """Whether the word at `at` is told as an aim (`to submit`, `for approval`) or as future."""
    if _in_future(said[at], language):
        return True
    before = [word.lower() for word in said[:at] if fold_key(word) not in _SKIPPED]
    return bool(before) and before[-1] in _AIMING


def _in_future(word: str, language: str) -> bool:
    ending = _FUTURE_ENDING.get(language)
    return bool(ending and word == word.lower() and ending.search(word))


def _done(said: Sequence[str], at: int) -> bool:
    """Whether the word at `at` is told as done."""
    before = [word.lower() for word in said[max(0, at - _BACK) : at]]
    passive = bool(before) and before[-1] in ("is", "are", "be", "being")
    return bool(PERFECT & set(before)) or (said[at].lower().endswith("ed") and not passive)


def _known(words: dict[str, frozenset[str]], language: str) -> frozenset[str]:
    return words.get(language, words["en"])


def _showing(language: str) -> frozenset[str]:
    """Words by which a sentence shows that it tells nothing settled."""
    return UNSETTLED | _known(HEDGES, language) | _known(AWAITED, language)


def _telling(word: str) -> bool:
    return len(word) > 1 and not word.isdigit() and fold_key(word) not in STOP_WORDS | REPORTING | TO_BE
