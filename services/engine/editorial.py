"""What is printed around and of the chosen items; the deterministic editorial, from the items' own sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.engine.facts import Facts
from services.engine.selection import Chosen, SectionPlan
from services.engine.text import plain, repeats, safe_url, sentence_of, title_of, undated
from services.engine.wording import Wording, wording
from shared.config.client import ClientConfig
from shared.contracts.batch import Window
from shared.contracts.edition import AlsoReported, EditionItem, Section
from shared.contracts.items import NormalizedItem, Sentence, Usage

SENTENCES = 3  # what, how and when in a few lines (owner's rule 7)
TLDR_LINES, LEAST_TLDR_LINES = 5, 3
NAMED_COMPANIES = 5
_NAME = 120


@dataclass(frozen=True, slots=True)
class ItemText:
    """What an editorial prints of an item in place of the item's own words."""

    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Editorial:
    """Title, intro and TL;DR of an edition, and item texts by id; items without one keep their own.

    `kind` says who wrote it, `note` why it was not the model, `refused` how many texts grounding replaced.
    """

    title: str
    intro: str
    tldr: tuple[str, ...]
    texts: dict[str, ItemText] = field(default_factory=dict)
    kind: Literal["model", "rules", "cache"] = "rules"
    note: str = ""
    model: str = "rules"
    usage: Usage = field(default_factory=Usage)
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What an editorial is about: client, day and window of the edition, and its sections in the items' own words."""

    client: ClientConfig
    day: str
    window: Window
    sections: tuple[Section, ...]

    @property
    def items(self) -> tuple[EditionItem, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @property
    def words(self) -> Wording:
        return wording(self.client.client_profile.language)


def own_sections(sections: Sequence[SectionPlan], words: Wording) -> tuple[Section, ...]:
    """The sections to print, every item in its own words."""
    return tuple(
        Section(
            id=plan.config.id,
            title=plan.config.title,
            mixed=plan.config.mixed,
            items=tuple(own_item(chosen, words) for chosen in plan.items),
        )
        for plan in sections
    )


def own_item(chosen: Chosen, words: Wording) -> EditionItem:
    """An item as printed when nobody rewrites it: its whole title, cleaned, and its first sentences; where the source
    has no more than the title, who published it and when."""
    facts = chosen.candidate.facts
    item, names = facts.item, facts.names
    sentences = _sentences(item)
    return EditionItem(
        item_id=item.item_id,
        title=title_of(item.title),
        summary=" ".join(undated(sentence_of(sentence.text)) for sentence in sentences) or _provenance(facts, words),
        url=safe_url(item.url),
        source_key=item.source_key,
        source_name=plain(item.source_name, _NAME),
        published=item.published,
        event_type=item.event_type,
        kind=facts.event.label_in(words.language) if facts.event else "",
        companies=_printable(names["company"]),
        molecules=_printable(names["molecule"]),
        trademarks=_printable(names["trademark"]),
        technologies=_printable(names["technology"]),
        score=chosen.candidate.score,
        late=facts.late,
        also_reported_by=_also_reported(chosen),
        previously=_previously(chosen),
        evidence=tuple(sentence_of(sentence.evidence) for sentence in sentences) or (title_of(item.title),),
        reason=chosen.reason,
        headline=title_of(item.title),
    )


def _sentences(item: NormalizedItem) -> tuple[Sentence, ...]:
    """The first sentences that say more than the title."""
    telling = (sentence for sentence in item.summary if not repeats(sentence.text, item.title))
    return tuple(one for one in telling if sentence_of(one.text))[:SENTENCES]


def _provenance(facts: Facts, words: Wording) -> str:
    """Who announced it, or published it, and when."""
    pattern = words.announced if facts.item.company_id else words.published_by
    return pattern.format(name=plain(facts.publisher, _NAME), day=words.day(facts.item.published))


def _printable(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in (plain(one, _NAME) for one in names) if name)


def _also_reported(chosen: Chosen) -> tuple[AlsoReported, ...]:
    items = (other.facts.item for other in chosen.others)
    reports = {
        safe_url(i.url): AlsoReported(source_name=plain(i.source_name, _NAME), url=safe_url(i.url)) for i in items
    }
    return tuple(reports.values())


def _previously(chosen: Chosen) -> AlsoReported | None:
    row = chosen.previously
    link = safe_url(row["url"]) if row else ""
    return AlsoReported(source_name=title_of(row["title"]), url=link) if row and link else None


def deterministic(frame: Frame, note: str = "") -> Editorial:
    """The editorial by rules: nothing in it that the configuration or an item's own text does not say."""
    return Editorial(title=own_title(frame), intro=own_intro(frame), tldr=own_tldr(frame), note=note)


def own_title(frame: Frame) -> str:
    return frame.words.title.format(name=frame.client.client_profile.name, day=frame.words.day(frame.day))


def own_intro(frame: Frame) -> str:
    """Who leads the issue, how many items of which sections it has, and who else is in it; for a quiet week, that it
    was one. Empty where the client wants no intro, except in a quiet week: an edition without content must say so."""
    words = frame.words
    if not frame.items:
        return words.quiet_intro.format(span=words.span(frame.window))
    if not frame.client.newsletter_delivery.include_intro:
        return ""
    kinds = [f"{section.title} ({len(section.items)})" for section in frame.sections]
    lead, *others = _in_the_news(frame) or [""]
    numbers = (words.intro if lead else words.intro_nobody).format(
        lead=lead,
        items=words.many(len(frame.items), words.items),
        span=words.span(frame.window),
        kinds=words.listing(kinds),
    )
    return f"{numbers} {words.intro_companies.format(names=words.listing(others))}" if others else numbers


def _in_the_news(frame: Frame) -> list[str]:
    """The first company of each item, the best item's first; beyond NAMED_COMPANIES, how many more."""
    names = list(dict.fromkeys(item.companies[0] for item in best_first(frame) if item.companies))
    left = len(names) - NAMED_COMPANIES
    return [*names[:NAMED_COMPANIES], frame.words.more.format(number=left)] if left > 1 else names


def tldr_lines(items: int) -> int:
    """How many lines the TL;DR of so many items has at most: a second list of everything is no summary."""
    return min(TLDR_LINES, max(LEAST_TLDR_LINES, (items + 1) // 2))


def own_tldr(frame: Frame) -> tuple[str, ...]:
    """The best items' titles; none where the client wants none."""
    if not frame.client.newsletter_delivery.include_tldr:
        return ()
    return tuple(item.title for item in best_first(frame)[: tldr_lines(len(frame.items))])


def best_first(frame: Frame) -> list[EditionItem]:
    """The printed items by score."""
    return sorted(frame.items, key=lambda item: (-item.score, item.item_id))


def apply_texts(sections: Sequence[Section], editorial: Editorial) -> tuple[Section, ...]:
    """The sections with the editorial's item texts; links, dates, names and evidence stay the item's own."""
    return tuple(
        section.model_copy(update={"items": tuple(_with_text(item, editorial) for item in section.items)})
        for section in sections
    )


def _with_text(item: EditionItem, editorial: Editorial) -> EditionItem:
    text = editorial.texts.get(item.item_id)
    return item.model_copy(update={"title": text.title, "summary": text.summary}) if text else item
