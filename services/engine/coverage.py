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
    """One paragraph; names sources that failed, had a gap (and how often to poll them), or fell silent."""
    reached = [report for report in covered.reports if report.status != "failed"]
    parts = [
        words.coverage.format(sources=_kinds(reached, words), span=words.span(covered.window)),
        words.coverage_seen.format(seen=words.many(covered.seen, words.items), printed=covered.printed),
    ]
    failed = _names(report for report in covered.reports if report.status == "failed")
    gaps = sorted({_gap(report, words) for report in reached if report.gap})
    silent = sorted({_silence(report, words) for report in reached if report.silent_days})
    if failed:
        parts.append(words.coverage_failed.format(names=", ".join(failed)))
    if gaps:
        parts.append(words.coverage_gap.format(names=", ".join(gaps)))
    if silent:
        parts.append(words.coverage_silent.format(names=", ".join(silent)))
    return " ".join(parts)


def _gap(report: SourceReport, words: Wording) -> str:
    """The source, with the interval at which to poll it, where that is known."""
    if report.poll_hours is None:
        return report.source_name
    return f"{report.source_name} ({words.coverage_poll.format(hours=words.decimal(report.poll_hours))})"


def _silence(report: SourceReport, words: Wording) -> str:
    return f"{report.source_name} ({words.many(report.silent_days, words.days)})"


def _kinds(reports: Sequence[SourceReport], words: Wording) -> str:
    """`5 company sites and 3 press sources`; types without a word of their own are counted together."""
    counts = Counter(words.source_types.get(report.source_type, words.other_sources) for report in reports)
    return words.listing([words.many(number, forms) for forms, number in counts.items()]) or words.coverage_none


def _names(reports: Iterable[SourceReport]) -> list[str]:
    return sorted({report.source_name for report in reports})
