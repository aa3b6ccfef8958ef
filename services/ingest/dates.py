"""Publication dates: reading any form of date, and a cascade that decides which of a page's dates is the article's.

Nothing is guessed: an ambiguous or missing date is None, and the item is set aside.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.contracts.items import Confidence, DatedBy, DateOrigin

ORDER: tuple[DateOrigin, ...] = ("pubmed", "json_ld", "meta", "time_element", "feed", "listing", "text", "url")
"""The cascade: an earlier origin beats a later one."""

_CONFIDENCE: dict[DateOrigin, Confidence] = {
    "pubmed": "high",
    "json_ld": "high",
    "meta": "high",
    "time_element": "medium",
    "feed": "high",
    "listing": "high",
    "text": "medium",
    "url": "low",
}
_EARLIEST = date(1990, 1, 1)

_MONTH_NAMES = (
    "january jan janvier janv januar jän januari enero ene gennaio gen janeiro",
    "february feb février fevrier févr fevr februar februari febrero febbraio fevereiro fev",
    "march mar mars märz maerz maart mrt marzo março marco",
    "april apr avril avr abril abr aprile",
    "may mai maj mei mayo maggio maio",
    "june jun juin juni junio giugno giu junho",
    "july jul juillet juil juli julio luglio lug julho",
    "august aug août aout augusti augustus agosto ago",
    "september sep sept septembre septiembre settembre set setembro",
    "october oct octobre oktober okt octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec décembre decembre déc dezember dez diciembre dic dicembre dezembro desember des",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_TIME = (
    r"(?:[\s,]*(?:at|à|kl\.?|um|t|-|–|\|)?\s*(?P<hour{n}>[01]?\d|2[0-3])[:h.](?P<minute{n}>[0-5]\d)(?::[0-5]\d)?"
    r"\s*(?P<half{n}>[ap]\.?m\b\.?)?\s*(?P<zone{n}>(?:UTC|GMT|CEST|CET|BST|EST|EDT|CST|CDT|MST|MDT|PST|PDT|ET|Z)\b"
    r"|[+-]\d\d:?\d\d)?)?"
)
_FORMS = (
    rf"(?P<month1>{_NAME})\b\.?\s*(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?\b\s*,?\s*(?P<year1>(?:19|20)\d\d)\b"
    + _TIME.replace("{n}", "1"),
    rf"(?P<day2>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s*(?:de\s+)?[-/ ]?\s*(?P<month2>{_NAME})\b\.?\s*,?[-/ ]?"
    r"(?:\s*de\s+)?\s*(?P<year2>(?:19|20)\d\d)\b" + _TIME.replace("{n}", "2"),
    r"(?P<year3>(?:19|20)\d\d)(?P<mark3>[-./])(?P<month3>\d{1,2})(?P=mark3)(?P<day3>\d{1,2})(?!\d)"
    + _TIME.replace("{n}", "3"),
    r"(?P<year4>(?:19|20)\d\d)\s*[年년]\s*(?P<month4>\d{1,2})\s*[月월]\s*(?P<day4>\d{1,2})\s*[日일]",
    r"(?P<first5>\d{1,2})(?P<mark5>[./-])(?P<second5>\d{1,2})(?P=mark5)(?P<year5>(?:19|20)\d\d)(?!\d)"
    + _TIME.replace("{n}", "5"),
)
_ANY = re.compile(r"(?<![\w/])(?:" + "|".join(f"(?:{form})" for form in _FORMS) + ")", re.IGNORECASE)
_ISO = re.compile(r"(?<!\d)(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s?(?:Z|[+-]\d\d:?\d\d)?", re.I)
_LEAD = re.compile(
    r"^\W*(?:(?:date|published|posted|publié|publication|released?|updated|submitted|press release|news|le|on|by)\b"
    r"[\s:|]*)*",
    re.IGNORECASE,
)
_OFFSETS = {
    "UTC": 0, "GMT": 0, "Z": 0, "BST": 1, "CET": 1, "CEST": 2, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_URL_DAY = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_-])")


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as its source wrote it: the calendar `day` there, and the UTC moment when a time was given."""

    day: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clue:
    """One date that something says of the article. `form` is an optional strptime form (extractors)."""

    origin: DateOrigin
    text: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class Dated:
    """An established date."""

    moment: Moment
    by: DatedBy


