"""Reading a legacy tree, flattened or not: canonical/…/*.yaml, clients/*.yaml and imports/*.csv."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cli.legacy.finding import Finding, Level
from shared.config import strict_yaml
from shared.config.strict_yaml import AGAIN, MAX_BYTES, Document
from shared.errors import ConfigError

KINDS: Mapping[str, str] = {
    "company_scopes*": "company_scopes",
    "molecule_scopes*": "molecule_scopes",
    "trademark_scopes*": "trademark_scopes",
    "technology_scopes*": "technology_scopes",
    "indication_scopes*": "indication_scopes",
    "exclusion_scopes*": "exclusion_scopes",
    "ingestion_profiles*": "ingestion_profiles",
    "domain_matching_rules*": "domain_matching_rules",
    "scoring_rules*": "scoring_rules",
    "event_type_definitions*": "event_type_definitions",
    "event_type_patterns*": "event_type_patterns",
    "source_catalog*": "source_catalog",
    "html_extractors*": "html_extractors",
}
"""File name without its suffix -> kind, wherever below canonical/ the file lies."""

ENTITY_KINDS = ("company_scopes", "molecule_scopes", "trademark_scopes")
VOCABULARY_KINDS = (*ENTITY_KINDS, "technology_scopes", "indication_scopes", "exclusion_scopes")
_EVENT_KINDS = ("event_type_definitions", "event_type_patterns")
_PROMPTS = "prompts"

Where = tuple[str | int, ...]
Row = tuple[int, dict[str, str]]


@dataclass(frozen=True)
class LegacyFile:
    """One YAML file. Of a key that is defined twice, `value` holds the last definition, as the predecessor read it,
    and `replaced` the first."""

    kind: str
    document: Document
    value: Any
    replaced: Mapping[Where, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.document.file

    def line(self, where: Where) -> int:
        """The line of the value at `where`, or of its nearest ancestor."""
        return self.document.line(where)

    def finding(self, where: Where, message: str, suggestion: str = "", level: Level = "error") -> Finding:
        return Finding(self.path, self.line(where), message, suggestion, level)


@dataclass(frozen=True)
class Table:
    """One CSV file: its rows, each with the line that it ends on."""

    path: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def name(self) -> str:
        return Path(self.path).stem

    def finding(self, line: int, message: str, suggestion: str = "", level: Level = "error") -> Finding:
        return Finding(self.path, line, message, suggestion, level)


@dataclass
class LegacyTree:
    """All files, by path; `findings` is what the reading itself found wrong."""

    files: list[LegacyFile] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def of(self, *kinds: str) -> list[LegacyFile]:
        """The files of these kinds whose top level is a mapping, by path."""
        return [file for file in self.files if file.kind in kinds and isinstance(file.value, dict)]


def is_legacy(folder: Path) -> bool:
    """Whether the folder holds a tree of the predecessor: vocabularies as bare lists, or event types in two files."""
    if not (folder / "canonical").is_dir():
        return False
    files = read_tree(folder).files
    bare = [_is_bare(file) for file in files if _is_vocabulary(file)]
    return any(file.kind in _EVENT_KINDS for file in files) or sum(bare) > len(bare) / 2


def read_tree(folder: Path) -> LegacyTree:
    """Read every file. Raises ConfigError when the folder has no canonical/; what is wrong inside becomes findings."""
    if not (folder / "canonical").is_dir():
        raise ConfigError(f"{folder} has no folder canonical; name a configuration tree")
    tree = LegacyTree()
    for path in sorted(_paths(folder)):
        name = path.relative_to(folder).as_posix()
        if path.stat().st_size > MAX_BYTES:
            size = f"the file has {path.stat().st_size:,} bytes, more than {MAX_BYTES:,}"
            tree.findings.append(Finding(name, 0, size, "split it into several files"))
        elif path.suffix == ".csv":
            _read_table(tree, name, path.read_bytes())
        else:
            _read_yaml(tree, name, path.read_bytes())
    return tree


def _paths(folder: Path) -> Iterator[Path]:
    for top in ("canonical", "clients", "imports"):
        yield from (p for p in (folder / top).rglob("*") if p.suffix in {".yaml", ".yml", ".csv"} and p.is_file())


def _kind(name: str) -> str | None:
    parts = Path(name).parts
    if parts[0] == "clients":
        return "client"
    if _PROMPTS in parts:
        return _PROMPTS
    return next((kind for pattern, kind in KINDS.items() if fnmatchcase(Path(name).stem, pattern)), None)


def _read_yaml(tree: LegacyTree, name: str, content: bytes) -> None:
    document = strict_yaml.read(name, content)
    tree.findings.extend(Finding(d.file, d.line, d.message, d.suggestion) for d in document.defects)
    kind = _kind(name)
    if kind is None:
        tree.findings.append(Finding(name, 0, "nothing reads this file", "move what it says into a file that is read"))
        return
    if document.value is None and not document.defects:
        tree.findings.append(Finding(name, 1, "the file is empty", "fill it or remove it"))
    elif document.value is not None and not isinstance(document.value, dict):
        tree.findings.append(Finding(name, 1, "the file is a list or a plain value", "start it with keys"))
    replaced = _last_definitions(document)
    tree.files.append(LegacyFile(kind, document, document.value, replaced))


def _last_definitions(document: Document) -> dict[Where, Any]:
    """Give every repeated key its last definition, with its lines; returns the first ones."""
    again = {path: value for path, value in document.repeated.items() if AGAIN not in path}
    first: dict[Where, Any] = {}
    for path, value in again.items():
        parent = document.value
        for part in path[:-1]:
            parent = parent[part]
        first[path] = parent[path[-1]]
        parent[path[-1]] = value
    if again:
        document.lines = dict(_lines(document, again))
    return first


def _lines(document: Document, again: Mapping[Where, Any]) -> Iterator[tuple[Where, int]]:
    """The lines without those of replaced values, and with the replacements' under the plain path."""
    for path, line in document.lines.items():
        depth = next((n for n in range(1, len(path) + 1) if path[:n] in again), None)
        if depth is None:
            yield path, line
        elif len(path) > depth and path[depth] == AGAIN:
            yield (*path[:depth], *path[depth + 1 :]), line


def _read_table(tree: LegacyTree, name: str, content: bytes) -> None:
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = tuple((reader.line_num, {k: v or "" for k, v in row.items() if isinstance(k, str)}) for row in reader)
        tree.tables.append(Table(name, tuple(reader.fieldnames or ()), rows))
    except (UnicodeDecodeError, csv.Error) as error:
        tree.findings.append(Finding(name, 0, f"not a readable CSV file: {error}", "save it as UTF-8 with commas"))


def _is_vocabulary(file: LegacyFile) -> bool:
    return file.kind in VOCABULARY_KINDS and isinstance(file.value, dict) and bool(file.value)


def _is_bare(file: LegacyFile) -> bool:
    """Lists or categories right at the top, where the present schema has `entities` and `scopes`."""
    new = {"entities", "scopes"} & set(file.value)
    return not new and all(isinstance(value, list | dict) for value in file.value.values())
