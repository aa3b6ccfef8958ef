"""Calendar dates in a text, as far as it gives them: year, month and day, each possibly absent."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.grounding.lexicon import MONTHS

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = r"(?P<{0}>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er|\.)?"
_YEAR = r"(?P<{0}>(?:19|20)\d\d)"
_PATTERNS = (
    re.compile(rf"\b{_YEAR.format('y')}-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(
        rf"\b{_DAY.format('d')} ?(?:of |de )?(?P<name>{_MONTH})\b\.?(?:(?:,| de| del)? ?{_YEAR.format('y')}\b)?"
    ),
    re.compile(rf"\b(?P<name>{_MONTH})\b\.? ?{_DAY.format('d')}(?![\d%.,]?\d)\b(?:(?:,| ,) ?{_YEAR.format('y')}\b)?"),
    re.compile(rf"\b(?P<name>{_MONTH})\b\.?,? (?:of |de |del )?{_YEAR.format('y')}\b"),
    re.compile(
        rf"\b(?:in|of|by|since|until|till|from|to|through|late|early|mid|during|en|im|de|nel|a|fin|ende)"
        rf"[ -](?P<name>{_MONTH})\b"
    ),
)
_NUMERIC = re.compile(rf"\b(?P<a>\d{{1,2}})([./])(?P<b>\d{{1,2}})\2{_YEAR.format('y')}\b")


@dataclass(frozen=True, slots=True)
class DateFact:
    """What a text says of a date; absent parts are None."""

    year: int | None
    month: int
    day: int | None

    def covers(self, claim: "DateFact", assumed_year: int | None) -> bool:
        """Whether this date supports every part of `claim`; `assumed_year` stands in for a year not written here."""
        year = self.year if self.year is not None else assumed_year
        return (
            claim.month == self.month
            and (claim.day is None or claim.day == self.day)
            and (claim.year is None or claim.year == year)
        )


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date at [start, end) of a folded text; more than one reading where the order of day and month is open."""

    readings: tuple[DateFact, ...]
    start: int
    end: int


def find_dates(folded: str) -> list[FoundDate]:
    """The dates in a folded text (`shared.text.fold`, hyphens kept), in order, without overlaps."""
    found = [*_numeric(folded), *(_named(match) for pattern in _PATTERNS for match in pattern.finditer(folded))]
    kept: list[FoundDate] = []
    for date in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if all(date.end <= other.start or other.end <= date.start for other in kept):
            kept.append(date)
    return sorted(kept, key=lambda one: one.start)


def _numeric(folded: str) -> Iterable[FoundDate]:
    for match in _NUMERIC.finditer(folded):
        first, second, year = int(match["a"]), int(match["b"]), int(match["y"])
        pairs = {(month, day) for day, month in ((first, second), (second, first)) if month <= 12 and day <= 31}
        if pairs:
            yield FoundDate(tuple(DateFact(year, *pair) for pair in sorted(pairs)), match.start(), match.end())


def _named(match: re.Match[str]) -> FoundDate:
    parts = match.groupdict()
    month = MONTHS[parts["name"]] if "name" in parts else int(parts["m"])
    year, day = parts.get("y"), parts.get("d")
    fact = DateFact(int(year) if year else None, month, int(day) if day else None)
    return FoundDate((fact,), match.start(), match.end())
