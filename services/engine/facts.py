"""What an item is about, as the rules see it: its text and entities resolved against the canonical scopes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shared.config.rules import EventType
from shared.config.terms import Trademark
from shared.config.tree import ConfigTree
from shared.contracts.items import Entity, NormalizedItem
from shared.text.hits import Hit

NamedKind = Literal["company", "molecule", "trademark"]
NAMED: tuple[NamedKind, ...] = ("company", "molecule", "trademark")
_LEADING_ROLES = ("subject", "partner")


@dataclass(frozen=True, slots=True)
class Facts:
    """One item, resolved.

    `ids` are canonical ids by kind, also those that a trade name implies: its substance and its company. `names` are
    the names to print, canonical where known, in order of appearance: only what the text itself names. `subjects` are
    the ids of companies that the item is about (subject or partner, named in its title by their own name or by a trade
    name of theirs, or owner of the source). `technology` maps `scope.category` to the distinct terms found;
    `title_exclusions` are exclusion scopes found in the title. `publisher` is the company on whose own site it stands,
    else the source. `title_hits` is what the matcher found in the title. `late` marks an item older than the window.
    `event` is its type, unless the taxonomy does not know it.
    """

    item: NormalizedItem
    ids: dict[str, frozenset[str]]
    names: dict[str, tuple[str, ...]]
    subjects: frozenset[str]
    technology: dict[str, frozenset[str]]
    indications: frozenset[str]
    title_exclusions: frozenset[str]
    publisher: str
    title_hits: tuple[Hit, ...] = ()
    late: bool = False
    event: EventType | None = None

    @property
    def item_id(self) -> str:
        return self.item.item_id


def source_text(item: NormalizedItem) -> str:
    """The source's own words that an item keeps, as paragraphs: title, evidence of sentences and figures, mentions."""
    parts = [
        item.title,
        *(sentence.evidence for sentence in item.summary),
        *(figure.evidence for figure in item.figures),
        *(entity.mention for entity in item.entities),
    ]
    return "\n\n".join(dict.fromkeys(part.strip() for part in parts if part.strip()))


def read_facts(item: NormalizedItem, tree: ConfigTree, *, late: bool = False) -> Facts:
    """Resolve an item against the present canonical files: a new alias needs no new normalization."""
    hits = tree.subject_matcher.find(source_text(item))
    title_end = len(item.title.strip())
    named = _named(item.entities, hits, tree)
    return Facts(
        item=item,
        ids=_ids(item, named, tree),
        names={kind: tuple(dict.fromkeys(name for _, name in named[kind])) for kind in NAMED}
        | {"technology": _technologies(item.entities)},
        subjects=_subjects(item, hits, title_end, tree),
        technology=_by_category(hits),
        indications=frozenset(scope for hit in hits if hit.kind == "indication" for scope in hit.scopes),
        title_exclusions=frozenset(
            scope for hit in hits if hit.kind == "exclusion" and hit.end <= title_end for scope in hit.scopes
        ),
        publisher=_publisher(item, tree),
        title_hits=tuple(hit for hit in hits if hit.end <= title_end),
        late=late,
        event=tree.event_types.get(item.event_type),
    )


def _resolve(entity: Entity, tree: ConfigTree) -> tuple[str | None, str]:
    """Canonical id and name of an extracted entity, or no id and its own name."""
    known = {"company": tree.companies, "molecule": tree.molecules, "trademark": tree.trademarks}[entity.kind]
    if entity.id is not None and entity.id in known:
        return entity.id, known[entity.id].name
    found = tree.entity_by_alias(entity.kind, entity.name) or tree.entity_by_alias(entity.kind, entity.mention)
    return (found.id, found.name) if found else (None, entity.name)


def _named(entities: Iterable[Entity], hits: list[Hit], tree: ConfigTree) -> dict[str, list[tuple[str | None, str]]]:
    named: dict[str, list[tuple[str | None, str]]] = {kind: [] for kind in NAMED}
    for entity in entities:
        if entity.kind in named:
            named[entity.kind].append(_resolve(entity, tree))
    for hit in hits:
        if hit.kind in named:
            named[hit.kind].append((hit.id, hit.name))
    return named


def _ids(
    item: NormalizedItem, named: dict[str, list[tuple[str | None, str]]], tree: ConfigTree
) -> dict[str, frozenset[str]]:
    """Canonical ids by kind; a company's own site is about that company even where its text says "we", and a trade
    name stands for its substance and its company whether or not the writer adds them."""
    ids: dict[str, frozenset[str]] = {kind: frozenset(i for i, _ in named[kind] if i) for kind in NAMED}
    own = {item.company_id} if item.company_id else set()
    marks = _marks(ids["trademark"], tree)
    return ids | {
        "company": ids["company"] | own | {mark.company_id for mark in marks if mark.company_id},
        "molecule": ids["molecule"] | {mark.molecule_id for mark in marks if mark.molecule_id},
    }


def _marks(ids: Iterable[str], tree: ConfigTree) -> list[Trademark]:
    return [tree.trademarks[i] for i in ids if i in tree.trademarks]


def _publisher(item: NormalizedItem, tree: ConfigTree) -> str:
    owner = tree.companies.get(item.company_id) if item.company_id else None
    return owner.name if owner else item.source_name


def _technologies(entities: Iterable[Entity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entity.name for entity in entities if entity.kind == "technology"))


def _subjects(item: NormalizedItem, hits: list[Hit], title_end: int, tree: ConfigTree) -> frozenset[str]:
    leading = (_resolve(e, tree)[0] for e in item.entities if e.kind == "company" and e.role in _LEADING_ROLES)
    in_title = [hit for hit in hits if hit.end <= title_end]
    companies = (hit.id for hit in in_title if hit.kind == "company")
    sellers = (mark.company_id for mark in _marks((hit.id for hit in in_title if hit.kind == "trademark"), tree))
    return frozenset(i for i in (*leading, *companies, *sellers, item.company_id) if i)


def _by_category(hits: Iterable[Hit]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for hit in hits:
        if hit.kind == "technology":
            for scope in hit.scopes:
                found[scope].add(hit.id)
    return {scope: frozenset(terms) for scope, terms in found.items()}
