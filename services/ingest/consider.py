"""What becomes of a candidate: from the cheapest reason to drop it to the whole article, remembering what was read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.ingest.fetch import Gets
from services.ingest.filtering import Filter, Verdict
from services.ingest.plan import Candidate, Considered, Period, titled
from services.ingest.reading import Reading, listing_day, raw_item, read
from shared.config.rules import Source
from shared.contracts.items import RawItem
from shared.errors import NotFoundError
from shared.ids import content_hash
from shared.reserved import is_reserved
from shared.storage import keys
from shared.storage.lake import Lake
from shared.storage.objects import Objects, get_model, put_model
from shared.storage.sources import UrlMemory, UrlRecord

FALLBACK_TRIES = 3
"""How often an article that could not be read is tried again on later runs."""
UNDATED_AGAIN = timedelta(days=7)
"""After how long a page without a date is read again."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a run decides by. `now`: no date may be far after it; `fetched_at`: real time. `force`: read everything
    again. `keep`: whether anything may be written (not in a dry run). `gateway`: whether a local gateway stands for the
    world, so that any name may be meant."""

    period: Period
    filters: dict[str, Filter]
    now: datetime
    fetched_at: datetime
    force: bool = False
    keep: bool = True
    gateway: bool = False


@dataclass(frozen=True, slots=True)
class Stores:
    """Where a run remembers."""

    urls: UrlMemory
    objects: Objects
    lake: Lake


def consider(candidate: Candidate, rules: Rules, stores: Stores, fetch: Gets) -> Considered:
    """Decide on one candidate; reads its article only when nothing cheaper decides. Link-only titles are the caller's.

    Raises what storage raises; a page's own faults become notes or outcomes.
    """
    day = listing_day(candidate, rules.now)
    if day and not rules.period.holds(day, candidate.late_days):
        return Considered(candidate, "out_of_window", f"published {day}, outside the window", day)
    if not candidate.entry.url:
        return Considered(
            candidate, "error", "its source gives it no usable address, so it cannot be read or linked", day
        )
    if is_reserved(candidate.entry.url) and not (rules.gateway or is_reserved(candidate.source.url)):
        return Considered(candidate, "filtered", "its address is at a reserved name: a test or a placeholder", day)
    keepers, verdict = _by_title(candidate, rules.filters)
    if not keepers:
        return Considered(candidate, "filtered", verdict.reason, day)
    record = stores.urls.get(candidate.item_id)
    remembered = None if rules.force else _from_memory(candidate, keepers, record, rules, stores, day)
    return remembered or _from_page(candidate, keepers, record, rules, stores, fetch)


def _by_title(candidate: Candidate, filters: dict[str, Filter]) -> tuple[list[Source], Verdict]:
    """Sources whose profile does not drop the title, and the last verdict."""
    keepers, verdict = [], Verdict(False, "no source")
    for source, entry in candidate.listings:
        verdict = filters[source.source_key].by_title(entry.title, entry.summary)
        if verdict.keep:
            keepers.append(source)
    return keepers, verdict


def _by_text(title: str, text: str, sources: list[Source], filters: dict[str, Filter]) -> tuple[Source, Verdict]:
    """The first source whose profile lets the text in, or the first one with its reason against."""
    verdicts = [(source, filters[source.source_key].by_text(title, text)) for source in sources]
    return next((pair for pair in verdicts if pair[1].keep), verdicts[0])


def listed_hash(candidate: Candidate) -> str:
    return content_hash(candidate.entry.title, candidate.entry.date)


def _from_memory(
    candidate: Candidate, keepers: list[Source], record: UrlRecord, rules: Rules, stores: Stores, day: str | None
) -> Considered | None:
    """What an earlier reading decides without fetching anything, or None."""
    if listed_hash(candidate) not in record.listed:
        return None
    if 0 < record.fallback_tries < FALLBACK_TRIES:
        return None  # what was decided then was decided without the article
    if record.published and not rules.period.holds(record.published, candidate.late_days):
        return Considered(
            candidate, "out_of_window", f"published {record.published}, outside the window", record.published
        )
    if record.undated_at and rules.fetched_at - datetime.fromisoformat(record.undated_at) < UNDATED_AGAIN:
        return Considered(candidate, "undated", "no date when it was last read")
    rejections = [record.verdicts.get(rules.filters[source.source_key].signature) for source in keepers]
    if all(rejections):
        return Considered(candidate, "filtered", str(rejections[0]), record.published or day)
    if not record.raw_key:
        return None
    return _stored(candidate, keepers, record, rules, stores)


def _stored(
    candidate: Candidate, keepers: list[Source], record: UrlRecord, rules: Rules, stores: Stores
) -> Considered | None:
    """The article as it was stored, judged by today's filter; None when it is gone."""
    try:
        raw = get_model(stores.objects, record.raw_key, RawItem)
    except NotFoundError:
        return None
    words = (raw.title, raw.text)
    return _judge(candidate, keepers, words, lambda _: _also_carried(candidate, raw), record, rules, stores)


