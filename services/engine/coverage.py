"""The closing line: what was covered (source types, numbers, window) and what was not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.engine.wording import Wording
from shared.config.rules import Source
from shared.contracts.batch import SourceReport, Window
from shared.contracts.items import NormalizedItem


@dataclass(frozen=True, slots=True)
class Covered:
    """`reports` are the sources of the run that collected the items; `seen` counts what they listed. For an edition
    made without a run, the sources that items came from, and what was analysed."""

    reports: tuple[SourceReport, ...]
    window: Window
    seen: int
    printed: int


def coverage_line(covered: Covered, words: Wording) -> str:
    """One paragraph; names sources that were read in part, failed, had a gap (and how often to poll them), or fell
    silent."""
    reached = [report for report in covered.reports if report.status != "failed"]
    parts = [
        words.coverage.format(sources=_kinds(reached, words), span=words.span(covered.window)),
        words.coverage_seen.format(seen=words.many(covered.seen, words.items), printed=covered.printed),
    ]
    failed = _names(report for report in covered.reports if report.status == "failed")
    gaps = sorted({_gap(report, words) for report in reached if report.gap})
    silent = sorted({_silence(report, words) for report in reached if report.silent_days})
    partial = _names(report for report in covered.reports if report.status == "partial")
    if partial:
        parts.append(words.coverage_partial.format(names=", ".join(partial)))
    if failed:
        parts.append(words.coverage_failed.format(names=", ".join(failed)))
    if gaps:
        parts.append(words.coverage_gap.format(names=", ".join(gaps)))
    if silent:
        parts.append(words.coverage_silent.format(names=", ".join(silent)))
    return " ".join(parts)


def carriers(items: Iterable[NormalizedItem], sources: Iterable[Source]) -> tuple[SourceReport, ...]:
    """Those of `sources` that items came from: all that can be said of sources where no run tells which it reached."""
    listed = Counter(key for item in items for key in item.sources)
    return tuple(
        SourceReport(
            source_key=source.source_key,
            source_name=source.name,
            source_type=source.source_type,
            status="collected",
            listed=listed[source.source_key],
        )
        for source in sources
        if listed[source.source_key]
    )


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
