"""What is wrong with the scopes: companies, molecules, trademarks, technologies, indications, exclusions."""

from collections.abc import Iterator

from cli.legacy.files import ENTITY_KINDS, VOCABULARY_KINDS, LegacyFile, LegacyTree, Table
from cli.legacy.finding import Finding
from cli.legacy.profiles import exclusion_scopes_used
from cli.legacy.rules import modifier_scopes
from cli.legacy.terms import TermList, is_acronym, is_glued, looks_like_regex, term_lists
from shared.text.fold import fold_key

_ALL = "_global"


def vocabulary_findings(tree: LegacyTree) -> Iterator[Finding]:
    """Every finding about vocabularies, in no particular order."""
    for file in tree.of(*VOCABULARY_KINDS):
        for terms in term_lists(file):
            yield from _list_findings(terms)
        yield from _two_classes(file)
    for file in tree.of(*ENTITY_KINDS):
        yield from _missing_from_global(file)
    yield from _pure_and_hybrid(tree)
    yield from _unused_exclusions(tree)


def _list_findings(terms: TermList) -> Iterator[Finding]:
    file = terms.file
    if not terms.terms:
        yield file.finding(terms.where, f"scope {terms.name!r} is empty", "fill it or remove it")
    for index, term in enumerate(terms.terms):
        if not isinstance(term, str):
            yield file.finding((*terms.where, index), f"{term!r} is not text", "put it in quotes")
    yield from _repeated(terms)
    for where, term in terms.texts():
        if looks_like_regex(term):
            yield file.finding(where, f"the regular expression {term!r} stands in a list of literals", "write regex:")
        elif is_acronym(term):
            yield file.finding(where, f"the acronym {term!r} has no case rule", "give it case: exact", "warning")
        if file.kind == "company_scopes":
            yield from _name(file, where, term)


def _name(file: LegacyFile, where: tuple[str | int, ...], name: str) -> Iterator[Finding]:
    if is_glued(name):
        yield file.finding(where, f"{name!r} is not one name: no text contains it", "write one entry per company")
    elif "(" in name:
        message = f"{name!r} carries a part in parentheses: a text that omits it is not found"
        yield file.finding(where, message, "add the name without it as an alias", "warning")


def _repeated(terms: TermList) -> Iterator[Finding]:
    first: dict[str, tuple[str, int]] = {}
    for where, term in terms.texts():
        line = terms.file.line(where)
        other, other_line = first.setdefault(fold_key(term), (term, line))
        if line != other_line:
            message = f"{term!r} repeats {other!r} (line {other_line}): case, hyphens and ® make no other term"
            yield terms.file.finding(where, message, "keep one")


def _two_classes(file: LegacyFile) -> Iterator[Finding]:
    """A term in two categories of one technology, or in two exclusion scopes: which one counts is undefined."""
    if file.kind not in {"technology_scopes", "exclusion_scopes"}:
        return
    first: dict[tuple[str, str], tuple[str, int]] = {}
    for terms in term_lists(file):
        for where, term in terms.texts():
            group = str(terms.where[0]) if len(terms.where) > 1 else ""
            name, line = first.setdefault((group, fold_key(term)), (terms.name, file.line(where)))
            if name != terms.name:
                message = f"{term!r} is in {terms.name!r} and in {name!r} (line {line})"
                yield file.finding(where, message, "keep it in one of them")


def _missing_from_global(file: LegacyFile) -> Iterator[Finding]:
    """Names that a narrower scope has and the list of all does not."""
    lists = {terms.name: terms for terms in term_lists(file)}
    for name, everything in lists.items():
        if not name.endswith(_ALL):
            continue
        known = {fold_key(term) for _, term in everything.texts()}
        for other in lists.values():
            if other.name == name or not other.name.startswith(name.removesuffix(_ALL)):
                continue
            for where, term in other.texts():
                if fold_key(term) not in known:
                    message = f"{term!r} is in {other.name!r} but not in {name!r}, the list of all"
                    yield file.finding(where, message, f"add it to {name}")


def _pure_and_hybrid(tree: LegacyTree) -> Iterator[Finding]:
    """Companies that the matching rules take for a pure player and for a hybrid at once."""
    modifiers = modifier_scopes(tree)
    lists = [terms for file in tree.of("company_scopes") for terms in term_lists(file)]
    players = [terms for terms in lists if terms.name in modifiers["pure_player"]]
    pure = {fold_key(term) for terms in players for _, term in terms.texts()}
    for terms in lists:
        if terms.name in modifiers["hybrid"]:
            for where, term in terms.texts():
                if fold_key(term) in pure:
                    yield terms.file.finding(where, f"{term!r} is both pure player and hybrid", "decide which")


def _unused_exclusions(tree: LegacyTree) -> Iterator[Finding]:
    used = exclusion_scopes_used(tree)
    for file in tree.of("exclusion_scopes"):
        for terms in term_lists(file):
            if terms.terms and terms.name not in used:
                message = f"no ingestion profile uses the exclusion scope {terms.name!r}: its terms exclude nothing"
                yield file.finding(terms.where, message, "list it under a profile's exclusion_scopes")


def seed_findings(tree: LegacyTree) -> Iterator[Finding]:
    """Companies that the seed list and the list of all do not share."""
    scopes = [terms for file in tree.of("company_scopes") for terms in term_lists(file) if terms.name.endswith(_ALL)]
    seeds = [table for table in tree.tables if {"company_id", "company_name"} <= set(table.columns)]
    for everything in scopes:
        known = {fold_key(term) for _, term in everything.texts()}
        for table in seeds:
            seeded = {fold_key(row["company_name"]) for _, row in table.rows}
            for line, row in table.rows:
                if fold_key(row["company_name"]) not in known:
                    message = f"{row['company_name']!r} is not in {everything.name!r}"
                    yield table.finding(line, message, "add it there, or remove it here")
            for where, term in everything.texts():
                if fold_key(term) not in seeded:
                    yield everything.file.finding(where, f"{term!r} is not in {table.path}", "add it there")


def table_findings(tree: LegacyTree) -> Iterator[Finding]:
    """Tables of terms: that nothing reads them, acronyms, names glued, terms that two rows claim."""
    for table in tree.tables:
        if "synonyms" in table.columns:
            yield table.finding(1, "nothing reads this table: its terms reach no scope", "move them into the scopes")
        for line, row in table.rows:
            name = row.get("company_name", "")
            if is_glued(name):
                yield table.finding(line, f"{name!r} is not one name: no text contains it", "write one row per company")
            for term in _synonyms(row):
                if is_acronym(term):
                    message = f"the acronym {term!r} has no case rule"
                    yield table.finding(line, message, "give it case: exact where it is used", "warning")
        yield from _claimed_twice(table)


def _synonyms(row: dict[str, str]) -> list[str]:
    return [term.strip() for term in row.get("synonyms", "").split(";") if term.strip()]


def _claimed_twice(table: Table) -> Iterator[Finding]:
    owners: dict[str, tuple[str, int]] = {}
    for line, row in table.rows:
        for term in dict.fromkeys(fold_key(term) for term in _synonyms(row)):
            owner, first = owners.setdefault(term, (row.get("id", ""), line))
            if first != line:
                message = f"the synonym {term!r} is also claimed by {owner!r} (line {first})"
                yield table.finding(line, message, "keep it with one of them")
