"""How terms and entities are written in the canonical files."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from shared.contracts.base import Contract

DOCUMENTATION = "documentation"
"""Marks a field that is for people alone: nothing reads it. Every other field has an effect (a test walks them all)."""

Note = Annotated[str, DOCUMENTATION]
CompanyType = Literal["pure_player", "hybrid", "other"]


def _as_term(value: Any) -> Any:
    return {"term": value} if isinstance(value, str) else value


class Term(Contract):
    """One term of a scope. In YAML a plain string, or a mapping when it needs rules.

    `term` is a literal unless it starts with `regex:`; nothing is guessed. Matching is on word boundaries.
    `case`: "ignore" (default) or "exact" (acronyms). `requires_any`: literals of which one must stand in the
    same text for the term to count. `excludes_any`: literals whose presence in the text voids it.
    """

    term: str = Field(min_length=1)
    case: Literal["ignore", "exact"] = "ignore"
    requires_any: tuple[str, ...] = ()
    excludes_any: tuple[str, ...] = ()

    @property
    def is_regex(self) -> bool:
        return self.term.startswith("regex:")

    @property
    def pattern(self) -> str:
        """The regular expression without its prefix."""
        return self.term.removeprefix("regex:").strip()


TermSpec = Annotated[Term, BeforeValidator(_as_term, json_schema_input_type=str | Term)]


class NamedEntity(Contract):
    """A company, molecule or trademark. `source` says where the fact comes from (documentation)."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    name: str = Field(min_length=1)
    aliases: tuple[TermSpec, ...] = ()
    case: Literal["ignore", "exact"] = "ignore"
    requires_any: tuple[str, ...] = ()
    source: Note = ""


class Company(NamedEntity):
    """A company; `type` decides which matching rules apply to it."""

    type: CompanyType = "other"
    homepage_url: Note = ""


class Molecule(NamedEntity):
    """An active substance (INN)."""


class Trademark(NamedEntity):
    """A product's trade name; `molecule_id` and `company_id` refer to the other files."""

    molecule_id: str | None = None
    company_id: str | None = None


NameEnding = Annotated[str, StringConstraints(pattern=r"^[a-z]{3,}$")]


class EntityFile(Contract):
    """Base of the entity files: entities, and scopes that list their ids."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scopes: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class CompanyScopes(EntityFile):
    """canonical/scopes/company_scopes*.yaml"""

    entities: tuple[Company, ...]


class MoleculeScopes(EntityFile):
    """canonical/scopes/molecule_scopes*.yaml.

    `name_endings` are endings that names of substances share, in lower case without accents: a summary may bring in no
    word with one of them that its source does not hold.
    """

    name_endings: tuple[NameEnding, ...] = ()
    entities: tuple[Molecule, ...]


class TrademarkScopes(EntityFile):
    """canonical/scopes/trademark_scopes*.yaml"""

    entities: tuple[Trademark, ...]


class TechnologyScope(Contract):
    """A technology vocabulary: named categories of terms, and the profile that combines them."""

    profile: str
    description: Note = ""
    categories: dict[str, tuple[TermSpec, ...]]


class TechnologyScopes(Contract):
    """canonical/scopes/technology_scopes*.yaml"""

    scopes: dict[str, TechnologyScope]


class IndicationScopes(Contract):
    """canonical/scopes/indication_scopes*.yaml: terms per indication."""

    scopes: dict[str, tuple[TermSpec, ...]]


class ExclusionScope(Contract):
    """Terms that mark noise. `match_in`: "title", "lead" (title and first 400 characters) or "text" (all of it)."""

    description: Note = ""
    match_in: Literal["title", "lead", "text"] = "title"
    terms: tuple[TermSpec, ...]


class ExclusionScopes(Contract):
    """canonical/scopes/exclusion_scopes*.yaml"""

    scopes: dict[str, ExclusionScope]
