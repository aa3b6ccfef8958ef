"""Sources, bouquets and extractors."""

from collections.abc import Iterator
from typing import Any

from cli.legacy.addresses import placeholder
from cli.legacy.catalog import URL_FIELD, bouquets, sources
from cli.legacy.conversion import Conversion, pick
from cli.legacy.convert_scopes import SCOPES
from cli.legacy.files import LegacyFile, Where
from cli.legacy.values import mapping, texts

CATALOG = "canonical/sources/source_catalog.yaml"
EXTRACTORS = "canonical/sources/html_extractors.yaml"
_KEPT = ("homepage_url", "url", "ingestion_mode", "enabled", "source_type", "default_language", "ingestion_profile")


def convert_catalog(out: Conversion) -> None:
    """Write sources, bouquets and extractors; of what is defined twice, the first that can be read counts."""
    found: dict[str, dict[str, Any]] = {}
    companies = {entity["id"]: entity["name"] for entity in out.files[f"{SCOPES}/company_scopes.yaml"]["entities"]}
    for file, where, source in sources(out.tree):
        key = str(source.get("source_key"))
        why = _unreadable(source)
        if key in found:
            out.lose(file, where, f"source {key!r} is left out here: it is already defined", "keep one")
        elif why:
            out.lose(file, where, f"source {key!r} is left out: {why}", "write the source by hand")
        else:
            found[key] = _source(out, file, where, source, companies)
    groups = list(_bouquets(out, found))
    out.files[CATALOG] = {"sources": list(found.values()), "bouquets": groups}
    out.files[EXTRACTORS] = {"extractors": dict(_extractors(out, found))}


def _unreadable(source: dict[str, Any]) -> str | None:
    mode = str(source.get("ingestion_mode", ""))
    if mode not in URL_FIELD:
        return "it has no ingestion_mode" if not mode else f"ingestion_mode {mode!r} is not known"
    address = str(source.get(URL_FIELD[mode]) or "")
    if placeholder(address):
        return f"{URL_FIELD[mode]} is no address"
    return None if "ingestion_profile" in source else "it has no ingestion_profile"


def _source(
    out: Conversion, file: LegacyFile, where: Where, source: dict[str, Any], companies: dict[str, str]
) -> dict[str, Any]:
    company = str(source.get("company_id") or "")
    key = str(source["source_key"])
    name = companies.get(company) or key.partition("__")[2].replace("_", " ") or key
    out.change(file, where, f"source {key!r} is called {name!r} in print: a source has a name")
    converted = {"source_key": key, "name": name}
    if company in companies:
        converted["company_id"] = company
    elif company:
        out.lose(file, (*where, "company_id"), f"company_id {company!r} names no company", "name an entity")
    url = source[URL_FIELD[str(source["ingestion_mode"])]]
    return {**converted, **pick({**source, "url": url}, *_KEPT, "tags", "notes")}


def _bouquets(out: Conversion, known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for file, where, bouquet in bouquets(out.tree):
        name = str(bouquet.get("bouquet_id"))
        if name in seen:
            out.lose(file, where, f"bouquet {name!r} is left out here: it is already defined", "keep one")
            continue
        keys = [key for key in texts(bouquet.get("source_keys")) if key in known]
        missing = len(texts(bouquet.get("source_keys"))) - len(keys)
        if missing:
            out.lose(file, where, f"bouquet {name!r} lacks {missing} sources that could not be carried over")
        if keys:
            seen.add(name)
            yield {**pick(bouquet, "bouquet_id", "description"), "source_keys": keys}


def _extractors(out: Conversion, known: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in out.tree.of("html_extractors"):
        for key, raw in mapping(file.value.get("extractors")).items():
            extractor = mapping(raw)
            source = known.get(key, {})
            if source.get("ingestion_mode") != "html":
                out.lose(file, ("extractors", key), f"the extractor of {key!r}: no such source is read as html")
                continue
            if "max_items" in extractor:
                source["max_items"] = extractor["max_items"]
                out.change(file, ("extractors", key, "max_items"), f"max_items moved to the source {key!r}")
            yield key, pick(extractor, "description", "selectors", "date_format")
