"""From an assignment to a finished edition with its report; nothing is written here but the editorial cache."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from services.engine.adapters import Ports
from services.engine.assignment import Assignment, last_sent_of
from services.engine.coverage import Covered, carriers, coverage_line
from services.engine.editorial import Editorial, Frame, apply_texts, own_sections
from services.engine.gathering import Gathered, gather
from services.engine.matching import plan_domains
from services.engine.newsroom import Newsroom
from services.engine.render import render
from services.engine.report import Findings, build_report, run_cost
from services.engine.selection import Rules, Selection, select
from services.engine.settings import EngineSettings
from services.engine.tracing import traces
from services.engine.wording import wording
from shared.contracts.batch import SourceReport
from shared.contracts.edition import Edition, Report, Section
from shared.storage.table import Row


@dataclass(frozen=True, slots=True)
class Built:
    """An edition, its printed forms by file extension, its report, and the answer's counts."""

    edition: Edition
    files: dict[str, str]
    report: Report
    answer: dict[str, Any]


@dataclass
class Stopwatch:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector: an edition's items make no cycles worth collecting, and looking through all of
    them again and again took a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def build(assignment: Assignment, ports: Ports, settings: EngineSettings, seconds_left: Callable[[], float]) -> Built:
    """Gather, select, write, render. Raises what reading the lake or the configuration raises."""
    with uncollected():
        return _build(assignment, ports, settings, seconds_left)


def _build(assignment: Assignment, ports: Ports, settings: EngineSettings, seconds_left: Callable[[], float]) -> Built:
    watch = Stopwatch()
    with watch.stage("gather"):
        last = last_sent_of(ports.editions.last_sent(assignment.client_id))
        gathered = gather(assignment, ports.lake, last, ports.clock.now())
    with watch.stage("select"):
        printed = {**ports.labels.dropped(assignment.client_id), **ports.editions.printed(assignment.client_id)}
        selection = select(gathered.facts, rules_of(assignment), printed, assignment.tree)
    words = wording(assignment.client.client_profile.language)
    sections = own_sections(selection.sections, words)
    frame = Frame(assignment.client, assignment.day.isoformat(), assignment.window, sections)
    with watch.stage("editorial"):
        editorial = Newsroom(assignment, ports, settings, seconds_left).editorial(frame, gathered.items)
    batch_items, sources = _batch_items(assignment, ports), _sources(assignment, gathered)
    sections = apply_texts(frame.sections, editorial)
    covered = _covered(assignment, gathered, sources, sections)
    edition = _edition(assignment, editorial, sections, run_cost(batch_items, editorial.usage), covered)
    with watch.stage("render"):
        forms = render(edition, assignment.client.client_profile.name)
    notes = _notes(editorial, ports.writer.model_id)
    found = _findings(assignment, gathered, selection, editorial, batch_items, sources, watch, notes)
    report = build_report(replace(found, traces=edition.traces))
    files = {"md": forms.markdown, "txt": forms.text, "html": forms.html}
    return Built(edition, files, report, _answer(assignment, edition, report))


def rules_of(assignment: Assignment) -> Rules:
    tree = assignment.tree
    plans = plan_domains(tree, assignment.client)
    return Rules(assignment.client, plans, tree.scoring, tree.event_types, assignment.day)


def _batch_items(assignment: Assignment, ports: Ports) -> dict[str, Row]:
    if assignment.manifest is None:
        return {}
    return ports.batches.items(assignment.client_id, assignment.manifest.batch_id)


def _sources(assignment: Assignment, gathered: Gathered) -> tuple[SourceReport, ...]:
    if assignment.manifest:
        return assignment.manifest.sources
    return carriers(gathered.items, assignment.tree.sources_for(assignment.client))


def _covered(
    assignment: Assignment, gathered: Gathered, sources: tuple[SourceReport, ...], sections: tuple[Section, ...]
) -> Covered:
    manifest = assignment.manifest
    return Covered(
        reports=sources,
        window=assignment.window,
        seen=len({one.item_id for one in manifest.seen}) if manifest else len(gathered.items),
        printed=sum(len(section.items) for section in sections),
    )


def _edition(
    assignment: Assignment,
    editorial: Editorial,
    sections: tuple[Section, ...],
    cost_usd: float,
    covered: Covered,
) -> Edition:
    frame = Frame(assignment.client, assignment.day.isoformat(), assignment.window, sections)
    return Edition(
        client_id=assignment.client_id,
        edition_id=assignment.edition_id,
        edition_date=frame.day,
        status=assignment.ready_status,
        window=assignment.window,
        title=editorial.title,
        intro=editorial.intro,
        tldr=editorial.tldr,
        sections=sections,
        traces=traces(frame, editorial.title, editorial.intro, editorial.tldr),
        coverage=coverage_line(covered, frame.words),
        language=frame.words.language,
        editorial=editorial.kind,
        editorial_note=editorial.note,
        model=editorial.model,
        cost_usd=cost_usd,
    )


def _findings(
    assignment: Assignment,
    gathered: Gathered,
    selection: Selection,
    editorial: Editorial,
    batch_items: Mapping[str, Row],
    sources: tuple[SourceReport, ...],
    watch: Stopwatch,
    notes: tuple[str, ...],
) -> Findings:
    return Findings(
        client_id=assignment.client_id,
        edition_id=assignment.edition_id,
        status=assignment.ready_status,
        window=assignment.window,
        as_of=assignment.as_of.isoformat(),
        config_release=assignment.tree.release,
        manifest=assignment.manifest,
        batch_items=batch_items,
        analysed=gathered.items,
        selection=selection,
        sources=sources,
        usage=editorial.usage,
        refused_texts=editorial.refused,
        notes=notes,
        timings=watch.seconds,
        floor=rules_of(assignment).floor,
    )


def _notes(editorial: Editorial, asked: str) -> tuple[str, ...]:
    """What a reader of the report has to know of who wrote."""
    told = [editorial.note] if editorial.note else []
    if editorial.kind != "rules" and editorial.model != asked:
        told.append(f"{editorial.model} answered in place of {asked}, whose list price the costs are")
    return tuple(told)


def _answer(assignment: Assignment, edition: Edition, report: Report) -> dict[str, Any]:
    engine = report.counts["engine"]
    return {
        "items_analyzed": engine["analyzed"],
        "items_matched": engine["matched"],
        "items_selected": engine["selected"],
        "sections_generated": len(edition.sections),
        "s3_output_path": f"{assignment.prefix}/newsletter.md",
        "cache_hit": edition.editorial == "cache",
    }
