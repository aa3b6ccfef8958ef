"""Scopes: lists of names become entities with ids, lists of terms become terms."""

from collections.abc import Iterator
from typing import Any

from cli.legacy.addresses import named_by, placeholder
from cli.legacy.conversion import Conversion, is_id, pick, slug
from cli.legacy.files import ENTITY_KINDS, LegacyFile, LegacyTree, Row, Table, Where
from cli.legacy.rules import modifier_scopes
from cli.legacy.terms import META, TermList, is_glued, looks_like_regex, term_lists
from cli.legacy.values import listing, mapping
from shared.text.fold import fold_key

SCOPES = "canonical/scopes"


def convert_scopes(out: Conversion) -> None:
    """Write canonical/scopes/*.yaml."""
    for kind in ENTITY_KINDS:
        out.files[f"{SCOPES}/{kind}.yaml"] = _Entities(out, kind).convert()
    out.files[f"{SCOPES}/technology_scopes.yaml"] = {"scopes": dict(_technology(out))}
    indications = _flat(out, "indication_scopes")
    out.files[f"{SCOPES}/indication_scopes.yaml"] = {"scopes": dict(indications)}
    exclusions = {name: {"terms": terms} for name, terms in _flat(out, "exclusion_scopes") if terms}
    out.files[f"{SCOPES}/exclusion_scopes.yaml"] = {"scopes": exclusions}
    if exclusions:
        out.assume(f"{SCOPES}/exclusion_scopes.yaml", "exclusions are sought in titles, the default of match_in")


def seeds(tree: LegacyTree) -> dict[str, tuple[Table, Row]]:
    """Folded company name -> its row in a seed table; the first row counts."""
    found: dict[str, tuple[Table, Row]] = {}
    for table in tree.tables:
        if {"company_id", "company_name"} <= set(table.columns):
            for row in table.rows:
                found.setdefault(fold_key(row[1]["company_name"]), (table, row))
    return found


class _Entities:
    """The conversion of one kind of names."""

    def __init__(self, out: Conversion, kind: str) -> None:
        self._out, self._kind = out, kind
        self._entities: dict[str, dict[str, Any]] = {}
        self._taken: set[str] = set()
        self._types = _company_types(out) if kind == "company_scopes" else {}
        self._seeds = seeds(out.tree) if kind == "company_scopes" else {}

    def convert(self) -> dict[str, Any]:
        """The file: entities in order of appearance, scopes as lists of ids."""
        scopes: dict[str, list[str]] = {}
        for file in self._out.tree.of(self._kind):
            for terms in term_lists(file):
                ids = [entity_id for where, name in terms.texts() if (entity_id := self._entity(file, where, name))]
                scopes[terms.name] = list(dict.fromkeys([*scopes.get(terms.name, ()), *ids]))
        return {"entities": list(self._entities.values()), "scopes": scopes}

    def _entity(self, file: LegacyFile, where: Where, name: str) -> str | None:
        known = self._entities.get(fold_key(name))
        if known is None:
            return self._new(file, where, name)
        if known["name"] != name:
            self._out.change(file, where, f"{name!r} is the same as {known['name']!r}: one entity")
        return str(known["id"])

    def _new(self, file: LegacyFile, where: Where, name: str) -> str | None:
        table, (line, row) = self._seeds.get(fold_key(name), (None, (0, {})))
        entity_id = row.get("company_id", "") if is_id(row.get("company_id", "")) else slug(name)
        if is_glued(name) or looks_like_regex(name) or not entity_id or entity_id in self._taken:
            self._out.lose(file, where, f"{name!r} is no name to make an entity of", "write the entity by hand")
            return None
        entity: dict[str, Any] = {"id": entity_id, "name": name}
        if self._kind == "company_scopes":
            entity["type"] = self._types.get(fold_key(name), "other")
        if table is not None:
            entity |= self._homepage(table, line, row)
        entity["source"] = f"{file.path}:{file.line(where)}"
        self._entities[fold_key(name)] = entity
        self._taken.add(entity_id)
        return entity_id

    def _homepage(self, table: Table, line: int, row: dict[str, str]) -> dict[str, str]:
        url = row.get("homepage_url", "")
        if not url or (not placeholder(url) and named_by(url, row["company_name"])):
            return {"homepage_url": url} if url else {}
        message = f"the address of {row['company_name']!r} is left out: it is not the company's own"
        self._out.lost.append(table.finding(line, message, "write homepage_url by hand"))
        return {}


def _company_types(out: Conversion) -> dict[str, str]:
    """Folded name -> type, from the scopes that the matching rules call pure players and hybrids."""
    types: dict[str, str] = {}
    modifiers = modifier_scopes(out.tree)
    for file in out.tree.of("company_scopes"):
        for terms in term_lists(file):
            for kind in ("pure_player", "hybrid"):
                if terms.name in modifiers[kind]:
                    _set_types(out, terms, kind, types)
    return types


def _set_types(out: Conversion, terms: TermList, kind: str, types: dict[str, str]) -> None:
    for where, name in terms.texts():
        first = types.setdefault(fold_key(name), kind)
        if first != kind:
            out.lose(terms.file, where, f"{name!r} is both pure player and hybrid: its type is 'other'")
            types[fold_key(name)] = "other"


def _technology(out: Conversion) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in out.tree.of("technology_scopes"):
        for scope, value in file.value.items():
            meta = mapping(mapping(value).get(META))
            if not isinstance(meta.get("profile"), str):
                out.lose(file, (scope,), f"technology scope {scope!r} names no profile in {META}")
                continue
            seen: dict[str, str] = {}
            categories = {
                category: out.terms(file, (scope, category), listing(terms), seen)
                for category, terms in value.items()
                if category != META
            }
            yield scope, {**pick(meta, "profile", "description"), "categories": categories}


def _flat(out: Conversion, kind: str) -> Iterator[tuple[str, list[str]]]:
    for file in out.tree.of(kind):
        for terms in term_lists(file):
            kept = out.terms(file, terms.where, list(terms.terms))
            if not kept:
                out.lose(file, terms.where, f"scope {terms.name!r} holds no term", "write its terms by hand")
            yield terms.name, kept