def parse(text: str, timezone: str = "UTC", form: str = "") -> Moment | None:
    """The date that `text` is, in any of the common forms, or None. Times without a zone are in `timezone`."""
    text = " ".join(text.split())[:120]
    if not text:
        return None
    return _by_form(text, form, timezone) or _iso(text, timezone) or _mail(text, timezone) or find(text, timezone)


def find(text: str, timezone: str = "UTC") -> Moment | None:
    """The first date within `text`, or None. A numeric date whose day and month could be swapped is no date."""
    iso = _ISO.search(text)
    if iso and (moment := _iso(iso.group(), timezone)):
        return moment
    for match in _ANY.finditer(text):
        if moment := _from_match(match, timezone):
            return moment
    return None


def find_all(text: str, timezone: str = "UTC") -> list[Moment]:
    """Every date within `text`, in order."""
    return [moment for match in _ANY.finditer(text) if (moment := _from_match(match, timezone))]


def _localised(moment: datetime, timezone: str) -> Moment | None:
    """A zoned moment belongs to the source's own calendar; a naive one is the source's local time.

    Midnight UTC is how software writes a date that has no time: it is that day, wherever the source is.
    """
    zone = ZoneInfo(timezone)
    if moment.utcoffset() == timedelta(0) and moment.time() == time(0):
        return _plausible(moment.date())
    if moment.tzinfo is None:
        return _plausible(moment.date(), moment.replace(tzinfo=zone).astimezone(UTC))
    day = moment.date() if timezone == "UTC" else moment.astimezone(zone).date()
    return _plausible(day, moment.astimezone(UTC))


def _plausible(day: date, at: datetime | None = None) -> Moment | None:
    return Moment(day, at) if day >= _EARLIEST else None


def _by_form(text: str, form: str, timezone: str) -> Moment | None:
    if not form:
        return None
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 (naive: the source's local time)
    except ValueError:
        return None
    return _localised(moment, timezone) if "%H" in form or "%I" in form else _plausible(moment.date())


def _iso(text: str, timezone: str) -> Moment | None:
    try:
        if len(text) in (8, 10):
            return _plausible(date.fromisoformat(text))
        return _localised(datetime.fromisoformat(text.replace(",", ".").replace(" +", "+")), timezone)
    except (ValueError, OverflowError):
        return None


def _mail(text: str, timezone: str) -> Moment | None:
    """RFC 822 as feeds write it. Only with a time of day: the parser is too lenient for anything else."""
    if not re.search(r"\d\d?:\d\d", text) or not re.match(r"(?:[A-Za-z]{3,9},?\s+)?\d{1,2}[ -][A-Za-z]{3}", text):
        return None
    try:
        return _localised(parsedate_to_datetime(text), timezone)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _from_match(match: re.Match[str], timezone: str) -> Moment | None:
    groups = {name: value for name, value in match.groupdict().items() if value is not None}
    number = next(name[-1] for name in groups if name.startswith("year"))
    try:
        day = _calendar_day(groups, number)
        if day is None:
            return None
        return _with_time(day, groups, number, timezone)
    except (ValueError, OverflowError):
        return None


def _calendar_day(groups: dict[str, str], number: str) -> date | None:
    year = int(groups[f"year{number}"])
    if number == "5":
        return _two_way(int(groups["first5"]), int(groups["second5"]), year, dotted=groups["mark5"] == ".")
    month = groups[f"month{number}"].lower()
    return date(year, _MONTHS[month] if month in _MONTHS else int(month), int(groups[f"day{number}"]))


def _two_way(first: int, second: int, year: int, *, dotted: bool) -> date | None:
    """Day and month in the only possible order; dots are European, day first. Otherwise nothing is guessed."""
    if dotted or first > 12 or first == second:
        return date(year, second, first)
    return date(year, first, second) if second > 12 else None


def _with_time(day: date, groups: dict[str, str], number: str, timezone: str) -> Moment | None:
    if f"hour{number}" not in groups:
        return _plausible(day)
    hour, minute = int(groups[f"hour{number}"]), int(groups[f"minute{number}"])
    half = groups.get(f"half{number}", "").lower()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    local = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 (zone follows)
    zone = groups.get(f"zone{number}", "").upper()
    offset = _offset(zone)
    if offset == timedelta(0) and local.time() == time(0):
        return _plausible(day)
    at = local.replace(tzinfo=ZoneInfo(_zone_name(zone, timezone))) if offset is None else local - offset
    return _plausible(day, at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))


