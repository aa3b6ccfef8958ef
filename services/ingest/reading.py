"""From a candidate to a dated text: the article where it can be had, the feed's own words where not."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import shorten
from urllib.parse import urlsplit

from services.ingest import dates
from services.ingest.allowance import Allowance
from services.ingest.article import Article, read_article
from services.ingest.bounds import TooMuchError
from services.ingest.dates import Clue, Dated
from services.ingest.fetch import FetchError, Gets, OutOfTimeError
from services.ingest.pdf import UnreadablePageError
from services.ingest.plan import Candidate
from services.ingest.sizes import fetched
from shared import ids
from shared.config.rules import Source
from shared.contracts.items import RawItem, TextOrigin
from shared.storage.sources import Entry

ARTICLE_BYTES = 25_000_000
"""An article larger than this (decoded) is not read; annual reports in PDF are around 10 MB."""

ARTICLE_SECONDS = 180.0
"""All requests for one article (page, attachments, redirects, robots.txt) take no longer."""

SHORT = 300
"""A page with less text than this leaves it to its attachment."""

TITLE = 160
"""Letters of a title that is made of an article's first words."""

_SENTENCE_END = re.compile(r"(?<=[a-zà-ÿ0-9)][.!?])\s+(?=[A-ZÀ-Þ“«\"])|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Reading:
    """A candidate as read. `title` is the listing's, else the article's own, else its first words. `dated` is None when
    no date could be established, `undated` says why. `again`: the article, or the attachment that holds its text, could
    not be read, so that a later run should try."""

    title: str
    text: str
    text_origin: TextOrigin
    dated: Dated | None
    undated: str
    notes: tuple[str, ...]
    again: bool


def read(candidate: Candidate, fetch: Gets, now: datetime) -> Reading:
    """Read the article (where its source wants that) and establish its date. `now`: no date may be far after it.

    Raises OutOfTimeError when the run ends before the article is there.
    """
    source, entry = candidate.source, candidate.entry
    wanted = _wants_article(candidate)
    allowance, what = Allowance(ARTICLE_SECONDS), f"article of {source.source_key}"
    article, note = _read_or_say(what, entry, entry.url, fetch, allowance, now) if wanted else (None, "")
    notes = [note] if note else []
    unread = False
    if wanted and not (article and (article.is_pdf or len(article.text) >= SHORT)):
        article, said, unread = _with_attachment(article, candidate, fetch, allowance, now)
        notes += said
    own, own_origin = feed_text(candidate)
    text, origin, fallback = _choose(article, own, own_origin)
    fallback = fallback and wanted
    if article and article.paywalled:
        notes.append("the page is behind a paywall")
    if fallback:
        notes.append("the text is the feed's own" if own_origin != "listing" else "the text is the listing's own")
    title = entry.title or (article.title if article else "") or first_words(text)
    dated, undated = dates.establish(_clues(candidate, article, title), source.timezone, now)
    return Reading(title, text, origin, dated, undated, tuple(notes), fallback or unread)


def _wants_article(candidate: Candidate) -> bool:
    return (
        any(source.content_enrichment for source, _ in candidate.listings) and candidate.entry.date_origin != "pubmed"
    )


def _read_or_say(
    what: str, entry: Entry, url: str, fetch: Gets, allowance: Allowance, now: datetime
) -> tuple[Article | None, str]:
    """What is at an address, or None and why not, in words that begin with `what`."""
    try:
        with fetched(fetch, url, ARTICLE_BYTES, allowance=allowance) as page:
            return read_article(page.body, page.content_type, entry.title, dates.latest(now)), ""
    except (FetchError, UnreadablePageError, TooMuchError) as error:
        return None, f"{what} not read: {error}"
    except OutOfTimeError:
        raise
    except Exception as error:  # noqa: BLE001 (hostile pages must not reach the other items)
        return None, f"{what} not read ({type(error).__name__}: {str(error)[:120]})"


def _with_attachment(
    article: Article | None, candidate: Candidate, fetch: Gets, allowance: Allowance, now: datetime
) -> tuple[Article | None, list[str], bool]:
    """The release's attached PDF if it says more than the page, under the page's dates; what is to be noted; and
    whether there is an attachment, but none could be read."""
    attached = dict.fromkeys(url for _, entry in candidate.listings for url in entry.attachments if _is_pdf(url))
    notes, unread = list[str](), False
    for url in list(attached)[:2]:
        pdf, note = _read_or_say(f"attachment {url}", candidate.entry, url, fetch, allowance, now)
        if pdf is None:
            notes.append(note)
            unread = True
        elif len(pdf.text) > len(article.text if article else ""):
            notes.append(f"the text is the attachment's ({url})")
            own = Article("") if article is None else article
            return replace(pdf, clues=own.clues, title=own.title or pdf.title), notes, False
    return article, notes, unread


def _is_pdf(url: str) -> bool:
    return urlsplit(url).path.lower().endswith(".pdf")


def feed_text(candidate: Candidate) -> tuple[str, TextOrigin]:
    """The longest text that the listings themselves give."""
    entries = [entry for _, entry in candidate.listings]
    text = max((text for e in entries for text in (e.body, e.summary)), key=len, default="")
    if candidate.entry.date_origin == "pubmed":
        return text, "abstract"
    return text, "feed" if any(entry.date_origin == "feed" for entry in entries) else "listing"


def _choose(article: Article | None, own: str, own_origin: TextOrigin) -> tuple[str, TextOrigin, bool]:
    """The article, unless it is missing, or a paywall's teaser shorter than what the feed gives."""
    if article is None:
        return own, own_origin, True
    if len(article.text) < len(own) and (article.paywalled or len(article.text) < 200):
        return own, own_origin, article.paywalled
    return article.text, "pdf" if article.is_pdf else "article", False


def first_words(text: str) -> str:
    """A text's first sentence, or as much of it as makes a title: whole words, and a sign that they go on."""
    opening = text.strip().split("\n", 1)[0]
    sentence = _SENTENCE_END.split(opening, maxsplit=1)[0].rstrip(".")
    return shorten(sentence, TITLE, placeholder=" …")


def _clues(candidate: Candidate, article: Article | None, title: str) -> list[Clue]:
    """Everything that could date the article."""
    source, entry = candidate.source, candidate.entry
    clues = list(article.clues) if article else []
    clues += [Clue(listed.date_origin, listed.date) for _, listed in candidate.listings if listed.date]
    body = article.text if article else ""
    clues.append(Clue("text", dates.dateline(body, title, source.timezone)))
    clues.append(Clue("url", dates.from_url(entry.url)))
    return [clue for clue in clues if clue.text]


def listing_day(candidate: Candidate, now: datetime) -> str | None:
    """The day that the listings themselves give, or None."""
    clues = [Clue(entry.date_origin, entry.date) for _, entry in candidate.listings if entry.date]
    dated, _ = dates.establish(clues, candidate.source.timezone, now)
    return dated.moment.day.isoformat() if dated else None


def raw_item(candidate: Candidate, source: Source, reading: Reading, fetched_at: datetime) -> RawItem:
    """The raw item of a dated reading, under the source that let it in. Raises ValueError without a date."""
    if reading.dated is None:
        raise ValueError("an undated reading makes no item")
    moment, title = reading.dated.moment, reading.title
    return RawItem(
        item_id=candidate.item_id,
        content_hash=ids.content_hash(title, reading.text),
        url=candidate.entry.url,
        title=title,
        text=reading.text,
        text_origin=reading.text_origin,
        published=moment.day.isoformat(),
        published_at=moment.at.isoformat() if moment.at else None,
        dated_by=reading.dated.by,
        source_key=source.source_key,
        source_name=source.name,
        source_type=source.source_type,
        sources=tuple(listed.source_key for listed, _ in candidate.listings),
        language=source.default_language,
        company_id=source.company_id,
        fetched_at=fetched_at.isoformat(),
        notes=reading.notes,
    )
