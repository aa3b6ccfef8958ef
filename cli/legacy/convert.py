"""The whole conversion of a legacy tree, and its account in words."""

import yaml

from cli.legacy.conversion import Conversion
from cli.legacy.convert_catalog import convert_catalog
from cli.legacy.convert_clients import convert_clients
from cli.legacy.convert_rules import convert_events, convert_matching, convert_profiles
from cli.legacy.convert_scopes import convert_scopes
from cli.legacy.convert_scoring import convert_scoring
from cli.legacy.files import LegacyTree
from cli.legacy.finding import Finding
from cli.legacy.settings import setting_findings
from shared.config.json_schema import modeline
from shared.config.strict_yaml import Defect

STEPS = (
    convert_scopes,
    convert_events,
    convert_matching,
    convert_profiles,
    convert_catalog,
    convert_scoring,
    convert_clients,
)
"""In this order: a later step reads what an earlier one wrote."""


def convert(tree: LegacyTree) -> Conversion:
    """Convert everything that has a place in the present schema. Raises nothing for content: it is noted as lost."""
    out = Conversion(tree)
    for step in STEPS:
        step(out)
    out.lost.extend(setting_findings(tree))
    out.lost.extend(_tables(tree))
    out.lost.extend(_first_definitions(tree))
    out.lost.extend(tree.findings)
    return out


def _tables(tree: LegacyTree) -> list[Finding]:
    unread = (table for table in tree.tables if "company_id" not in table.columns)
    return [table.finding(0, "the table is left out: it belongs to no scope", "move its terms") for table in unread]


def _first_definitions(tree: LegacyTree) -> list[Finding]:
    """What the predecessor never saw: the first definition of a key that is defined twice."""
    return [
        file.finding(path, f"the first {path[-1]!r} never counted: {value!r} is left out", "add what is meant")
        for file in tree.files
        for path, value in file.replaced.items()
    ]


class _Plain(yaml.SafeDumper):
    """Writes every value out: no anchors, lists indented under their key."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (the base class calls it so)
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def yaml_files(out: Conversion) -> dict[str, bytes]:
    """The converted files as text, by path."""
    return {path: f"{modeline(path)}\n\n".encode() + _dump(value) for path, value in out.files.items()}


def _dump(value: object) -> bytes:
    text = yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=118)
    return text.encode()


def report(out: Conversion, remaining: list[Defect]) -> str:
    """IMPORT.md: what was written differently, what could not be carried over, what the check still says."""
    parts = [
        "# Import of a legacy configuration",
        f"## Written differently ({len(set(out.changed))})",
        _lines([f"`{f.file}:{f.line}` {f.message}" for f in sorted(set(out.changed))]),
        f"## Not carried over ({len(set(out.lost))})",
        _lines([f"`{f.file}:{f.line}` {f.message} ({f.suggestion})" for f in sorted(set(out.lost))]),
        f"## Still wrong ({len(remaining)})",
        _lines([str(defect) for defect in remaining]) if remaining else "Nothing: `vectora config check` passes.",
    ]
    return "\n\n".join(parts) + "\n"


def _lines(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) or "None."