def _from_page(
    candidate: Candidate, keepers: list[Source], record: UrlRecord, rules: Rules, stores: Stores, fetch: Gets
) -> Considered:
    reading = read(candidate, fetch, rules.now)
    record = _remember_reading(candidate, record, reading, rules)
    candidate = titled(candidate, reading.title)
    if not reading.title:
        return Considered(candidate, "error", "; ".join(("it has neither a title nor a text", *reading.notes)))
    if reading.dated is None:
        _save(candidate, record, rules, stores)
        return Considered(candidate, "undated", "; ".join((reading.undated, *reading.notes)))
    if not rules.period.holds(record.published, candidate.late_days):
        _save(candidate, record, rules, stores)
        return Considered(
            candidate, "out_of_window", f"published {record.published}, outside the window", record.published
        )
    words = (reading.title, reading.text)
    judged = _judge(
        candidate,
        keepers,
        words,
        lambda source: raw_item(candidate, source, reading, rules.fetched_at),
        record,
        rules,
        stores,
    )
    if judged.raw is None and reading.again:
        return replace(judged, reason="; ".join((judged.reason, *reading.notes)))
    return judged


def _remember_reading(candidate: Candidate, record: UrlRecord, reading: Reading, rules: Rules) -> UrlRecord:
    """The record after a reading; verdicts on another wording are forgotten."""
    read_hash = content_hash(reading.title, reading.text)
    return UrlRecord(
        raw_key=record.raw_key,
        content_hash=read_hash,
        published=reading.dated.moment.day.isoformat() if reading.dated else "",
        verdicts=record.verdicts if record.content_hash == read_hash else {},
        fallback_tries=record.fallback_tries + 1 if reading.again else 0,
        undated_at="" if reading.dated else rules.fetched_at.isoformat(),
        listed=tuple(dict.fromkeys((*record.listed, listed_hash(candidate)))),
    )


def _judge(
    candidate: Candidate,
    keepers: list[Source],
    words: tuple[str, str],
    make: Callable[[Source], RawItem],
    record: UrlRecord,
    rules: Rules,
    stores: Stores,
) -> Considered:
    """The filter on title and whole text (`words`); what is kept is stored, what is not is remembered."""
    source, verdict = _by_text(*words, keepers, rules.filters)
    if not verdict.keep:
        signatures = (rules.filters[keeper.source_key].signature for keeper in keepers)
        rejected = {**record.verdicts, **dict.fromkeys(signatures, verdict.reason)}
        _save(candidate, replace(record, verdicts=rejected), rules, stores)
        return Considered(candidate, "filtered", verdict.reason, record.published)
    raw = make(source)
    key = keys.raw(raw.item_id, raw.content_hash)
    if rules.keep:
        put_model(stores.objects, key, raw)
    _save(candidate, replace(record, raw_key=key, content_hash=raw.content_hash), rules, stores)
    in_lake = stores.lake.get(raw.item_id)
    known = bool(in_lake and in_lake["content_hash"] == raw.content_hash)
    reason = "; ".join((verdict.reason, f"date from {raw.dated_by.origin}", *raw.notes))
    return Considered(candidate, "queued", reason, raw.published, raw, known)


def _also_carried(candidate: Candidate, raw: RawItem) -> RawItem:
    """A stored item, with the sources that carry it now."""
    carriers = dict.fromkeys((*raw.sources, *(source.source_key for source, _ in candidate.listings)))
    return raw.model_copy(update={"sources": tuple(carriers)})


def _save(candidate: Candidate, record: UrlRecord, rules: Rules, stores: Stores) -> None:
    if rules.keep:
        stores.urls.save(candidate.item_id, record)
