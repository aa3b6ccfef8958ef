"""Raw and normalized items: the durable, reusable store that newsletters are one consumer of (owner's rule 10)."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Record

DateOrigin = Literal["json_ld", "meta", "time_element", "feed", "listing", "text", "url", "pubmed"]
Confidence = Literal["high", "medium", "low"]
TextOrigin = Literal["article", "pdf", "feed", "listing", "abstract"]
EntityKind = Literal["company", "molecule", "trademark", "technology", "indication"]


class DatedBy(Contract):
    """Where an item's date comes from and how far to trust it."""

    origin: DateOrigin
    confidence: Confidence


class RawItem(Record):
    """One article as ingest read it. Stored at raw/{item_id}/{content_hash}.json.

    `published` is the source's own calendar date (YYYY-MM-DD), `published_at` the UTC moment (ISO) when the source
    gave a time. `text` keeps paragraphs apart by blank lines. `sources` are the keys of all sources that carried it.
    """

    item_id: str
    content_hash: str
    url: str
    title: str
    text: str
    text_origin: TextOrigin
    published: str
    published_at: str | None = None
    dated_by: DatedBy
    source_key: str
    source_name: str
    source_type: str
    sources: tuple[str, ...]
    language: str = "en"
    company_id: str | None = None
    fetched_at: str
    notes: tuple[str, ...] = ()


class Entity(Contract):
    """A named thing found in the text. `id` is the canonical id, or null for one that no scope lists (open world).

    `mention` is the text's own wording; `role` is for companies ("subject", "partner", "mentioned").
    """

    kind: EntityKind
    name: str
    id: str | None = None
    mention: str
    role: str | None = None


class Sentence(Contract):
    """A sentence of a summary with the source sentence that supports it."""

    text: str
    evidence: str


class Figure(Contract):
    """A key figure: its value as printed in the source and the source sentence that holds it."""

    value: str
    label: str
    evidence: str


class Usage(Contract):
    """Metered use of a model for one result."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class Refusals(Contract):
    """What grounding refused, as counts."""

    entities: int = 0
    figures: int = 0
    sentences: int = 0
    answers: int = 0

    @property
    def total(self) -> int:
        return self.entities + self.figures + self.sentences + self.answers


class Normalizer(Contract):
    """Which normalizer made a result; `signature` hashes kind, model, prompt, schema and taxonomy."""

    kind: Literal["model", "rules"]
    model_id: str
    region: str
    signature: str


class NormalizedItem(Record):
    """One normalized item, at normalized/published=YYYY-MM-DD/{item_id}.json (the lake)."""

    item_id: str
    content_hash: str
    url: str
    title: str
    published: str
    published_at: str | None = None
    dated_by: DatedBy
    source_key: str
    source_name: str
    source_type: str
    sources: tuple[str, ...]
    language: str = "en"
    company_id: str | None = None
    raw_key: str
    event_type: str
    event_confidence: float = Field(ge=0, le=1)
    entities: tuple[Entity, ...]
    summary: tuple[Sentence, ...]
    figures: tuple[Figure, ...] = ()
    normalizer: Normalizer
    normalized_at: str
    usage: Usage = Usage()
    refused: Refusals = Refusals()
