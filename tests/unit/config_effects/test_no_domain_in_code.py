"""No term of any vertical stands in the code: names, products and vocabularies live in config/ alone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.config.loader import DirectorySource, load_tree
from shared.config.terms import Term
from shared.config.tree import ConfigTree
from shared.text.fold import fold_key
from shared.text.matcher import Entry, Matcher

ROOT = Path(__file__).parents[3]
FOLDERS = ("services", "shared", "cli", "local")
# The demonstration is a client with pages of its own: its fictional articles speak of its own market.
EXEMPT = ("local/demo",)
SUFFIXES = (".py", ".j2", ".yaml", ".toml", ".json", ".html", ".css", ".js", ".md")
VERTICAL_KINDS = ("company", "molecule", "trademark", "technology", "indication")
# Vocabulary that is also everyday English or everyday computing, each with the sense in which code uses it.
ORDINARY = {
    "inject": "the logger injects a context",
    "monthly": "budgets are monthly, and grounding reads intervals as numbers",
    "every month": "an interval, which grounding reads as a number",
    "2 month": "an interval, which grounding reads as a number",
    "mensuel": "French for monthly",
    "mensuelle": "French for monthly",
    "mensual": "Spanish for monthly",
    "monatlich": "German for monthly",
    "mensile": "Italian for monthly",
    "bimonthly": "an interval, which grounding reads as a number",
    "trimestriel": "French for quarterly",
    "trimestrielle": "French for quarterly",
    "vierteljahrlich": "German for quarterly",
}
GENERAL = {"PubMed", "demo"}
"""A kind of source that the product reads, and the client that it shows itself with."""
VERTICALS = ("lai", "sirna", "rnai")


@pytest.fixture(scope="module")
def tree() -> ConfigTree:
    return load_tree(DirectorySource(ROOT / "config"))


@pytest.fixture(scope="module")
def code() -> dict[str, str]:
    """Path → text of every file of code."""
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)
    named = {path.relative_to(ROOT).as_posix(): path for path in paths if "__pycache__" not in path.parts}
    return {name: path.read_text() for name, path in named.items() if not name.startswith(EXEMPT)}


def bare(entries: Iterator[Entry]) -> Iterator[Entry]:
    """The terms of the verticals, counting wherever they stand."""
    for entry in entries:
        if entry.kind in VERTICAL_KINDS and not entry.term.is_regex:
            yield replace(entry, term=Term(term=entry.term.term, case=entry.term.case))


def test_no_name_and_no_term(tree: ConfigTree, code: dict[str, str]) -> None:
    assert len(code) > 100
    matcher = Matcher.compile(bare(tree.entries()))
    found = sorted(
        {
            (path, hit.text(text))
            for path, text in code.items()
            for hit in matcher.find(text)
            if fold_key(hit.text(text)) not in ORDINARY
        }
    )
    assert found == []


def test_no_id_of_any_entity_source_or_vocabulary(tree: ConfigTree, code: dict[str, str]) -> None:
    """Every one of them, beside the names and aliases above."""
    ids = {*tree.companies, *tree.molecules, *tree.trademarks, *tree.sources, *tree.bouquets, *tree.indication_scopes}
    ids |= {*tree.exclusion_scopes, *(source.name for source in tree.sources.values())}
    ids |= {category for scope in tree.technology_scopes.values() for category in scope.categories}
    names = {name for name in ids if name not in GENERAL}
    assert len(names) > 400
    words = {name.casefold() for name in names}
    pieces = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in sorted(words, key=len)[::-1]))
    found = {(path, match.group()) for path, text in code.items() for match in pieces.finditer(text.casefold())}
    assert found == set()


def test_every_entity_is_looked_for(tree: ConfigTree) -> None:
    sought = {(entry.kind, entry.id) for entry in bare(tree.entries())}
    known = {"company": tree.companies, "molecule": tree.molecules, "trademark": tree.trademarks}
    assert {(kind, one) for kind, entities in known.items() for one in entities} <= sought


def test_no_scope_no_profile_and_no_client(tree: ConfigTree, code: dict[str, str]) -> None:
    entities = (tree.company_scopes, tree.molecule_scopes, tree.trademark_scopes)
    terms = (tree.technology_scopes, tree.indication_scopes, tree.exclusion_scopes)
    groups = (*entities, *terms, tree.profiles, tree.matching.technology_profiles)
    names = {name for group in groups for name in group} | (set(tree.clients) - {"demo"})
    assert len(names) > 10
    assert [(path, name) for path, text in code.items() for name in names if name in text] == []


def test_no_vertical_by_name(code: dict[str, str]) -> None:
    matcher = Matcher.compile(
        Entry("technology", name, name, frozenset({"x.y"}), Term(term=name)) for name in VERTICALS
    )
    assert [(path, hit.id) for path, text in code.items() for hit in matcher.find(text)] == []


def test_the_search_would_find_a_term(tree: ConfigTree) -> None:
    matcher = Matcher.compile(bare(tree.entries()))
    name = next(iter(tree.companies.values())).name
    assert matcher.find(f"if company == {name!r}:")
