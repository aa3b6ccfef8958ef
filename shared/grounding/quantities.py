"""Numbers in a text with their units: 1,000 = 1.000 = 1 000 = one thousand; $110M = 110 million dollars."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from shared.grounding.lexicon import CURRENCIES, DECIMAL_COMMA, FREQUENCIES, NUMBER_WORDS, SCALES, UNITS


def _any_of(words: object) -> str:
    return "|".join(sorted((re.escape(str(w)) for w in words), key=len, reverse=True))  # type: ignore[attr-defined]


_CURRENCY = _any_of(CURRENCIES)
_UNIT = _any_of(UNITS)
_LONG_SCALE = _any_of(word for word in SCALES if len(word) > 2 or word in ("mn", "bn"))
_SHORT_SCALE = _any_of(word for word in SCALES if len(word) <= 2)
_ALL_WORDS = sorted({word for words in NUMBER_WORDS.values() for word in words}, key=len, reverse=True)
_DIGITS = r"\d{1,3}(?:[ '\u2019]\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_SPLIT_DIGITS = r"\d+(?:[.,]\d+)*"


@cache
def _pattern(digits: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.,])(?<![^\W\d_]-)(?:(?P<label>phase|type|stage|grade|part)[ -]?)?"
        rf"(?P<before>(?:{_CURRENCY})(?![a-z]) ?)?"
        rf"(?:(?P<digits>{digits})(?P<ordinal>st|nd|rd|th)?"
        rf"|(?P<word>(?:{'|'.join(_ALL_WORDS)})(?:-(?:{'|'.join(_ALL_WORDS)}))?)(?!\w))"
        rf"(?:(?P<glued>{_SHORT_SCALE})(?![\w])|[ -]?(?P<scale>{_LONG_SCALE})(?!\w))?"
        rf"(?:[ -]?(?P<after>{_CURRENCY})(?!\w))?"
        rf"(?:[ -]?(?P<unit>{_UNIT})(?!\w))?(?P<rest>[^\W\d_]*)"
    )


_RANGE = re.compile(r"\s?(?:-|to|and|or|bis|a|et|y|e)\s?")
_EVERY = re.compile(rf"(?:every|once a|once per|per|each|once every)[ -](?P<unit>{_any_of(UNITS)}|quarter)(?!\w)")
_PERIODIC = re.compile(rf"(?<!\w)(?:{_any_of(FREQUENCIES)})(?!\w)")
_PERIODS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_QUARTER = re.compile(
    r"(?<!\w)(?:(?P<nth>first|second|third|fourth|[1-4](?:st|nd|rd|th))[ -](?P<what>quarter|half)"
    r"|(?P<code>[qht])(?P<number>[1-4]))(?!\w)"
)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_LABELLED_ROMAN = re.compile(
    r"(?<!\w)(?P<label>phase|type|stage|grade|part)[ -](?P<roman>iii|ii|iv|i|v)(?P<tail>[ab]?)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its unit ("" for none): "%", a currency, a measure, or a label such as "phase"."""

    value: Decimal
    unit: str
    text: str

    def supports(self, claim: "Quantity") -> bool:
        """Same value, and the same unit where the claim names one."""
        return self.value == claim.value and claim.unit in ("", self.unit)


def find_quantities(folded: str, language: str, *, split: bool = False) -> list[Quantity]:
    """The numbers of a folded text (hyphens kept). `split` reads "3 100" as two numbers rather than as 3100."""
    found: list[Quantity] = []
    previous_end, previous_plain = -1, False
    for match in _pattern(_SPLIT_DIGITS if split else _DIGITS).finditer(folded):
        quantity = _quantity(match, language)
        if quantity is None:
            continue
        if previous_plain and quantity.unit and _RANGE.fullmatch(folded[previous_end : match.start()]):
            found.append(_of_range(found[-1], quantity, match))
        found.append(quantity)
        previous_end, previous_plain = match.end(), not quantity.unit
    return [*found, *_roman(folded), *_quarters(folded)]


def find_frequencies(folded: str) -> set[str]:
    """How often things happen: "monthly" and "every month" are both "month"."""
    words = {FREQUENCIES[match.group()] for match in _PERIODIC.finditer(folded)}
    return words | {UNITS.get(match["unit"], match["unit"]) for match in _EVERY.finditer(folded)}


def _quantity(match: re.Match[str], language: str) -> Quantity | None:
    rest = match["rest"]
    if rest and not match["unit"] and not match["after"] and not match["scale"]:
        return None  # a code such as "1b" or "3d": names take care of it
    value = _digits(match["digits"], language) if match["digits"] else _word(match["word"], language)
    if value is None:
        return None
    scale = _scale(match)
    return Quantity(value * scale, _unit(match), match.group().strip())


def _scale(match: re.Match[str]) -> int:
    scale = SCALES[match["scale"] or match["glued"]] if match["scale"] or match["glued"] else 1
    currency = (match["before"] or match["after"] or "").strip()
    return scale * {"msek": 10**6, "tsek": 10**3}.get(currency, 1)


def _unit(match: re.Match[str]) -> str:
    currency = (match["before"] or match["after"] or "").strip()
    if currency:
        return CURRENCIES[currency]
    if match["unit"]:
        return UNITS[match["unit"]]
    if match["label"]:
        return match["label"]
    return "th" if match["ordinal"] else ""


def _digits(text: str, language: str) -> Decimal | None:
    """Read a number as written in `language`. Groups of three after a separator that repeats, or that end in 000,
    are thousands in every language; otherwise the language's decimal sign decides."""
    bare = re.sub(r"[ '\u2019]", "", text)
    marks = [char for char in bare if char in ".,"]
    if not marks:
        return Decimal(bare)
    decimal_mark = _decimal_mark(bare, marks, language)
    digits = "".join("." if char == decimal_mark else char for char in bare if char.isdigit() or char == decimal_mark)
    return Decimal(digits) if digits.count(".") <= 1 else None


def _decimal_mark(bare: str, marks: list[str], language: str) -> str:
    """Which separator of `bare` starts the decimals; "" when none does."""
    last, tail = marks[-1], bare.rpartition(marks[-1])[2]
    if len(set(marks)) == 2:
        return last
    if len(marks) > 1:
        return ""
    head = bare.partition(last)[0]
    if len(tail) != 3 or len(head) > 3 or head.startswith("0"):
        return last
    if tail == "000":
        return ""
    return last if last == ("," if language in DECIMAL_COMMA else ".") else ""


def _word(text: str, language: str) -> Decimal | None:
    words = NUMBER_WORDS["en"] | NUMBER_WORDS.get(language, {})
    parts = text.split("-")
    if any(part not in words for part in parts):
        return None
    return Decimal(sum(words[part] for part in parts))


def _of_range(first: Quantity, last: Quantity, match: re.Match[str]) -> Quantity:
    """In "10-20 %" or "5 to 7 million dollars" the first number has the last one's unit and scale too."""
    return Quantity(first.value * _scale(match), last.unit, first.text)


def _roman(folded: str) -> Iterator[Quantity]:
    for match in _LABELLED_ROMAN.finditer(folded):
        if not match["tail"]:
            yield Quantity(Decimal(_ROMAN[match["roman"]]), match["label"], match.group())


def _quarters(folded: str) -> Iterator[Quantity]:
    for match in _QUARTER.finditer(folded):
        code = match["code"] or {"quarter": "q", "half": "h"}[match["what"]]
        number = int(match["number"] or _PERIODS[match["nth"]])
        yield Quantity(Decimal(number), "q" if code == "t" else code, match.group())
