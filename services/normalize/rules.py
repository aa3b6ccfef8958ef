"""The deterministic normalizer: entities by the canonical matcher, the event by its patterns, a summary of the item's
own sentences. It invents nothing by construction, costs nothing, and is fallback, local default and baseline."""

import json
import re
from collections.abc import Iterable

from services.normalize.answer import AnsweredCompany, AnsweredFigure, AnsweredSentence, Role, ToolAnswer
from services.normalize.prompt import OTHER
from shared.config.events import Reading, read_text, score_reading
from shared.config.tree import ConfigTree
from shared.grounding import Source, split_sentences
from shared.grounding.orders import addresses_software
from shared.grounding.source import facts_of
from shared.grounding.words import content_stems
from shared.ids import content_hash
from shared.text.fold import fold_key
from shared.text.hits import Hit
from shared.text.scripts import unspaced

RULES_VERSION = "4"
MAX_SENTENCES = 3
_MIN_WORDS, _MAX_WORDS = 5, 70
_READ = 40
_FIGURES = {"%": "share", "$": "amount", "€": "amount", "£": "amount"}
_MAX_LENGTH = 800
_SAME = 0.8
_STOPS = (".", "!", "?", "。", "！", "？")
_ENDS = (*_STOPS, "”", '"', "»", ")", "」", "』", "）")
_CUT = ("...", "…")
_DATE_STAMP = re.compile(
    r"^\s*(?:\d{4}-\d\d-\d\d(?:T[\d:+.Z-]+)?|\d{1,2}(?:st|nd|rd|th)?\.? [^\W\d_]{3,9}\.?,? \d{4}"
    r"|[^\W\d_]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})\s*[|,–—-]?\s*",
)
_MORE = re.compile(r"[\s|]*(?:read more|lire la suite|weiterlesen|leer más)[.\s…»>]*$", re.IGNORECASE)
_FORWARD_LOOKING = re.compile(
    r"forward.looking|safe harbou?r|about [A-Z]|for more information|contact|cookies|subscribe|all rights reserved",
    re.IGNORECASE,
)


def normalize_text(
    tree: ConfigTree, *, title: str, text: str, published: str, language: str, company_id: str | None
) -> ToolAnswer:
    """The answer about one item. `company_id` is the company whose own source it is, if any: its mention is the
    subject."""
    body = body_of(title, text)
    reading = read_text(tree, title, body)
    scores = score_reading(tree, reading)
    source = Source(title, body, language=language, published=published)
    return ToolAnswer(
        event_type=scores[0][0] if scores else OTHER,
        confidence=_confidence([score for _, score in scores]),
        companies=tuple(_companies(reading, company_id)),
        molecules=_names(reading, "molecule"),
        trademarks=_names(reading, "trademark"),
        technologies=_names(reading, "technology"),
        indications=_names(reading, "indication"),
        summary=(summary := _summary(source, reading)),
        key_figures=tuple(_figures(source, summary)),
    )


def signature(tree: ConfigTree) -> str:
    """Changes with whatever the answer depends on besides the item: these rules, the taxonomy and the vocabulary."""
    entities = [
        entity.model_dump(mode="json", exclude={"source"})
        for entities in (tree.companies, tree.molecules, tree.trademarks)
        for entity in entities.values()
    ]
    vocabulary = [
        *((name, scope.model_dump(mode="json")["categories"]) for name, scope in tree.technology_scopes.items()),
        *((name, [term.model_dump(mode="json") for term in terms]) for name, terms in tree.indication_scopes.items()),
    ]
    return content_hash("rules", RULES_VERSION, tree.taxonomy_signature, json.dumps([entities, vocabulary]))


def body_of(title: str, text: str) -> str:
    """`text` without the title that pages repeat above it, date stamps around it, and "read more" below it."""
    body = _MORE.sub("", text.strip())
    for _ in range(3):
        body = _without_stamps(body)
        if not body.lower().startswith(title.strip().lower()) or not title.strip():
            break
        body = body[len(title.strip()) :].lstrip(" \t.:–—-|")
    return "" if fold_key(body) in fold_key(title) else body


def _without_stamps(text: str) -> str:
    while match := _DATE_STAMP.match(text):
        text = text[match.end() :]
    return text.strip()


def _confidence(scores: list[float]) -> float:
    """Between 0.2 (nothing found) and 0.95, by how far the best type leads."""
    if not scores:
        return 0.2
    second = scores[1] if len(scores) > 1 else 0.0
    return round(min(0.95, scores[0] / (scores[0] + second + 1.5)), 2)


