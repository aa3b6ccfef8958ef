"""Figures over judged items."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cli.evaluation.judging import Judged
from cli.evaluation.labels import NAMED, Named
from shared.text.fold import fold_key


@dataclass(frozen=True, slots=True)
class Tally:
    """Right finds, wrong finds, and what was missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """1.0 where nothing was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """1.0 where there was nothing to find."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of a set. `events`: items whose event type is right; `ungrounded`: facts of results that a literal
    comparison does not find; `refused`: what grounding took out of the answers before."""

    items: int
    keep: Tally
    events: int
    entities: dict[str, Tally]
    technologies: Tally
    ungrounded: int
    refused: int
    failed: int
    cost_usd: float
    input_tokens: int
    output_tokens: int
    calls: int
    errors: tuple[str, ...]

    @property
    def event_accuracy(self) -> float:
        return self.events / self.items if self.items else 1.0

    @property
    def all_entities(self) -> Tally:
        return sum(self.entities.values(), Tally())


def measure(judged: Sequence[Judged]) -> Measured:
    """The figures, and every error in words."""
    usages = [one.answer.usage for one in judged]
    return Measured(
        items=len(judged),
        keep=sum((_keep(one) for one in judged), Tally()),
        events=sum(one.event_type == one.item.gold.event_type for one in judged),
        entities={kind: sum((_tally(*_ids(one, kind)) for one in judged), Tally()) for kind in NAMED},
        technologies=sum((_technologies(one) for one in judged), Tally()),
        ungrounded=sum(len(one.ungrounded) for one in judged),
        refused=sum(one.answer.refused.total for one in judged),
        failed=sum(one.answer.grounded is None for one in judged),
        cost_usd=sum(usage.cost_usd for usage in usages),
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        calls=sum(usage.calls for usage in usages),
        errors=tuple(line for one in judged for line in errors(one)),
    )


def errors(judged: Judged) -> Iterable[str]:
    """What is wrong with one verdict, a line each."""
    item, gold = judged.item, judged.item.gold
    if judged.keep != gold.keep:
        yield f"{item.id} {'dropped' if gold.keep else 'kept'} wrongly ({judged.why}): {item.title[:80]}"
    if judged.event_type != gold.event_type:
        yield f"{item.id} event {judged.event_type}, not {gold.event_type}: {item.title[:80]}"
    for kind in NAMED:
        found, wanted = _ids(judged, kind)
        if found != wanted:
            extra, lacking = ", ".join(sorted(found - wanted)), ", ".join(sorted(wanted - found))
            yield f"{item.id} {kind}: too many [{extra}], missing [{lacking}]"
    yield from (f"{item.id} ungrounded: {one}" for one in judged.ungrounded)
    if judged.answer.failure:
        yield f"{item.id} failed: {judged.answer.failure}"


def _keep(judged: Judged) -> Tally:
    wanted = judged.item.gold.keep
    return Tally(judged.keep and wanted, judged.keep and not wanted, wanted and not judged.keep)


def _tally(found: frozenset[str], wanted: frozenset[str]) -> Tally:
    return Tally(len(found & wanted), len(found - wanted), len(wanted - found))


def _ids(judged: Judged, kind: Named) -> tuple[frozenset[str], frozenset[str]]:
    """Canonical ids found and labelled. The company whose source it is was given, not found: it counts on neither
    side. Names outside of canonical are not labelled."""
    entities = judged.answer.grounded.entities if judged.answer.grounded else ()
    found = frozenset(one.id for one in entities if one.kind == kind and one.id)
    given = frozenset({judged.item.company_id} if kind == "company" and judged.item.company_id else ())
    return found - given, judged.labelled[kind] - given


def _technologies(judged: Judged) -> Tally:
    """Labelled technologies that stand in a found one; finds beyond the labels (words of a route or an interval) are
    not counted."""
    entities = judged.answer.grounded.entities if judged.answer.grounded else ()
    found = [fold_key(one.mention) for one in entities if one.kind == "technology"]
    wanted = [fold_key(one) for one in judged.item.gold.technologies or ()]
    right = sum(any(one in name or name in one for name in found) for one in wanted)
    return Tally(right, 0, len(wanted) - right)
