"""Trying a source that no catalogue has: is it a feed or a listing, does it have titles, dates and articles."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from textwrap import fill, shorten
from typing import Any
from urllib.parse import urlsplit

import yaml

from services.ingest import reading
from services.ingest.dates import parse
from services.ingest.fetch import Fetcher, FetchError, Gets, OutOfTimeError, Page
from services.ingest.filtering import link_titles
from services.ingest.gateway import open_gateway
from services.ingest.listings import Polled, poll
from services.ingest.plan import candidates
from services.ingest.sources.base import ReadingContext
from shared.config.rules import Source
from shared.config.tree import ConfigTree
from shared.errors import InputError
from shared.storage.sources import Entry, Health

_TYPE = "press_corporate"
_AGENT = "VectoraInbox/1.0 (+https://example.org/vectora-inbox)"
_SECONDS = 60.0
_ARTICLES = 3
_DAYS = 365


@dataclass(frozen=True, slots=True)
class Article:
    """One article of the trial: its day or why there is none, and how much text was read."""

    title: str
    day: str
    characters: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a source gave: as a feed, else as a listing page. `ended`: the trial's time was over before all was read."""

    polled: Polled
    articles: tuple[Article, ...]
    ended: bool = False

    @property
    def works(self) -> bool:
        return bool(self.polled.entries) and (self.polled.report.status != "failed" or self.ended)


class _Timed:
    """A web to which the end of the trial is an error of the page asked for: what was read before it is told."""

    def __init__(self, web: Gets) -> None:
        self._web, self.ended = web, False

    @property
    def ends_at(self) -> float:
        return self._web.ends_at

    def get(self, url: str, limit: int, **conditions: Any) -> Page:
        try:
            return self._web.get(url, limit, **conditions)
        except OutOfTimeError as error:
            self.ended = True
            raise FetchError(f"not read within the trial's {_SECONDS:.0f} s") from error


def try_source(url: str, tree: ConfigTree, gateway: str = "", fetch: Gets | None = None) -> Trial:
    """Poll `url` as a feed and then as a listing, and read its first articles. Nothing is stored.

    `gateway` is an origin through which addresses are fetched, or empty. Raises InputError for an unusable gateway,
    and where no profile fits.
    """
    web = _Timed(fetch or Fetcher(_AGENT, open_gateway(gateway, local=True), ends_at=time.monotonic() + _SECONDS))
    now = datetime.now(UTC)
    is_link = link_titles(tree)
    context = ReadingContext((now - timedelta(days=_DAYS)).date(), now.date(), is_link)
    profile = _profile(tree)
    polled = _poll(_source(url, "rss", profile), web, context, now)
    if not polled.entries and not web.ended:
        polled = _poll(_source(url, "html", profile), web, context, now)
    first = [entry for entry in polled.entries if entry.url and not is_link(entry.title)][:_ARTICLES]
    return Trial(polled, tuple(_articles_of(polled.source, first, web, now)), web.ended)


def _poll(source: Source, web: Gets, context: ReadingContext, now: datetime) -> Polled:
    return poll(source, web, context, None, Health(), now, now)


def _profile(tree: ConfigTree) -> str:
    """The profile to begin with: the first for a company's own news that asks for signals, else the first for it."""
    fit = {name: one for name, one in tree.profiles.items() if _TYPE in one.source_types}
    if not fit:
        raise InputError(f"canonical/ingestion_profiles.yaml has no profile for source type {_TYPE!r}; add one first")
    return next(
        (name for name, one in fit.items() if one.signal_requirements.mode == "require_signals"), next(iter(fit))
    )


def _source(url: str, mode: str, profile: str) -> Source:
    host = (urlsplit(url).hostname or "source").removeprefix("www.")
    key = re.sub(r"\W+", "_", host.rsplit(".", 1)[0]).strip("_").lower() or "source"
    return Source.model_validate(
        {
            "source_key": f"{_TYPE}__{key}",
            "name": key.replace("_", " ").title(),
            "url": url,
            "ingestion_mode": mode,
            "source_type": _TYPE,
            "ingestion_profile": profile,
        }
    )


def _articles_of(source: Source, entries: Sequence[Entry], web: _Timed, now: datetime) -> Iterator[Article]:
    """The articles that were read before the trial's time was over."""
    for entry in entries:
        if web.ended:
            return
        article = _article(source, entry, web, now)
        if not web.ended:
            yield article


def _article(source: Source, entry: Entry, web: Gets, now: datetime) -> Article:
    (candidate,) = candidates([(source, [entry])])
    read = reading.read(candidate, web, now)
    day = read.dated.moment.day.isoformat() if read.dated else f"undated ({read.undated})"
    return Article(read.title, day, len(read.text), read.notes)


def report(trial: Trial, width: int = 120) -> str:
    """The trial in words, for a terminal of so many columns, with the catalogue's entry."""
    polled = trial.polled
    if not polled.entries:
        return f"{polled.source.url}: {polled.report.error}"
    dated = sum(bool(entry.date) for entry in polled.entries)
    kind = "feed" if polled.source.ingestion_mode == "rss" else "listing"
    lines = [
        f"{kind} of {len(polled.entries)} entries, {dated} of them dated",
        *(_entry(entry, polled.source.timezone, width) for entry in polled.entries[:10]),
        "",
        *(fill(line, width, subsequent_indent="  ") for line in (*_articles(trial), *_advice(trial, dated))),
        "",
        "for canonical/sources/source_catalog.yaml:",
        yaml.safe_dump([_suggested(polled.source)], sort_keys=False, allow_unicode=True).rstrip(),
    ]
    return "\n".join(lines)


def _entry(entry: Entry, timezone: str, width: int) -> str:
    moment = parse(entry.date, timezone)  # a listing's own wording may be a whole line
    day = moment.day.isoformat() if moment else entry.date or "no date"
    return "  " + shorten(f"{day}: {entry.title or '(no title)'}", width - 2, placeholder=" …")


def _articles(trial: Trial) -> Iterator[str]:
    for one in trial.articles:
        yield f"article: {one.day}, {one.characters} characters. {' '.join(one.notes)}".rstrip()


def _advice(trial: Trial, dated: int) -> list[str]:
    advice = [trial.polled.report.error] if trial.polled.report.error else []
    if trial.ended:
        advice.append(
            f"the site is slow: the trial's {_SECONDS:.0f} s ended before everything above was read; a run waits longer"
        )
    undated = [one for one in trial.articles if one.day.startswith("undated")]
    if undated and dated < len(trial.polled.entries):
        advice.append("some articles cannot be dated: give a date selector in canonical/sources/html_extractors.yaml")
    if any(one.characters < reading.SHORT for one in trial.articles):
        advice.append("some articles have little text: open one, and see whether a browser shows more")
    return advice


def _suggested(source: Source) -> dict[str, object]:
    given = source.model_dump(include={"source_key", "name", "url", "ingestion_mode", "source_type"})
    parts: Sequence[str] = urlsplit(source.url)[:2]
    return {
        **given,
        "homepage_url": f"{parts[0]}://{parts[1]}/",
        "timezone": "UTC",
        "ingestion_profile": source.ingestion_profile,
    }
