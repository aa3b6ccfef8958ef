"""A source text, prepared once for many questions about it."""

import re
from dataclasses import dataclass
from functools import cached_property

from shared.grounding.dates import DateFact, FoundDate, find_dates
from shared.grounding.quantities import Quantity, find_frequencies, find_quantities
from shared.grounding.sentences import split_sentences
from shared.grounding.words import acronyms, base, content_stems, guess_language, parts, stem, tokens
from shared.text.fold import fold, fold_key, light
from shared.text.scripts import after, before, free

_SHORT_NAME = 4
_MIN_QUOTE = 3
_DATELINE = 120
_DATELINE_END = re.compile(r"\s[–—-]+\s|--|:\s|\s/|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a name stands in the source: its own wording and offsets into `Source.full`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Dates, numbers and frequencies of a text."""

    dates: tuple[FoundDate, ...]
    quantities: tuple[Quantity, ...]
    frequencies: frozenset[str]
    rest: str


def plain(text: str) -> str:
    """Lower case, accents removed, dashes and quotes made plain, white space single; length may change."""
    return " ".join(light(text).lower().split())


def facts_of(text: str, language: str, *, split: bool = False) -> Facts:
    """The checkable facts of `text`; `rest` is what is left of its folded form without the dates."""
    folded = plain(text)
    dates = tuple(find_dates(folded))
    for date in reversed(dates):
        folded = f"{folded[: date.start]} {folded[date.end :]}"
    quantities = tuple(find_quantities(folded, language, split=split))
    return Facts(dates, quantities, frozenset(find_frequencies(folded)), folded)


class Source:
    """`title` and `text` as read; `published` (YYYY-MM-DD) counts as a date that the source gives.

    `language` (ISO 639-1) decides how its numbers are read.
    """

    def __init__(self, title: str, text: str, *, language: str = "en", published: str | None = None) -> None:
        self.title, self.text, self.language = title, text, language[:2].lower()
        self.published = published
        self.full = f"{title}\n\n{text}"
        self._folded = fold(self.full)

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Title and sentences, in order."""
        return tuple(split_sentences(self.full))

    def says(self, sentence: str) -> bool:
        """Whether `sentence` is a whole sentence of the source, its own words and no others."""
        return _bare(sentence) in self._said

    @cached_property
    def _said(self) -> frozenset[str]:
        return frozenset(map(_bare, self.sentences))

    @cached_property
    def told(self) -> tuple[str, ...]:
        """The text's sentences, without the title."""
        return tuple(split_sentences(self.text))

    @cached_property
    def announced(self) -> tuple[DateFact, ...]:
        """The day of publication, and the days of the text's dateline: when it was told, whatever it tells."""
        head = _DATELINE_END.split(self.text[:_DATELINE], maxsplit=1)
        line = (date for date in find_dates(plain(head[0])) if len(head) > 1 or self._opens_with(date))
        days = (reading for date in line for reading in date.readings)
        return (*days, *([self._published_fact] if self._published_fact else ()))

    def _opens_with(self, date: FoundDate) -> bool:
        """Whether nothing but places stands before a date of the text."""
        before = " ".join(self.text.split())[: date.start]
        return not any(word[0].islower() for word in tokens(before))

    @cached_property
    def dates(self) -> tuple[DateFact, ...]:
        found = [reading for date in self._facts[0].dates for reading in date.readings]
        return (*found, *([self._published_fact] if self._published_fact else ()))

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        return tuple(quantity for facts in self._facts for quantity in facts.quantities)

    @cached_property
    def years(self) -> frozenset[int]:
        """Years of the source's dates; plain years are quantities."""
        return frozenset(date.year for date in self.dates if date.year)

    @cached_property
    def frequencies(self) -> frozenset[str]:
        return self._facts[0].frequencies

    @cached_property
    def words(self) -> frozenset[str]:
        """Bases of all words and of the pieces of hyphenated ones, and the initials of its capitalised runs."""
        whole = tokens(self.full)
        pieces = (piece for word in whole for piece in parts(word))
        return frozenset([*map(base, whole), *map(base, pieces), *acronyms(self.full)])

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(content_stems(self.full))

    @cached_property
    def lower_stems(self) -> frozenset[str]:
        """Stems of the words written in lower case: those that are no names."""
        return frozenset(stem(word) for word in tokens(self.full) if word == word.lower())

    @cached_property
    def spoken(self) -> str | None:
        """The language that its function words show, where they show one."""
        return guess_language(self.full)

    @property
    def published_year(self) -> int | None:
        return self._published_fact.year if self._published_fact else None

    @cached_property
    def _published_fact(self) -> DateFact | None:
        if not self.published:
            return None
        year, month, day = (int(part) for part in self.published.split("-"))
        return DateFact(year, month, day)

    @cached_property
    def _facts(self) -> tuple[Facts, Facts]:
        return facts_of(self.full, self.language), facts_of(self.full, self.language, split=True)

    def find(self, name: str) -> Mention | None:
        """The first place where `name` stands as a word: any case, hyphens or spaces, plural or possessive.

        An upper-case name of up to four letters keeps its case.
        """
        pattern = _name_pattern(name)
        for match in pattern.finditer(self._folded.text) if pattern else ():
            span = self._folded.span(*match.span(1))
            if span is None:
                continue
            mention = Mention(self.full[slice(*span)], *span)
            if not _acronym(name) or name.strip() in mention.text:
                return mention
        return None

    def quote(self, passage: str) -> str | None:
        """The source's own wording of `passage`, or None where it is not there (white space, case and typography may
        differ)."""
        key = fold_key(passage.strip().strip(".…\"'“”‘’«» ").strip()).replace("\n", " ")
        if len(key) < _MIN_QUOTE:
            return None
        text = self._folded.text.replace("\n", " ")
        at = _word_index(text, key)
        span = self._folded.span(at, at + len(key)) if at >= 0 else None
        return " ".join(self.full[slice(*span)].split()) if span else None

    def supporting(self, passage: str) -> str | None:
        """The whole sentences of the source that hold `passage`, or None where it is not there."""
        quoted = self.quote(passage)
        if quoted is None:
            return None
        holding = [sentence for sentence in self.sentences if quoted in sentence]
        return holding[0] if holding else quoted


def _word_index(text: str, key: str) -> int:
    """Where `key` stands in `text` on word boundaries, or -1."""
    at = text.find(key)
    while at >= 0:
        end = at + len(key)
        inside = (at and text[at - 1].isalnum() and key[0].isalnum() and not free(key[0])) or (
            end < len(text) and text[end].isalnum() and key[-1].isalnum() and not free(key[-1])
        )
        if not inside:
            return at
        at = text.find(key, at + 1)
    return -1


def _bare(sentence: str) -> str:
    return fold_key(sentence).strip(" .")


def _acronym(name: str) -> bool:
    return len(name.strip()) <= _SHORT_NAME and name.isupper()


def _name_pattern(name: str) -> re.Pattern[str] | None:
    words = fold_key(name).split()
    if not words or not any(char.isalnum() for char in name):
        return None
    last = base(words[-1]) if len(words[-1]) > _SHORT_NAME else words[-1]
    body = "[ ]?".join(map(re.escape, [*words[:-1], last]))
    return re.compile(rf"{before(words[0])}({body}(?:s|es)?)(?:'s|')?{after(last)}")
