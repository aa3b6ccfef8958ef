"""Who does it to whom: the same verb between the same two names, the other way round."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shared.grounding.lexicon import AGENTS, REPORTING, STOP_WORDS
from shared.grounding.words import base, is_name, root, tokens
from shared.text.fold import fold_key

_BETWEEN = frozenset({"the", "a", "an", "le", "la", "der", "die", "el", "il", "both", "all", "its"})


@dataclass(frozen=True, slots=True)
class _Deed:
    """`agent` and `patient` are the words of a name each."""

    verb: str
    agent: frozenset[str]
    patient: frozenset[str]

    def contrary(self, other: "_Deed") -> bool:
        return self.verb == other.verb and bool(self.agent & other.patient and self.patient & other.agent)

    def same(self, other: "_Deed") -> bool:
        return self.verb == other.verb and bool(self.agent & other.agent and self.patient & other.patient)


def swapped(passages: Iterable[str], sentence: str) -> Iterator[str]:
    """The verbs for which `sentence` has two names the other way round than `passages` have them."""
    told = list(_deeds(sentence))
    if told:
        known = [deed for passage in passages for deed in _deeds(passage)]
        for deed in told:
            if any(deed.contrary(other) for other in known) and not any(deed.same(other) for other in known):
                yield deed.verb


def _deeds(text: str) -> Iterator[_Deed]:
    """`A acquires B`, `B was acquired by A`: a verb right between two names, auxiliaries and articles apart."""
    words = tokens(text)
    for at, word in enumerate(words):
        if word != word.lower() or word[0].isdigit() or fold_key(word) in STOP_WORDS | REPORTING:
            continue
        left = _name(list(reversed(words[:at])), reverse=True)
        after = words[at + 1 :]
        passive = bool(after) and fold_key(after[0]) in AGENTS
        right = _name(after[1:] if passive else after)
        if left and right and not left & right:
            yield _Deed(root(word), *((right, left) if passive else (left, right)))


def _name(words: Sequence[str], *, reverse: bool = False) -> frozenset[str]:
    """The words of the name with which `words` begin, behind articles and, in reverse, auxiliaries."""
    skipped = STOP_WORDS if reverse else _BETWEEN
    found: list[str] = []
    for word in words:
        if is_name(word) and not (reverse and word.endswith(("'s", "’s"))):
            found.append(base(word))
        elif found or fold_key(word) not in skipped or fold_key(word) in ("and", "of", "with", "et", "und", "y", "by"):
            break
    return frozenset(found)
