"""Labelled items: what a file of eval/ holds, read strictly."""

from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from shared.config.strict_yaml import read
from shared.config.tree import ConfigTree
from shared.contracts.base import Contract
from shared.errors import ConfigError, InputError

Named = Literal["company", "molecule", "trademark"]
NAMED: tuple[Named, ...] = ("company", "molecule", "trademark")


class Gold(Contract):
    """What a reader says of an item. `keep`: to be printed for the client. Entities that the text names are canonical
    ids, or names that lead to one; `technologies` are the text's own words, None where nobody labelled them."""

    keep: bool
    event_type: str
    companies: tuple[str, ...] = ()
    molecules: tuple[str, ...] = ()
    trademarks: tuple[str, ...] = ()
    technologies: tuple[str, ...] | None = None

    def names(self, kind: Named) -> tuple[str, ...]:
        """What is labelled of a kind."""
        return {"company": self.companies, "molecule": self.molecules, "trademark": self.trademarks}[kind]

    def ids(self, kind: Named, tree: ConfigTree) -> frozenset[str]:
        """The canonical ids of a kind. A name that leads to none is open world: nobody can be held to its id."""
        known = {"company": tree.companies, "molecule": tree.molecules, "trademark": tree.trademarks}[kind]
        listed = frozenset(self.names(kind))
        found = (tree.entity_by_alias(kind, name) for name in listed - set(known))
        return (listed & set(known)) | {entity.id for entity in found if entity}


class Labelled(Contract):
    """One labelled item. `company_id`: the company whose own source it is, if any; `published`: YYYY-MM-DD."""

    id: str
    language: str = Field(pattern=r"^[a-z]{2}$")
    source_type: str
    company_id: str | None = None
    title: str = Field(min_length=1)
    text: str = ""
    published: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    gold: Gold


_ITEMS = TypeAdapter(tuple[Labelled, ...])


def load(path: Path, tree: ConfigTree) -> tuple[Labelled, ...]:
    """The items of a file. Raises ConfigError naming file and line, InputError where there is no such file."""
    try:
        document = read(path.name, path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"no labelled set at {path}: give --set development, held-out or a YAML file.") from error
    if document.defects:
        raise ConfigError("\n".join(str(defect) for defect in document.defects))
    try:
        items = _ITEMS.validate_python(document.value or ())
    except ValidationError as error:
        places = (
            f"{path.name}:{document.line(tuple(problem['loc']))}: {problem['msg']}" for problem in error.errors()[:10]
        )
        raise ConfigError("\n".join(places)) from error
    _check(path.name, items, tree)
    return tuple(_resolved(item, tree) for item in items)


def _resolved(item: Labelled, tree: ConfigTree) -> Labelled:
    """The item with the canonical id of the company whose source it is."""
    found = tree.entity_by_alias("company", item.company_id or "")
    return item.model_copy(update={"company_id": found.id}) if found else item


def _check(name: str, items: tuple[Labelled, ...], tree: ConfigTree) -> None:
    """Event types and sources' companies resolve, and no item stands there twice."""
    wrong = [f"{item.id}: two items have this id" for item in _repeated(items)]
    for item in items:
        if item.gold.event_type not in tree.event_types:
            wrong.append(f"{item.id}: no event type {item.gold.event_type!r}")
        company = item.company_id
        if company and company not in tree.companies and not tree.entity_by_alias("company", company):
            wrong.append(f"{item.id}: no company {item.company_id!r}")
    if wrong:
        raise ConfigError(f"{name}: " + "; ".join(wrong))


def _repeated(items: tuple[Labelled, ...]) -> list[Labelled]:
    ids = [item.id for item in items]
    return [item for n, item in enumerate(items) if item.id in ids[:n]]
