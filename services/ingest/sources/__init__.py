"""Source types: one module each behind one small interface."""

from collections.abc import Mapping
from typing import Protocol

from services.ingest.sources.base import Listing, ReadingContext
from services.ingest.sources.html import HtmlListing
from services.ingest.sources.pubmed import PubMed
from services.ingest.sources.rss import Feed
from shared.config.rules import Source


class Reader(Protocol):
    """How a type of source is polled: where to start, and what an answer says (entries, and where to go on)."""

    version: str
    conditional: bool

    def start(self, source: Source, context: ReadingContext) -> str: ...
    def read(self, body: bytes, content_type: str, url: str, source: Source, context: ReadingContext) -> Listing: ...


READERS: Mapping[str, Reader] = {"rss": Feed(), "html": HtmlListing(), "pubmed": PubMed()}
"""By a source's `ingestion_mode`."""
