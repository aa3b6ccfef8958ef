"""What the matcher looks for: every word of a term or literal once, with all that it may mean."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick

from shared.text.hits import Subject
from shared.text.tables import PALETTE

Spelling = str | bytes


class Rule(NamedTuple):
    """What a term asks for, and what a hit of it reports. `exact`: the term with its case, when that counts; `requires`
    and `excludes`: folded spellings; `conditional`: it has some."""

    subject: Subject
    exact: str
    requires: frozenset[str]
    excludes: frozenset[str]
    conditional: bool


class Anchor(NamedTuple):
    """A literal of a regular expression: a match begins `low` to `high` characters before it."""

    regex: int
    low: int
    high: int


class Key(NamedTuple):
    """Everything that one folded spelling of `size` characters stands for. `trail`: 1 when a word's end must follow.
    `text`: the spelling, when it holds more than letters and digits. `context`: the spelling, when a context rule names
    it. `short`: the rule about broken words applies."""

    size: int
    trail: int
    text: Spelling
    short: bool
    context: str
    rules: tuple[Rule, ...]
    anchors: tuple[Anchor, ...]

    def plain(self) -> bool:
        """Whether it stands for rules alone that ask for no case and no context."""
        asks = self.context or self.anchors or any(rule.exact or rule.conditional for rule in self.rules)
        return bool(self.rules) and not asks


Target = tuple[Subject | None, Spelling, bool, tuple[Any, ...]]
"""What a word stands for: where one plain key stands between spaces, a subject, its `text` and `short`, and any further
subjects; else no subject but the keys. A plain tuple, because it unpacks faster."""
Match = tuple[int, int, int]
"""The number of a word's target, and where it begins and ends."""


class Words:
    """Words to be found in texts of their own type. `find(text, True)` gives all of them in the order of their ends."""

    def __init__(self, targets: Mapping[Any, Target], automaton: Any) -> None:
        self.targets = list(targets.values())
        self.find: Callable[[Spelling, bool], Sequence[Match]] = _nothing
        if targets:
            self.find = automaton(targets).find_matches_as_indexes


class Index:
    """Every word with its keys."""

    def __init__(self, keys: Mapping[str, Sequence[Key]]) -> None:
        self._keys = keys
        encoded = ((PALETTE.encode(word), found) for word, found in keys.items())
        spelled = {word: _in_bytes(found) for word, found in encoded if word is not None}
        self._bytes = Words({word: _target(word, found) for word, found in spelled.items() if found}, BytesAhoCorasick)

    def of(self, text: Spelling) -> Words:
        """The words for a text: those that the palette (`shared.text.tables`) can spell if it is bytes, else all."""
        return self._bytes if isinstance(text, bytes) else self._characters

    @cached_property
    def _characters(self) -> Words:
        """Made on use: few texts need it."""
        return Words({word: _target(word, found) for word, found in self._keys.items()}, AhoCorasick)


def _nothing(text: Spelling, overlapping: bool) -> Sequence[Match]:  # noqa: ARG001 (as the automaton's own)
    return ()


def _in_bytes(keys: Sequence[Key]) -> list[Key]:
    """Those of `keys` that a text of bytes can hold."""
    encoded = ((key, PALETTE.encode(str(key.text))) for key in keys)
    return [key._replace(text=text) for key, text in encoded if text is not None]


def _target(word: Spelling, keys: Sequence[Key]) -> Target:
    first = keys[0]
    if len(keys) == 1 and first.plain() and first.trail and len(word) == first.size + 2:
        subject, *others = (rule.subject for rule in first.rules)
        return subject, first.text, first.short, tuple(others)
    return None, "", False, tuple(keys)
