"""The whole check of a legacy tree."""

from itertools import islice
from pathlib import Path

import typer

from cli.legacy.catalog import catalog_findings
from cli.legacy.clients import client_findings
from cli.legacy.files import LegacyTree, read_tree
from cli.legacy.finding import Finding
from cli.legacy.profiles import profile_findings
from cli.legacy.rules import matching_findings
from cli.legacy.settings import setting_findings
from cli.legacy.taxonomy import taxonomy_findings
from cli.legacy.vocabularies import seed_findings, table_findings, vocabulary_findings
from shared.errors import ConfigError

MAX_FINDINGS = 2_000
"""A bound on the time that a hostile tree can take."""
CHECKS = (
    vocabulary_findings,
    seed_findings,
    table_findings,
    taxonomy_findings,
    profile_findings,
    matching_findings,
    catalog_findings,
    client_findings,
    setting_findings,
)


def check_legacy(folder: Path) -> list[Finding]:
    """Every finding, each once, by file and line. Raises ConfigError when the folder has no canonical/."""
    return findings(read_tree(folder))


def report_legacy(folder: Path) -> None:
    """Print every finding. Raises ConfigError when one is an error."""
    found = check_legacy(folder)
    for finding in found:
        typer.echo(str(finding))
    errors = sum(finding.level == "error" for finding in found)
    summary = f"{folder}: a legacy tree with {errors} errors and {len(found) - errors} warnings"
    advice = f"`vectora config import {folder} --output NEW` turns it into the present schema"
    if errors:
        raise ConfigError(f"{summary}; {advice}")
    typer.echo(f"{summary}; {advice}")


def findings(tree: LegacyTree) -> list[Finding]:
    """As `check_legacy`, for a tree already read; of each kind of check the first MAX_FINDINGS."""
    found = {*tree.findings}
    for check in CHECKS:
        of_check = list(islice(check(tree), MAX_FINDINGS + 1))
        found.update(of_check[:MAX_FINDINGS])
        if len(of_check) > MAX_FINDINGS:
            found.add(Finding("canonical", 0, f"more than {MAX_FINDINGS:,} findings of one kind", "mend these first"))
    return sorted(found)
