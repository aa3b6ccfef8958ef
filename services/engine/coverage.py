"""The closing line: what was covered (source types, numbers, window) and what was not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.engine.wording import Wording
from shared.contracts.batch import SourceReport, Window


@dataclass(frozen=True, slots=True)
class Covered:
    """`reports` are the sources of the run that collected the items; `seen` counts what they listed, or, for an edition
    made without a run, what was analysed."""

    reports: tuple[SourceReport, ...]
    window: Window
    seen: int
    printed: int


def coverage_line(covered: Covered, words: Wording) -> str:
    """One paragraph; names sources that failed or had a gap."""
    reached = [report for report in covered.reports if report.status != "failed"]
    parts = [
        words.coverage.format(sources=_kinds(reached, words), span=words.span(covered.window)),
        words.coverage_seen.format(seen=words.many(covered.seen, words.items), printed=covered.printed),
    ]
    failed = _names(report for report in covered.reports if report.status == "failed")
    gaps = _names(report for report in reached if report.gap)
    if failed:
        parts.append(words.coverage_failed.format(names=", ".join(failed)))
    if gaps:
        parts.append(words.coverage_gap.format(names=", ".join(gaps)))
    return " ".join(parts)


def _kinds(reports: Sequence[SourceReport], words: Wording) -> str:
    """`5 company sites and 3 press sources`; types without a word of their own are counted together."""
    counts = Counter(words.source_types.get(report.source_type, words.other_sources) for report in reports)
    return words.listing([words.many(number, forms) for forms, number in counts.items()]) or words.coverage_none


def _names(reports: Iterable[SourceReport]) -> list[str]:
    return sorted({report.source_name for report in reports})
