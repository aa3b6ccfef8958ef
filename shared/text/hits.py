"""What the matcher reports."""

from functools import lru_cache
from typing import Literal, NamedTuple

HitKind = Literal["company", "molecule", "trademark", "technology", "indication", "exclusion", "event", "link_only"]

_ENTITY_KINDS = frozenset({"company", "molecule", "trademark", "link_only"})


class Subject(NamedTuple):
    """What a hit is a hit of.

    `id` is the entity's canonical id, or the term itself for vocabulary. `scopes` are all scopes that list it:
    company/molecule/trademark scope names; `scope.category` for technology terms; the indication or exclusion scope;
    for events `event_type.title`, `.body`, `.telltale` or `.negative`.
    `rivals` are the vocabularies in which it competes with overlapping hits: its kind for an entity, else its
    technology scopes, exclusion scopes or lists of event patterns.
    """

    kind: HitKind
    id: str
    name: str
    scopes: frozenset[str]
    rivals: frozenset[str]

    @classmethod
    def of(cls, kind: HitKind, identity: str, name: str, scopes: frozenset[str]) -> "Subject":
        return cls(kind, identity, name, scopes, _vocabularies(kind, scopes))

    def also_in(self, scopes: frozenset[str]) -> "Subject":
        return Subject.of(self.kind, self.id, self.name, self.scopes | scopes)


@lru_cache(maxsize=1024)
def _vocabularies(kind: HitKind, scopes: frozenset[str]) -> frozenset[str]:
    if kind in _ENTITY_KINDS:
        return frozenset({kind})
    names = {scope.partition(".")[0] for scope in scopes} if kind == "technology" else scopes
    return frozenset(f"{kind} {name}" for name in names)


class Hit(NamedTuple):
    """A term found in a text, from `start` to `end` (offsets into the original text). All hits of a term share their
    subject, so that one costs no more than a triple."""

    start: int
    end: int
    subject: Subject

    @property
    def kind(self) -> HitKind:
        return self.subject.kind

    @property
    def id(self) -> str:
        return self.subject.id

    @property
    def name(self) -> str:
        return self.subject.name

    @property
    def scopes(self) -> frozenset[str]:
        return self.subject.scopes

    def text(self, source: str) -> str:
        """The text's own wording."""
        return source[self.start : self.end]