def _zone_name(zone: str, timezone: str) -> str:
    return "America/New_York" if zone == "ET" else timezone


def _offset(zone: str) -> timedelta | None:
    if zone in _OFFSETS:
        return timedelta(hours=_OFFSETS[zone])
    if zone[:1] in "+-" and zone:
        sign = -1 if zone[0] == "-" else 1
        return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return None


def from_url(url: str) -> str:
    """The full day written in an address's path (/2025/12/09/…), as ISO date, or an empty string."""
    match = _URL_DAY.search(url)
    return "-".join(match.groups()) if match else ""


_AFTER_DATELINE = re.compile(r"^\s*(?:$|[–—\-:)/|.,(]|at\b|\d{1,2}[:h]|/|—)", re.IGNORECASE)
_ARTICLE_WORD = re.compile(r"(?<=[\s,])(?:le|den|the|on|il|el)\s*$", re.IGNORECASE)
_OPENING_LINES = 12


def dateline(text: str, title: str, timezone: str = "UTC") -> str:
    """The date at which the opening of a release is dated ("Paris, December 9, 2025 – …", or a line that is a date),
    as ISO date, or an empty string. Dates that the title itself names are not trusted."""
    named = {moment.day for moment in find_all(title, timezone)}
    for line in [line.strip() for line in text.splitlines() if line.strip()][:_OPENING_LINES]:
        for match in _ANY.finditer(line[:300]):
            moment = _from_match(match, timezone)
            if moment and moment.day not in named and _is_dateline(line, match):
                return moment.day.isoformat()
    return ""


def _is_dateline(line: str, match: re.Match[str]) -> bool:
    before, after = line[: match.start()], line[match.end() :]
    if not _AFTER_DATELINE.match(after):
        return False
    place = _ARTICLE_WORD.sub("", _LEAD.sub("", before)).rstrip()
    if not after.strip() and len(place.split()) <= 3:
        return True
    return not place or (place[-1] in ",–—-(/|:" and len(place) < 100 and len(place.split()) <= 10)


_DATE_WORDS = re.compile(
    r"\d+|\b[ap]\.?m\b\.?|published|posted|released?|date|news|press|publié|publicerad|veröffentlicht|written|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|time|standard|eastern|등록일|작성일|게시일|날짜|\W",
    re.IGNORECASE,
)
_ANY_MONTH = re.compile(_NAME, re.IGNORECASE)
_PLACE = 30


def date_line(line: str, timezone: str = "UTC") -> Moment | None:
    """The date of a line that holds one date and little else: a label, a weekday, a place of up to 30 letters."""
    moments = find_all(line[:200], timezone)
    if len(line) > 200 or len(moments) != 1:
        return None
    rest = _ANY_MONTH.sub("", _DATE_WORDS.sub("", line))
    return moments[0] if len(rest) <= _PLACE else None


def latest(now: datetime) -> date:
    """The last day on which something read at `now` can have been published: zones differ by a day."""
    return (now + timedelta(days=1)).date()


def establish(clues: Iterable[Clue], timezone: str, now: datetime) -> tuple[Dated | None, str]:
    """The first clue of the cascade that is a date and not in the future, and why not otherwise.

    A date more than a day after `now` is refused. Returns (date, "") or (None, reason).
    """
    refused = []
    for clue in sorted(clues, key=lambda clue: ORDER.index(clue.origin)):
        moment = _cached_parse(clue.text, timezone, clue.form)
        if moment is None:
            refused += [f"{clue.origin} {clue.text[:40]!r} is no date"] if clue.text.strip() else []
        elif moment.day > latest(now):
            refused.append(f"{clue.origin} {moment.day} lies in the future")
        else:
            return Dated(moment, DatedBy(origin=clue.origin, confidence=_CONFIDENCE[clue.origin])), ""
    return None, "; ".join(refused) or "no date in feed, listing, page, text or address"


_cached_parse = lru_cache(maxsize=4096)(parse)
