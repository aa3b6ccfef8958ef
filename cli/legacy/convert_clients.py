"""Clients."""

from typing import Any

from cli.legacy.conversion import Conversion, is_id, pick
from cli.legacy.convert_rules import EVENTS
from cli.legacy.files import LegacyFile, Where
from cli.legacy.values import listing, mapping, texts

_DOMAIN = (
    "id", "type", "priority", "enabled", "technology_scope", "company_scope", "molecule_scope", "trademark_scope",
    "indication_scope", "technology_profile", "notes",
)  # fmt: skip
_SECTION = ("id", "title", "source_domains", "max_items", "sort_by")
_SENDER = "newsletter@example.org"


def convert_clients(out: Conversion) -> None:
    """Write clients/{client_id}.yaml. Needs the event types to be converted already."""
    for file in out.tree.of("client"):
        client_id = str(mapping(file.value.get("client_profile")).get("client_id"))
        path = f"clients/{client_id}.yaml"
        if not is_id(client_id) or path in out.files:
            out.lose(file, ("client_profile", "client_id"), f"client {client_id!r} is left out: no id, or taken")
            continue
        if path != file.path:
            out.change(file, ("client_profile", "client_id"), f"the file is called {path}")
        out.files[path] = _client(out, file, path)


def _client(out: Conversion, file: LegacyFile, path: str) -> dict[str, Any]:
    value = file.value
    pipeline = mapping(value.get("pipeline"))
    scoring = mapping(value.get("scoring_config"))
    overrides = mapping(scoring.get("selection_overrides"))
    weights = _weights(out, file, mapping(scoring.get("event_type_weight_overrides")))
    sections = listing(mapping(value.get("newsletter_layout")).get("sections"))
    client = {
        "client_profile": pick(mapping(value.get("client_profile")), "client_id", "name", "language", "tone", "voice"),
        "pipeline": pick(pipeline, "default_period_days"),
        "watch_domains": [pick(mapping(domain), *_DOMAIN) for domain in listing(value.get("watch_domains"))],
        "source_config": pick(mapping(value.get("source_config")), "source_bouquets_enabled", "sources_extra_enabled"),
        "scoring_config": {"event_type_weight_overrides": weights, **pick(overrides, "min_score")},
        "newsletter_layout": {"sections": [_section(out, file, i, mapping(s)) for i, s in enumerate(sections)]},
        "selection": pick(overrides, "max_items_total"),
        "newsletter_delivery": _delivery(out, file, path, mapping(value.get("newsletter_delivery"))),
        **({"notes": pipeline["notes"]} if isinstance(pipeline.get("notes"), str) else {}),
    }
    out.assume(path, "schedule is empty: nothing says at which hour an edition is due")
    return client


def _weights(out: Conversion, file: LegacyFile, given: dict[str, Any]) -> dict[str, Any]:
    types = out.files[EVENTS]["event_types"]
    for name in given:
        if name not in types:
            where = ("scoring_config", "event_type_weight_overrides", name)
            out.lose(file, where, f"the weight of {name!r}: no such event type")
    return {name: weight for name, weight in given.items() if name in types}


def _section(out: Conversion, file: LegacyFile, index: int, section: dict[str, Any]) -> dict[str, Any]:
    types = out.files[EVENTS]["event_types"]
    where: Where = ("newsletter_layout", "sections", index, "filter_event_types")
    wanted = texts(section.get("filter_event_types"))
    for position, name in enumerate(wanted):
        if name not in types:
            out.lose(file, (*where, position), f"section {section.get('id')!r}: no event type {name!r}")
    kept = [name for name in wanted if name in types]
    return {**pick(section, *_SECTION), **({"filter_event_types": kept} if kept else {})}


def _delivery(out: Conversion, file: LegacyFile, path: str, delivery: dict[str, Any]) -> dict[str, Any]:
    out.assume(path, f"from_address is {_SENDER}, an example: write the address that sends")
    address = delivery.get("notification_email")
    if address:
        where = ("newsletter_delivery", "notification_email")
        out.change(file, where, f"{address!r} becomes the one recipient; editions wait for review")
    return {
        "recipients": [address] if address else [],
        "from_address": _SENDER,
        **pick(delivery, "include_intro", "include_tldr"),
    }
