"""From an answer to facts: what the item's text supports stays, with canonical ids; the rest is refused and counted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.normalize.answer import AnsweredFigure, AnsweredSentence, Role, ToolAnswer
from shared.config.events import Reading, event_vocabulary, read_text
from shared.config.tree import ConfigTree, entity_terms
from shared.contracts.items import Entity, EntityKind, Figure, Refusals, Sentence
from shared.grounding import Mention, Source, figure_findings, sentence_findings
from shared.grounding.check import Vocabulary
from shared.grounding.orders import addresses_software
from shared.text.fold import fold_key
from shared.text.hits import Hit

_DIGITS = re.compile(r"\d+")
ENTITY_KINDS: tuple[EntityKind, ...] = ("company", "molecule", "trademark", "technology", "indication")


@dataclass(frozen=True, slots=True)
class Text:
    """An item's text, prepared for grounding: the source, and what the canonical matcher finds in it."""

    source: Source
    reading: Reading


@dataclass(frozen=True, slots=True)
class Grounded:
    """The supported part of an answer. `findings` are the refused parts, in words."""

    event_type: str
    confidence: float
    entities: tuple[Entity, ...]
    summary: tuple[Sentence, ...]
    figures: tuple[Figure, ...]
    refused: Refusals
    findings: tuple[str, ...]


def prepare(tree: ConfigTree, *, title: str, text: str, language: str, published: str) -> Text:
    """Read an item once for matching and grounding."""
    return Text(Source(title, text, language=language, published=published), read_text(tree, title, text))


def ground(tree: ConfigTree, text: Text, answer: ToolAnswer) -> Grounded:
    """Check every part of `answer` against the text. Canonical entities that the answer left out are added."""
    entities, unknown = _entities(tree, text, answer)
    vocabulary = event_vocabulary(tree)
    summary, unsupported = _summary(text.source, answer.summary, vocabulary)
    figures, wrong = _figures(text.source, answer.key_figures)
    return Grounded(
        answer.event_type,
        answer.confidence,
        _with_canonical(text.reading, entities),
        summary,
        figures,
        Refusals(entities=len(unknown), figures=len(wrong), sentences=len(unsupported)),
        (*unknown, *unsupported, *wrong),
    )


def _entities(tree: ConfigTree, text: Text, answer: ToolAnswer) -> tuple[list[Entity], list[str]]:
    found: list[Entity] = []
    refused: list[str] = []
    for kind, name, role in answer.named():
        mention = _mention(tree, text.source, kind, name)
        if mention is None:
            refused.append(f"{kind} {name!r} is not in the item")
        else:
            found.append(_resolved(text.reading, kind, mention, role))
    return found, refused


def _mention(tree: ConfigTree, source: Source, kind: EntityKind, name: str) -> Mention | None:
    """Where the text has the name, or another name of the same canonical entity."""
    mention = source.find(name)
    entity = tree.entity_by_alias(kind, name)
    if mention is not None or entity is None:
        return mention
    spellings = (source.find(term.term) for term in entity_terms(entity) if not term.is_regex)
    return next((one for one in spellings if one is not None), None)


def _resolved(reading: Reading, kind: EntityKind, mention: Mention, role: Role | None) -> Entity:
    hits = (hit for hit in reading.hits if hit.kind == kind)
    key = fold_key(mention.text)
    hit = next((one for one in hits if fold_key(one.text(reading.text)) == key), None)
    if hit is None:
        return Entity(kind=kind, name=mention.text, mention=mention.text, role=role)
    return Entity(kind=kind, name=_name(hit, mention.text), id=hit.id, mention=mention.text, role=role)


def _with_canonical(reading: Reading, named: Iterable[Entity]) -> tuple[Entity, ...]:
    """The named entities, each once, and the canonical ones that stand in the text besides."""
    merged: dict[tuple[str, str], Entity] = {}
    for entity in named:
        merged.setdefault((entity.kind, entity.id or fold_key(entity.name)), entity)
    for hit in reading.hits:
        if hit.kind in ENTITY_KINDS and (hit.kind, hit.id) not in merged:
            role = "mentioned" if hit.kind == "company" else None
            mention = hit.text(reading.text)
            name = _name(hit, mention)
            merged[hit.kind, hit.id] = Entity(kind=hit.kind, name=name, id=hit.id, mention=mention, role=role)
    return tuple(merged.values())


def _name(hit: Hit, mention: str) -> str:
    """The canonical name; the text's own wording where the term is a pattern."""
    return mention if hit.name.startswith("regex:") else hit.name


def _summary(
    source: Source, sentences: Iterable[AnsweredSentence], vocabulary: Vocabulary
) -> tuple[tuple[Sentence, ...], list[str]]:
    kept: list[Sentence] = []
    refused: list[str] = []
    for one in sentences:
        findings = sentence_findings(source, one.text, one.evidence, vocabulary)
        evidence = source.supporting(one.evidence)
        if findings or evidence is None or addresses_software(evidence):
            reasons = "; ".join(f"{finding.kind}: {finding.detail}" for finding in findings) or "an order to software"
            refused.append(f"sentence {one.text[:160]!r}: {reasons}")
        elif fold_key(one.text) not in {fold_key(other.text) for other in kept}:
            kept.append(Sentence(text=one.text, evidence=evidence))
    return tuple(kept), refused


def _figures(source: Source, figures: Iterable[AnsweredFigure]) -> tuple[tuple[Figure, ...], list[str]]:
    kept: list[Figure] = []
    refused: list[str] = []
    for one in figures:
        passage = one.evidence or _holding(source, one.value)
        findings = figure_findings(source, one.value, passage, one.label)
        evidence = source.supporting(passage)
        if findings or evidence is None or addresses_software(evidence):
            refused.append(f"figure {one.value!r}: " + "; ".join(f"{f.kind}: {f.detail}" for f in findings))
        else:
            kept.append(Figure(value=one.value, label=one.label, evidence=evidence))
    return tuple(kept), refused


def _holding(source: Source, value: str) -> str:
    """The first sentence of the source that holds a key figure's value, the title's last; the value itself where none
    does."""
    digits = set(_DIGITS.findall(value))
    numbered = (sentence for sentence in source.sentences if digits & set(_DIGITS.findall(sentence)))
    likely = sorted(numbered, key=lambda sentence: sentence in source.title)
    return next((one for one in likely if not figure_findings(source, value, one)), value)
