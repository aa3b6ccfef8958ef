"""What is wrong with the clients' files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.legacy.addresses import placeholder
from cli.legacy.catalog import bouquets, sources
from cli.legacy.files import LegacyFile, LegacyTree, Where
from cli.legacy.finding import Finding
from cli.legacy.rules import technology_profiles
from cli.legacy.terms import term_lists
from cli.legacy.values import listing, mapping
from shared.config.naming import closest

SCOPE_KINDS = ("technology", "company", "molecule", "trademark", "indication")


def client_findings(tree: LegacyTree) -> Iterator[Finding]:
    """Every finding about clients, in no particular order."""
    owners: dict[str, str] = {}
    scopes = {kind: scope_lists(tree, kind) for kind in SCOPE_KINDS}
    profiles = {name for _, name, _ in technology_profiles(tree)}
    for file in tree.of("client"):
        client_id = str(mapping(file.value.get("client_profile")).get("client_id"))
        first = owners.setdefault(client_id, file.path)
        yield from _identity(file, client_id, first)
        for index, domain in enumerate(listing(file.value.get("watch_domains"))):
            yield from _domain(file, ("watch_domains", index), mapping(domain), scopes, profiles)
        yield from _sources(tree, file)
        yield from _layout(file)
        yield from _recipient(file)


def _identity(file: LegacyFile, client_id: str, first: str) -> Iterator[Finding]:
    where: Where = ("client_profile", "client_id")
    if client_id != Path(file.path).stem:
        message = f"client {client_id!r} stands in {file.path}"
        yield file.finding(where, message, f"rename the file clients/{client_id}.yaml")
    if first != file.path:
        yield file.finding(where, f"client {client_id!r} is already defined in {first}", "keep one")


def scope_lists(tree: LegacyTree, kind: str) -> dict[str, bool]:
    """Scope -> whether it holds a term, of one of SCOPE_KINDS."""
    files = tree.of(f"{kind}_scopes")
    found = {name: False for file in files for name in file.value}
    for terms in (terms for file in files for terms in term_lists(file)):
        found[str(terms.where[0])] |= bool(terms.terms)
    return found


def _domain(
    file: LegacyFile, where: Where, domain: dict[str, Any], scopes: dict[str, dict[str, bool]], profiles: set[str]
) -> Iterator[Finding]:
    for kind, known in scopes.items():
        name = domain.get(f"{kind}_scope")
        at = (*where, f"{kind}_scope")
        if name is not None and str(name) not in known:
            yield file.finding(at, f"{kind} scope {name!r} is not defined", closest(str(name), known))
        elif name is not None and not known[str(name)]:
            yield file.finding(at, f"{kind} scope {name!r} is empty: nothing of it is found", "fill it")
    profile = domain.get("technology_profile")
    if profile is not None and str(profile) not in profiles:
        message = f"technology profile {profile!r} is not defined"
        yield file.finding((*where, "technology_profile"), message, closest(str(profile), profiles))


def _sources(tree: LegacyTree, file: LegacyFile) -> Iterator[Finding]:
    config = mapping(file.value.get("source_config"))
    known = {
        "source_bouquets_enabled": {str(b.get("bouquet_id")) for _, _, b in bouquets(tree)},
        "sources_extra_enabled": {str(s.get("source_key")) for _, _, s in sources(tree)},
    }
    for field, names in known.items():
        for index, name in enumerate(listing(config.get(field))):
            if str(name) not in names:
                message = f"{name!r} of {field} is not defined"
                yield file.finding(("source_config", field, index), message, closest(str(name), names))


def _layout(file: LegacyFile) -> Iterator[Finding]:
    domains = [str(mapping(d).get("id")) for d in listing(file.value.get("watch_domains"))]
    sections = [mapping(s) for s in listing(mapping(file.value.get("newsletter_layout")).get("sections"))]
    for index, section in enumerate(sections):
        where: Where = ("newsletter_layout", "sections", index)
        for position, name in enumerate(listing(section.get("source_domains"))):
            if str(name) not in domains:
                at = (*where, "source_domains", position)
                yield file.finding(at, f"watch domain {name!r} is not defined", closest(str(name), domains))
        later = len(sections) - index - 1
        everywhere = set(domains) <= set(map(str, listing(section.get("source_domains")) or domains))
        if later and everywhere and not section.get("filter_event_types"):
            message = f"section {section.get('id')!r} takes any event of any domain before the {later} after it"
            yield file.finding(where, message, "give it filter_event_types, or put it last")


def _recipient(file: LegacyFile) -> Iterator[Finding]:
    address = mapping(file.value.get("newsletter_delivery")).get("notification_email")
    if isinstance(address, str) and placeholder(f"mailto://{address.partition('@')[2]}"):
        where = ("newsletter_delivery", "notification_email")
        yield file.finding(where, "notification_email is an example, not an address", "write the real one")
