"""The edition: newsletter.json as checks and other programs read it, and the messages about it."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Language, Record
from shared.contracts.batch import Delivery, Disposition, SourceReport, Window

EditionStatus = Literal["building", "draft", "approved", "sending", "sent", "superseded"]


class AlsoReported(Contract):
    """Another source of the same story."""

    source_name: str
    url: str


class EditionItem(Contract):
    """One printed item. Entity lists hold names; every item has a date, a link and a reason. `kind` is the name of its
    event type in the newsletter's language. `headline` is the source's own title, whatever is printed in its place: by
    it the story is recognised when somebody reports it again."""

    item_id: str
    title: str
    summary: str
    url: str
    source_key: str
    source_name: str
    published: str
    event_type: str
    kind: str = ""
    companies: tuple[str, ...] = ()
    molecules: tuple[str, ...] = ()
    trademarks: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    score: float
    late: bool = False
    also_reported_by: tuple[AlsoReported, ...] = ()
    previously: AlsoReported | None = None
    evidence: tuple[str, ...] = ()
    reason: str = ""
    headline: str = ""


class Section(Contract):
    """A section is printed only with items in it. `mixed`: it takes several event types, so that kinds are printed."""

    id: str
    title: str
    mixed: bool = False
    items: tuple[EditionItem, ...] = Field(min_length=1)


TracePlace = Literal["title", "intro", "tldr", "item_title", "item"]


class Support(Contract):
    """A sentence of an item's source."""

    item_id: str
    sentence: str


class Trace(Contract):
    """A printed sentence and the source sentences that it comes from. `about_issue`: it tells of the issue itself (its
    name, day and numbers), in the product's own words."""

    place: TracePlace
    text: str
    support: tuple[Support, ...] = ()
    about_issue: bool = False


class Edition(Record):
    """newsletter.json."""

    client_id: str
    edition_id: str
    edition_date: str
    status: EditionStatus
    window: Window
    title: str
    intro: str
    tldr: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    traces: tuple[Trace, ...] = ()
    coverage: str
    language: Language = "en"
    editorial: Literal["model", "rules", "cache"] = "rules"
    editorial_note: str = ""
    model: str
    cost_usd: float


class EditionMessage(Record):
    """On NewsletterTopic: an edition is ready. `prefix` is its folder in the newsletters bucket; `correlation_id` its
    batch, or itself where it has none."""

    client_id: str
    edition_id: str
    prefix: str
    status: EditionStatus
    edition_date: str
    as_of: str
    config_release: str
    content_hash: str
    delivery: Delivery = "client"
    items: int
    correlation_id: str = ""


class ItemReport(Contract):
    """Everything that happened to one item; `contributions` add up to `score`. `cost_usd` is what this batch paid for
    normalizing it, None where it was not sent there. `printed` are the printed sentences that its source supports."""

    item_id: str
    url: str
    title: str
    published: str | None = None
    source_key: str = ""
    event_type: str | None = None
    score: float | None = None
    contributions: dict[str, float] = Field(default_factory=dict)
    cost_usd: float | None = None
    dispositions: tuple[Disposition, ...]
    printed: tuple[Trace, ...] = ()


class Report(Record):
    """report.json: counts per stage, every item seen with its dispositions, source health, refusals and money.

    `floor` is the score from which on an item is printed in an issue that is not thin.
    """

    client_id: str
    edition_id: str
    batch_id: str | None = None
    status: EditionStatus
    window: Window
    as_of: str
    config_release: str
    counts: dict[str, dict[str, int]]
    items: tuple[ItemReport, ...]
    sources: tuple[SourceReport, ...] = ()
    refused: dict[str, int] = Field(default_factory=dict)
    model_calls: dict[str, int] = Field(default_factory=dict)
    cost_usd: float = 0.0
    notes: tuple[str, ...] = ()
    timings: dict[str, float] = Field(default_factory=dict)
    floor: float | None = None
