"""What is wrong with sources, bouquets, extractors and addresses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cli.legacy.addresses import named_by, other_trade, placeholder, registrable
from cli.legacy.files import LegacyFile, LegacyTree, Table, Where
from cli.legacy.finding import Finding, Level
from cli.legacy.values import listing, mapping
from shared.config.naming import closest

URL_FIELD = {"rss": "rss_url", "html": "html_url"}
_URL_FIELDS = ("url", "homepage_url", "rss_url", "html_url", "base_url")
CORPORATE = "press_corporate"
_NEEDED = {"ingestion_mode": "nothing says how to read them", "ingestion_profile": "nothing filters them"}
_SEED = {"company_name", "homepage_url"}
Report = Callable[[str, str, Level], Finding]


@dataclass(frozen=True)
class Entry:
    """A company with an address, wherever it stands; `report` makes a finding at its line."""

    name: str
    url: str
    report: Report
    place: str


def sources(tree: LegacyTree) -> Iterator[tuple[LegacyFile, Where, dict[str, Any]]]:
    """(file, the way to it, the source) for every source that is a mapping."""
    for file in tree.of("source_catalog"):
        for index, source in enumerate(listing(file.value.get("sources"))):
            if isinstance(source, dict):
                yield file, ("sources", index), source


def bouquets(tree: LegacyTree) -> Iterator[tuple[LegacyFile, Where, dict[str, Any]]]:
    """(file, the way to it, the bouquet) for every bouquet that is a mapping."""
    for file in tree.of("source_catalog"):
        for index, bouquet in enumerate(listing(file.value.get("bouquets"))):
            if isinstance(bouquet, dict):
                yield file, ("bouquets", index), bouquet


def catalog_findings(tree: LegacyTree) -> Iterator[Finding]:
    """Every finding about sources, in no particular order."""
    profiles = {name for file in tree.of("ingestion_profiles") for name in mapping(file.value.get("profiles"))}
    seeds = {row["company_id"] for table in tree.tables if "company_id" in table.columns for _, row in table.rows}
    for file, where, source in sources(tree):
        yield from _addresses(file, where, source)
        yield from _reading(file, where, source, profiles, seeds)
    yield from _ways_in(tree)
    yield from _defined_twice(tree)
    yield from _bouquets(tree)
    yield from _extractors(tree)
    for entries in _entries(tree):
        yield from _owners(entries)
    for table in tree.tables:
        if set(table.columns) >= _SEED:
            yield from _seed_addresses(table)


def _addresses(file: LegacyFile, where: Where, source: dict[str, Any]) -> Iterator[Finding]:
    for field in _URL_FIELDS:
        value = source.get(field)
        needed = field == "url" or field == URL_FIELD.get(str(source.get("ingestion_mode")))
        if value is None or (value == "" and not needed):
            continue
        key = source.get("source_key")
        if value == "":
            yield file.finding((*where, field), f"{key!r} has an empty {field}", "write the address to poll")
        elif why := placeholder(str(value)):
            yield file.finding((*where, field), f"{field} of {key!r} is {why}", "write the real address, or remove it")


def _reading(
    file: LegacyFile, where: Where, source: dict[str, Any], profiles: set[str], seeds: set[str]
) -> Iterator[Finding]:
    profile = source.get("ingestion_profile")
    if profile is not None and str(profile) not in profiles:
        message = f"ingestion profile {profile!r} is not defined"
        yield file.finding((*where, "ingestion_profile"), message, closest(str(profile), profiles))
    mode = str(source.get("ingestion_mode"))
    if mode in URL_FIELD and URL_FIELD[mode] not in source:
        message = f"{source.get('source_key')!r} is read as {mode} but has no {URL_FIELD[mode]}"
        yield file.finding(where, message, "add it")
    company = source.get("company_id")
    if company and seeds and str(company) not in seeds:
        message = f"company_id {company!r} is not in the list of companies under imports/"
        yield file.finding((*where, "company_id"), message, "add the company there")


def _ways_in(tree: LegacyTree) -> Iterator[Finding]:
    """One finding a file for what all its sources lack."""
    for file in tree.of("source_catalog"):
        all_sources = [mapping(source) for source in listing(file.value.get("sources"))]
        for field, lack in _NEEDED.items():
            missing = sum(field not in source for source in all_sources)
            if missing:
                message = f"{missing} of {len(all_sources)} sources have no {field}: {lack}"
                yield file.finding(("sources",), message, f"add {field}")


def _defined_twice(tree: LegacyTree) -> Iterator[Finding]:
    for what, key, found in (("source", "source_key", sources), ("bouquet", "bouquet_id", bouquets)):
        first: dict[str, str] = {}
        for file, where, value in found(tree):
            name = str(value.get(key))
            site = f"{file.path}:{file.line(where)}"
            other = first.setdefault(name, site)
            if other != site:
                yield file.finding((*where, key), f"{what} {name!r} is already defined in {other}", "keep one")


def _bouquets(tree: LegacyTree) -> Iterator[Finding]:
    known = {str(source.get("source_key")) for _, _, source in sources(tree)}
    listed = {str(key) for _, _, bouquet in bouquets(tree) for key in listing(bouquet.get("source_keys"))}
    for file in tree.of("client"):
        listed.update(map(str, listing(mapping(file.value.get("source_config")).get("sources_extra_enabled"))))
    for file, where, bouquet in bouquets(tree):
        for index, key in enumerate(listing(bouquet.get("source_keys"))):
            if str(key) not in known:
                at = (*where, "source_keys", index)
                yield file.finding(at, f"source {key!r} is not defined", closest(str(key), known))
    for file, where, source in sources(tree):
        if str(source.get("source_key")) not in listed:
            message = f"source {source.get('source_key')!r} is in no bouquet, and no client names it: nothing polls it"
            yield file.finding(where, message, "add it to a bouquet")


def _extractors(tree: LegacyTree) -> Iterator[Finding]:
    modes = {str(source.get("source_key")): source.get("ingestion_mode") for _, _, source in sources(tree)}
    for file in tree.of("html_extractors"):
        for key, extractor in mapping(file.value.get("extractors")).items():
            where: Where = ("extractors", key)
            if key not in modes:
                yield file.finding(where, f"source {key!r} is not defined", closest(key, modes))
            if mapping(extractor).get("ssl_verify") is False:
                message = f"{key!r} is read without verifying its certificate: anybody can answer in its place"
                yield file.finding((*where, "ssl_verify"), message, "remove it, or use an address that verifies")


def _entries(tree: LegacyTree) -> Iterator[list[Entry]]:
    """Companies with addresses, table by table and catalogue by catalogue."""
    for table in tree.tables:
        if set(table.columns) >= _SEED:
            yield [
                Entry(row["company_name"], row["homepage_url"], _at_row(table, line), f"line {line}")
                for line, row in table.rows
            ]
    for file in tree.of("source_catalog"):
        found = [(where, s) for f, where, s in sources(tree) if f is file and s.get("source_type") == CORPORATE]
        yield [
            Entry(
                str(source.get("source_key")).partition("__")[2].replace("_", " "), str(source[field]),
                _at_field(file, (*where, field)), f"line {file.line((*where, field))}",
            )
            for where, source in found for field in _URL_FIELDS if source.get(field)
        ]  # fmt: skip


def _at_row(table: Table, line: int) -> Report:
    return lambda message, suggestion, level: table.finding(line, message, suggestion, level)


def _at_field(file: LegacyFile, where: Where) -> Report:
    return lambda message, suggestion, level: file.finding(where, message, suggestion, level)


def _owners(entries: list[Entry]) -> Iterator[Finding]:
    """Addresses that name another company, or that two companies share."""
    owners: dict[str, Entry] = {}
    for entry in entries:
        if entry.url and not placeholder(entry.url) and named_by(entry.url, entry.name):
            owners.setdefault(registrable(entry.url), entry)
    for entry in entries:
        if entry.url and not placeholder(entry.url):
            yield from _owner(entry, owners.get(registrable(entry.url)))


def _owner(entry: Entry, owner: Entry | None) -> Iterator[Finding]:
    domain = registrable(entry.url)
    if not named_by(entry.url, entry.name):
        whose = f": it is the domain of {owner.name!r} ({owner.place})" if owner else ", which does not name it"
        message = f"the address of {entry.name!r} is on {domain}{whose}"
        yield entry.report(message, "write its own address, or merge the two", "error" if owner else "warning")
    elif owner and owner.name != entry.name:
        message = f"{entry.name!r} shares the domain {domain} with {owner.name!r} ({owner.place})"
        yield entry.report(message, "make one an alias of the other, if they are one company", "warning")
    elif word := other_trade(entry.url, entry.name):
        message = f"the address of {entry.name!r} is on {domain}, which says {word!r} where the name does not"
        yield entry.report(message, "look whether it is the same company", "warning")


def _seed_addresses(table: Table) -> Iterator[Finding]:
    for line, row in table.rows:
        name, url = row["company_name"], row["homepage_url"]
        if not url:
            yield table.finding(line, f"{name!r} has no address", "write its homepage", "warning")
        elif why := placeholder(url):
            yield table.finding(line, f"the address of {name!r} is {why}", "write the real address")
