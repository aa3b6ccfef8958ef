"""What the matcher reports."""

from typing import Literal, NamedTuple

HitKind = Literal["company", "molecule", "trademark", "technology", "indication", "exclusion", "event", "link_only"]


class Hit(NamedTuple):
    """A term found in a text, from `start` to `end` (offsets into the original text).

    `id` is the entity's canonical id, or the term itself for vocabulary. `scopes` are all scopes that list it:
    company/molecule/trademark scope names; `scope.category` for technology terms; the indication or exclusion scope;
    for events `event_type.title`, `event_type.body` or `event_type.negative`.
    """

    kind: HitKind
    id: str
    name: str
    scopes: frozenset[str]
    start: int
    end: int

    def text(self, source: str) -> str:
        """The text's own wording."""
        return source[self.start : self.end]
