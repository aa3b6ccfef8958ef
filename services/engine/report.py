"""report.json: what every stage did with every item, and what the run cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.engine.selection import Decision, Selection
from shared.contracts.batch import Disposition, Manifest, SeenItem, SourceReport, Window
from shared.contracts.edition import EditionStatus, ItemReport, Report, Trace
from shared.contracts.items import NormalizedItem, Usage
from shared.storage.batches import spent_on
from shared.storage.table import Row

_REFUSALS = ("entities", "figures", "sentences", "answers")


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a report is made of. `manifest` is None and `batch_items` empty for a direct request."""

    client_id: str
    edition_id: str
    status: EditionStatus
    window: Window
    as_of: str
    config_release: str
    manifest: Manifest | None
    batch_items: Mapping[str, Row]
    analysed: Sequence[NormalizedItem]
    selection: Selection
    sources: tuple[SourceReport, ...]
    usage: Usage
    refused_texts: int
    notes: tuple[str, ...]
    timings: Mapping[str, float]
    floor: float
    traces: tuple[Trace, ...] = ()


def build_report(findings: Findings) -> Report:
    """The report; every item of the manifest and every item analysed is in it exactly once."""
    items = tuple(_items(findings))
    return Report(
        client_id=findings.client_id,
        edition_id=findings.edition_id,
        batch_id=findings.manifest.batch_id if findings.manifest else None,
        status=findings.status,
        window=findings.window,
        as_of=findings.as_of,
        config_release=findings.config_release,
        counts=_counts(findings),
        items=items,
        sources=findings.sources,
        refused=_refused(findings),
        model_calls=_model_calls(findings),
        cost_usd=run_cost(findings.batch_items, findings.usage),
        notes=findings.notes,
        timings={name: round(seconds, 3) for name, seconds in findings.timings.items()},
        floor=findings.floor,
    )


def run_cost(batch_items: Mapping[str, Row], usage: Usage) -> float:
    """US dollars of the whole run: what normalizing this batch's items cost, and the editorial."""
    return round(sum(spent_on(row, "cost_usd") for row in batch_items.values()) + usage.cost_usd, 6)


def _items(findings: Findings) -> Iterable[ItemReport]:
    seen = _merged(findings.manifest.seen) if findings.manifest else {}
    analysed = {item.item_id: item for item in findings.analysed}
    for item_id in dict.fromkeys((*seen, *analysed)):
        yield _item(item_id, seen.get(item_id, []), analysed.get(item_id), findings)


def _merged(seen: Iterable[SeenItem]) -> dict[str, list[SeenItem]]:
    """An article that several sources listed is one item with all their dispositions."""
    merged: dict[str, list[SeenItem]] = {}
    for one in seen:
        merged.setdefault(one.item_id, []).append(one)
    return merged


def _item(item_id: str, seen: list[SeenItem], item: NormalizedItem | None, findings: Findings) -> ItemReport:
    decision = findings.selection.decisions.get(item_id)
    row = findings.batch_items.get(item_id)
    first = seen[0] if seen else None
    dispositions = [
        *(disposition for one in seen for disposition in one.dispositions),
        *([_normalized(row)] if row else []),
        *([_engine(decision)] if decision else _outside(row, findings.window)),
    ]
    return ItemReport(
        item_id=item_id,
        url=item.url if item else first.url if first else "",
        title=item.title if item else first.title if first else "",
        published=item.published if item else first.published if first else None,
        source_key=item.source_key if item else first.source_key if first else "",
        event_type=item.event_type if item else None,
        score=decision.score if decision else None,
        contributions=dict(decision.contributions) if decision else {},
        cost_usd=spent_on(row, "cost_usd") if row else None,
        dispositions=tuple(dict.fromkeys(dispositions)),
        printed=tuple(_printed(item_id, findings.traces)),
    )


def _printed(item_id: str, traces: Iterable[Trace]) -> Iterable[Trace]:
    """The printed sentences that an item's source supports, with what of it supports each."""
    for trace in traces:
        support = tuple(one for one in trace.support if one.item_id == item_id)
        if support and not trace.about_issue:
            yield trace.model_copy(update={"support": support})


def _normalized(row: Row) -> Disposition:
    status = str(row.get("status", "queued"))
    reason = str(row.get("reason", "")) or ("waiting for its normalizer" if status == "queued" else status)
    return Disposition(stage="normalize", outcome=status, reason=reason)


def _engine(decision: Decision) -> Disposition:
    change = f" (would change it: {decision.change})" if decision.change else ""
    return Disposition(stage="engine", outcome=decision.outcome, reason=f"{decision.reason}{change}")


def _outside(row: Row | None, window: Window) -> list[Disposition]:
    """An item that was normalized, but is none of those that the edition looks at."""
    if row is None or row.get("status") != "done":
        return []
    reason = f"not published in [{window.start}, {window.end}) and not found late"
    return [Disposition(stage="engine", outcome="outside_window", reason=reason)]


def _counts(findings: Findings) -> dict[str, dict[str, int]]:
    outcomes = Counter(decision.outcome for decision in findings.selection.decisions.values())
    engine: dict[str, int] = {
        "analyzed": len(findings.analysed),
        "matched": findings.selection.matched,
        "selected": len(findings.selection.chosen),
    }
    engine |= {str(outcome): number for outcome, number in sorted(outcomes.items()) if outcome != "selected"}
    if findings.manifest is None:
        return {"engine": engine}
    seen = _merged(findings.manifest.seen)
    last = Counter(ones[0].dispositions[-1].outcome for ones in seen.values() if ones[0].dispositions)
    normalized = Counter(str(row.get("status", "queued")) for row in findings.batch_items.values())
    reused = sum(bool(row.get("reused")) for row in findings.batch_items.values())
    return {
        "ingest": {"seen": len(seen), **dict(sorted(last.items()))},
        "normalize": {"expected": len(findings.manifest.items), **dict(sorted(normalized.items())), "reused": reused},
        "engine": engine,
    }


def _refused(findings: Findings) -> dict[str, int]:
    """What grounding refused: in this run's normalized items, and in the editorial."""
    rows = [row.get("refused") or {} for row in findings.batch_items.values()]
    totals = {name: int(sum(_number(row, name) for row in rows)) for name in _REFUSALS}
    return {**totals, "editorial": findings.refused_texts}


def _model_calls(findings: Findings) -> dict[str, int]:
    rows = findings.batch_items.values()
    return {"normalize": int(sum(spent_on(row, "calls") for row in rows)), "editorial": findings.usage.calls}


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name, 0)
    return float(value) if isinstance(value, int | float) else 0.0
