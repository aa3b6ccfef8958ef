"""report.html: the report as pictures. Widths and shades are computed here; the template only places and escapes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.engine.text import plain, safe_url
from shared.contracts.batch import SourceReport
from shared.contracts.edition import ItemReport, Report
from shared.near_misses import engine_answer, near_misses

if TYPE_CHECKING:
    from jinja2 import Environment

SCORED_SHOWN = 20
_WIDTH = 100.0
_TITLE = 160
_REASON = 400
_TEMPLATES = Path(__file__).parent / "templates"
_PRINTED = "selected"


@dataclass(frozen=True, slots=True)
class Bar:
    """A labelled amount; `width` is its share of the widest one, in percent."""

    label: str
    amount: float
    width: float


@dataclass(frozen=True, slots=True)
class Part:
    """One contribution inside a score's bar: from `start`, `width` wide (percent of the scale); `shade` numbers its
    colour, the same for the same name throughout the page."""

    label: str
    amount: float
    start: float
    width: float
    shade: int


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """A scored item with what its score is made of."""

    title: str
    url: str
    score: float
    printed: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A near miss, ready to print."""

    title: str
    url: str
    outcome: str
    reason: str
    score: float | None


def report_page(report: Report) -> str:
    """The page, complete in itself: no script, no address but the items' own."""
    return _environment().get_template("report.html.j2").render(**_view(report))


def _view(report: Report) -> dict[str, Any]:
    scored = _scored(report)
    return {
        "report": report,
        "funnel": funnel(report.counts),
        "outcomes": {stage: bars(_outcomes(counts)) for stage, counts in report.counts.items()},
        "scored": score_bars(scored[:SCORED_SHOWN], report.floor),
        "floor_at": _floor_at(scored[:SCORED_SHOWN], report.floor),
        "legend": _legend(scored[:SCORED_SHOWN]),
        "misses": [miss(item) for item in near_misses(report.items)],
        "sources": [(source, state(source), remarks(source)) for source in report.sources],
        "calls": bars(dict(report.model_calls)),
        "refused": bars({name: amount for name, amount in report.refused.items() if amount}),
        "timings": bars(dict(report.timings)),
    }


_FUNNEL = (
    ("listed by the sources", "ingest", "seen"),
    ("let in", "normalize", "expected"),
    ("normalized", "normalize", "done"),
    ("looked at", "engine", "analyzed"),
    ("matched", "engine", "matched"),
    ("printed", "engine", "selected"),
)


def funnel(counts: Mapping[str, Mapping[str, int]]) -> list[Bar]:
    """The stages that this edition has, in order. `looked at` may exceed `normalized`: the lake holds earlier runs."""
    known = {label: counts[stage][name] for label, stage, name in _FUNNEL if name in counts.get(stage, {})}
    return bars(known)


def bars(amounts: Mapping[str, float]) -> list[Bar]:
    widest = max(amounts.values(), default=0) or 1
    return [Bar(label.replace("_", " "), amount, _percent(amount / widest)) for label, amount in amounts.items()]


_STEPS = {name for _, _, name in _FUNNEL} | {"queued", "reused"}


def _outcomes(counts: Mapping[str, int]) -> dict[str, float]:
    """How items left at a stage: what is no step of the funnel."""
    return {name: amount for name, amount in counts.items() if name not in _STEPS and amount}


def _scored(report: Report) -> list[ItemReport]:
    """Items with a score: printed ones first, then by score."""
    found = [item for item in report.items if item.score is not None]
    return sorted(found, key=lambda item: (not _is_printed(item), -(item.score or 0.0), item.item_id))


def _is_printed(item: ItemReport) -> bool:
    answer = engine_answer(item)
    return answer is not None and answer.outcome == _PRINTED


def _names(items: Sequence[ItemReport]) -> dict[str, int]:
    """Contribution name → shade: the event type in its own shade whatever the type, penalties in one."""
    names = dict.fromkeys(_shade_name(name) for item in items for name in item.contributions)
    return {name: number for number, name in enumerate(sorted(names))}


def _shade_name(name: str) -> str:
    return next((group for group in ("event type", "penalty", "signal ") if name.startswith(group)), name).strip()


def _legend(items: Sequence[ItemReport]) -> list[tuple[str, int]]:
    return list(_names(items).items())


def _scale(items: Sequence[ItemReport], floor: float | None) -> tuple[float, float]:
    """Lowest and highest sum that must fit."""
    low = min((sum(min(0.0, part) for part in item.contributions.values()) for item in items), default=0.0)
    high = max((sum(max(0.0, part) for part in item.contributions.values()) for item in items), default=1.0)
    return low, max(high, floor or 0.0, 1.0)


def _floor_at(items: Sequence[ItemReport], floor: float | None) -> float | None:
    low, high = _scale(items, floor)
    return None if floor is None else _percent((floor - low) / (high - low))


def score_bars(items: Sequence[ItemReport], floor: float | None) -> list[ScoredItem]:
    """Each score as a bar of its contributions: what adds to the right of zero, what takes away to the left."""
    low, high = _scale(items, floor)
    shades = _names(items)
    return [
        ScoredItem(
            plain(item.title, _TITLE),
            safe_url(item.url),
            item.score or 0.0,
            _is_printed(item),
            tuple(_parts(item.contributions, low, high - low, shades)),
        )
        for item in items
    ]


def _parts(contributions: Mapping[str, float], low: float, span: float, shades: Mapping[str, int]) -> Iterator[Part]:
    up, down = 0.0, 0.0
    for name, amount in sorted(contributions.items(), key=lambda pair: -abs(pair[1])):
        start = up if amount >= 0 else down + amount
        up, down = up + max(amount, 0.0), down + min(amount, 0.0)
        left = _percent((start - low) / span)
        yield Part(plain(name, _TITLE), amount, left, _percent(abs(amount) / span), shades[_shade_name(name)])


def miss(item: ItemReport) -> Miss:
    """A near miss as the page shows it: plain text, and an address only if it is a web address."""
    answer = engine_answer(item)
    outcome, reason = (answer.outcome.replace("_", " "), answer.reason) if answer else ("", "")
    return Miss(plain(item.title, _TITLE), safe_url(item.url), outcome, plain(reason, _REASON), item.score)


def state(source: SourceReport) -> str:
    """A source's health in a word: failed, partial, gap, unchanged or ok; or that it was collected earlier."""
    if source.status in ("failed", "partial", "collected"):
        return source.status
    return "gap" if source.gap else "unchanged" if source.status == "not_modified" else "ok"


def remarks(source: SourceReport) -> str:
    """What an operator should know besides the state, or an empty string."""
    said = [source.error] if source.error else []
    if source.gap:
        poll = f"; poll every {source.poll_hours:g} h" if source.poll_hours is not None else ""
        said.append(f"turned over between two polls{poll}")
    if source.silent_days:
        said.append(f"silent for {source.silent_days} days, longer than usual")
    return "; ".join(said)


def _percent(share: float) -> float:
    return round(max(0.0, min(1.0, share)) * _WIDTH, 2)


@lru_cache(maxsize=1)
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=True),
        undefined=StrictUndefined,
    )
    environment.filters["plain"] = lambda text: plain(str(text), _REASON)
    return environment
