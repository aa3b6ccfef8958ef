"""The diagnostic page of a run, in Markdown, from its report and its newsletter; nothing in it is written by hand."""

from collections.abc import Iterator, Mapping

from cli.summary import printed, source_failures
from shared.contracts.edition import Edition, ItemReport, Report

_SHOWN = 8


def diagnosis(edition: Edition, report: Report, stack: str) -> str:
    """Volumes, sections, calls, time, the editorial's verdict, problems, and what would change the outcome."""
    return "\n".join(
        (
            *_head(edition, report, stack),
            *_volumes(report),
            *_sections(edition, report),
            *_calls(report),
            *_editorial(edition, report),
            *_problems(report),
            *_adjustments(report),
        )
    )


def _head(edition: Edition, report: Report, stack: str) -> Iterator[str]:
    yield f"# Diagnosis of {report.edition_id}, client {report.client_id}\n"
    command = f"vectora edition diagnose {report.client_id} {report.edition_id} --stack {stack}"
    yield f"Generated from the edition's report by `{command}`.\n"
    yield f"- Window: {report.window.start} to {report.window.end} (not included), run at {report.as_of}"
    yield f"- Edition of {edition.edition_date}, status {report.status}, configuration {report.config_release}"
    yield f"- Batch: {report.batch_id or 'none (direct request)'}\n"


def _volumes(report: Report) -> Iterator[str]:
    yield "## Volumes\n"
    yield "| stage | what became of its items |\n|---|---|"
    for stage, counts in report.counts.items():
        told = ", ".join(f"{amount} {_words(name)}" for name, amount in counts.items() if amount)
        yield f"| {stage} | {told or 'nothing'} |"
    yield "\n| source | state | listed | let in | seconds |\n|---|---|---|---|---|"
    for source in report.sources:
        facts = f"{source.listed} | {source.queued} | {source.seconds:.2f}"
        yield f"| {_cell(source.source_name)} | {source.status} | {facts} |"
    yield ""


def _sections(edition: Edition, report: Report) -> Iterator[str]:
    yield "## Sections\n"
    if not edition.sections:
        yield "None: a quiet week.\n"
        return
    scores = {item.item_id: item for item in report.items}
    yield "| section | item | score | made of |\n|---|---|---|---|"
    for section in edition.sections:
        for item in section.items:
            parts = _parts(scores[item.item_id]) if item.item_id in scores else ""
            yield f"| {_cell(section.title)} | {_cell(item.title)} | {item.score:.1f} | {parts} |"
    yield ""


def _parts(item: ItemReport) -> str:
    ordered = sorted(item.contributions.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return _cell(", ".join(f"{name} {amount:+g}" for name, amount in ordered))


def _calls(report: Report) -> Iterator[str]:
    yield "## Calls, cost and time\n"
    yield f"- Calls of the model: {_listed(report.model_calls)}; ${report.cost_usd:.4f} at list price"
    normalized = report.counts.get("normalize", {}).get("done", 0)
    calls = report.model_calls.get("normalize", 0)
    if normalized:
        yield f"- {calls / normalized:.2f} calls for each normalized item: above 1, answers were refused or throttled"
    yield f"- Refused as not grounded: {_listed(report.refused)}"
    yield f"- Seconds in the engine: {_listed(report.timings)}\n"


def _editorial(edition: Edition, report: Report) -> Iterator[str]:
    yield "## Editorial\n"
    writer = {"model": "the model", "cache": "the cache of an earlier call", "rules": "rules"}[edition.editorial]
    yield f"- Written by {writer} ({edition.model}); {printed(edition)} items in {len(edition.sections)} sections"
    if edition.editorial_note:
        yield f"- {_cell(edition.editorial_note)}"
    replaced = report.refused.get("editorial", 0)
    yield f"- Sentences that the items did not support, and that their own words replaced: {replaced}\n"


def _problems(report: Report) -> Iterator[str]:
    yield "## Problems\n"
    lost = [item for item in report.items if _ended(item, "normalize", "failed")]
    undated = [item for item in report.items if _ended(item, "ingest", "undated")]
    problems = [
        *source_failures(report.sources),
        *(f"not normalized: {_cell(item.title)} ({_cell(item.dispositions[-1].reason)})" for item in lost[:_SHOWN]),
        *(f"set aside without a date: {_cell(item.title)}" for item in undated[:_SHOWN]),
        *map(_cell, report.notes),
    ]
    yield from (f"- {problem}" for problem in problems or ["none"])
    yield ""


def _adjustments(report: Report) -> Iterator[str]:
    """What the engine looked at and did not print, with what would change it."""
    yield "## What would change the outcome\n"
    near = sorted((item for item in report.items if _missed(item)), key=lambda item: (-(item.score or -1), item.title))
    for item in near[:_SHOWN]:
        last = item.dispositions[-1]
        yield f"- {_cell(item.title)}: {_words(last.outcome)}. {_cell(last.reason)}"
    if not near:
        yield "- nothing that the engine looked at was left out"
    yield ""


def _missed(item: ItemReport) -> bool:
    return (
        bool(item.dispositions) and item.dispositions[-1].stage == "engine" and not _ended(item, "engine", "selected")
    )


def _ended(item: ItemReport, stage: str, outcome: str) -> bool:
    return any((one.stage, one.outcome) == (stage, outcome) for one in item.dispositions)


def _listed(amounts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {amount:g}" for name, amount in amounts.items() if amount) or "none"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(text: str) -> str:
    """Text of an item as it stands in a table: no markup, no new row."""
    joined = " ".join(text.split())
    for active in "\\`*_[]<>|":
        joined = joined.replace(active, f"\\{active}")
    return joined