def _companies(reading: Reading, company_id: str | None) -> Iterable[AnsweredCompany]:
    first: dict[str, Hit] = {}
    for hit in reading.hits:
        if hit.kind == "company":
            first.setdefault(hit.id, hit)
    opening = reading.opening_end
    for position, hit in enumerate(first.values()):
        role = _role(hit, reading, company_id, opening, leads=position == 0)
        yield AnsweredCompany(name=hit.text(reading.text), role=role)


def _role(hit: Hit, reading: Reading, company_id: str | None, opening: int, *, leads: bool) -> Role:
    """Subject: the source's own company, one in the title, or the first to be named in the body's first sentence."""
    if hit.id == company_id or hit.end <= reading.title_end or (leads and hit.end <= opening):
        return "subject"
    return "partner" if hit.end <= (reading.lead_end if company_id else opening) else "mentioned"


def _names(reading: Reading, kind: str) -> tuple[str, ...]:
    """The text's own wording of each entity of a kind, in order of appearance."""
    first: dict[str, str] = {}
    for hit in reading.hits:
        if hit.kind == kind:
            first.setdefault(hit.id, hit.text(reading.text))
    return tuple(dict.fromkeys(first.values()))


def _summary(source: Source, reading: Reading) -> tuple[AnsweredSentence, ...]:
    """The title's fact and the best of the body's first sentences, in the text's order; the title itself where the
    body says nothing of it."""
    candidates = usable_sentences(source.text)
    terms = _terms(reading)
    ranked = sorted(range(len(candidates)), key=lambda n: (-_worth(candidates[n], n, source.title, terms), n))
    chosen = [candidates[n] for n in sorted(ranked[:MAX_SENTENCES])]
    if not any(_overlap(source.title, one) >= _SAME / 2 for one in chosen):
        chosen = [" ".join(source.title.split())[:_MAX_LENGTH], *chosen[: MAX_SENTENCES - 1]]
    return tuple(AnsweredSentence(text=_ended(one), evidence=one) for one in chosen)


def usable_sentences(text: str) -> list[str]:
    """The sentences at the beginning of an item's text that a summary can be made of."""
    return [one for one in split_sentences(text)[:_READ] if _usable(one)]


def _usable(sentence: str) -> bool:
    """A whole sentence that tells news: neither cut off (as teasers are) nor boilerplate nor an order to software."""
    words = _words(sentence)
    whole = sentence.endswith(_ENDS) and not sentence.endswith(_CUT) and len(sentence) <= _MAX_LENGTH
    tells = not _FORWARD_LOOKING.search(sentence) and not addresses_software(sentence)
    return whole and tells and _MIN_WORDS <= words <= _MAX_WORDS


def _words(sentence: str) -> int:
    """How many words a sentence has; two characters of a script without spaces count as one."""
    dense = sum(len(run) // 2 for run in unspaced(sentence))
    return max(len(sentence.split()), dense)


def _terms(reading: Reading) -> frozenset[str]:
    """Folded wordings of everything the matcher found, noise apart."""
    hits = (hit for hit in reading.hits if hit.kind not in ("exclusion", "link_only"))
    return frozenset(fold_key(hit.text(reading.text)) for hit in hits)


def _worth(sentence: str, position: int, title: str, terms: frozenset[str]) -> float:
    """Early sentences that share the title's words, name what the matcher knows, or give numbers and dates."""
    folded = fold_key(sentence)
    named = sum(term in folded for term in terms)
    facts = facts_of(sentence, "en")
    return (
        3.0 * _overlap(title, sentence)
        + 0.5 * min(named, 4)
        + 0.4 * min(len(facts.quantities), 2)
        + 0.4 * min(len(facts.dates), 1)
        + 2.0 / (position + 1)
    )


def _overlap(title: str, sentence: str) -> float:
    """Share of the title's content words that the sentence uses."""
    wanted = set(content_stems(title))
    return len(wanted & set(content_stems(sentence))) / len(wanted) if wanted else 0.0


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((*_STOPS, "…", "”", '"')) else f"{sentence}."


def _figures(source: Source, summary: Iterable[AnsweredSentence]) -> Iterable[AnsweredFigure]:
    """Amounts and percentages of the summary, with the sentence that holds each."""
    for sentence in summary:
        for quantity in facts_of(sentence.evidence, source.language).quantities:
            value = source.quote(quantity.text) if quantity.unit in _FIGURES else None
            if value:
                yield AnsweredFigure(value=value, label=_FIGURES[quantity.unit], evidence=sentence.evidence)
