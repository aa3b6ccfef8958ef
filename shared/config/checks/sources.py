"""Checks of the source catalogue and of the extractors."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from shared.config.checks.common import term_defects, timezone_defects, unknown
from shared.config.files import Loaded
from shared.config.rules import HtmlExtractors, Source, SourceCatalog
from shared.config.strict_yaml import Defect, Path
from shared.config.tree import ConfigTree


def catalog(tree: ConfigTree, loaded: Loaded[SourceCatalog]) -> Iterator[Defect]:
    polled = {(one.url, one.query): one.source_key for one in reversed(list(tree.sources.values()))}
    for index, source in enumerate(loaded.model.sources):
        path: Path = ("sources", index)
        if source.company_id is not None:
            yield from unknown(loaded, (*path, "company_id"), "company", source.company_id, tree.companies)
        where = (*path, "ingestion_profile")
        yield from unknown(loaded, where, "ingestion profile", source.ingestion_profile, tree.profiles)
        profile = tree.profiles.get(source.ingestion_profile)
        if profile and not {"*", source.source_type} & set(profile.source_types):
            message = f"profile {source.ingestion_profile!r} is not for source type {source.source_type!r}"
            yield loaded.defect(where, message, f"it is for {', '.join(profile.source_types)}")
        yield from timezone_defects(loaded, (*path, "timezone"), source.timezone)
        yield from _url(loaded, (*path, "url"), source, polled.get((source.url, source.query), source.source_key))
        if source.ingestion_mode == "pubmed" and not source.query:
            yield loaded.defect(path, "a pubmed source needs a query", "add query: ...")
    for index, bouquet in enumerate(loaded.model.bouquets):
        for position, key in enumerate(bouquet.source_keys):
            yield from unknown(loaded, ("bouquets", index, "source_keys", position), "source", key, tree.sources)


def _url(loaded: Loaded[Any], path: Path, source: Source, polled: str) -> Iterator[Defect]:
    """`polled`: the first source with this url and query."""
    try:
        address = urlsplit(source.url)
    except ValueError:
        address = urlsplit("")
    if address.scheme not in ("https", "http") or not re.search(r"\.|^localhost", address.netloc):
        yield loaded.defect(path, f"{source.url!r} is not an http(s) address", "write the whole address")
    elif address.path == "/search":
        yield loaded.defect(path, f"{source.url!r} is a search, not an address", "write the address that it leads to")
    if polled != source.source_key:
        yield loaded.defect(path, f"the url is that of source {polled!r}", "write its own, or remove one")


def extractors(tree: ConfigTree, loaded: Loaded[HtmlExtractors]) -> Iterator[Defect]:
    yield from term_defects(loaded, ("link_only_titles",), loaded.model.link_only_titles)
    for key, extractor in loaded.model.extractors.items():
        yield from unknown(loaded, ("extractors", key), "source", key, tree.sources)
        yield from _date_format(loaded, ("extractors", key, "date_format"), extractor.date_format)
        source = tree.sources.get(key)
        if source and source.ingestion_mode != "html":
            yield loaded.defect(("extractors", key), f"source {key!r} is not read as html", "remove the extractor")


def _date_format(loaded: Loaded[Any], path: Path, text: str) -> Iterator[Defect]:
    try:
        datetime.strptime(datetime(2026, 3, 5, tzinfo=UTC).strftime(text), text).replace(tzinfo=UTC)
    except ValueError as error:
        yield loaded.defect(path, f"{text!r} reads no date: {error}", "write one such as %d.%m.%Y")
