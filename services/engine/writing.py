"""The model's editorial: what it answered, held against the items' facts sentence by sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, ValidationError

from services.engine.editorial import Editorial, Frame, ItemText, own_intro, own_title, own_tldr, tldr_lines
from services.engine.errors import WritingError
from services.engine.prompt import Prompt
from services.engine.text import line_of, plain, repeats, title_of
from shared.contracts.base import Contract
from shared.contracts.edition import EditionItem
from shared.contracts.items import Usage
from shared.grounding.check import Vocabulary, sentence_findings
from shared.grounding.sentences import split_sentences
from shared.grounding.source import Source

_TITLE_LIMIT = 140
_ACROSS_LANGUAGES = {"wording", "language", "negation", "evidence", "hedge", "term", "contrary", "degree"}
"""Findings that compare words, which a translation does not share with its source; names, numbers and dates remain."""


class TldrLine(Contract):
    text: str
    item_ids: tuple[str, ...] = Field(min_length=1)


class WrittenItem(Contract):
    item_id: str
    title: str
    summary: str


class Answer(Contract):
    """The model's answer to the tool `write_edition`."""

    title: str
    intro: str
    tldr: tuple[TldrLine, ...] = ()
    items: tuple[WrittenItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as it came, with what it cost and which model gave it."""

    answer: Mapping[str, Any]
    usage: Usage
    model_id: str


def read_answer(raw: Mapping[str, Any]) -> Answer:
    """Raises WritingError when the answer does not have the tool's shape."""
    try:
        return Answer.model_validate(raw)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, problem["loc"])) or "answer" for problem in error.errors()[:3])
        raise WritingError(f"the model's answer is not an edition: {where}") from error


class Grounder:
    """Holds texts against the items' own facts."""

    def __init__(self, frame: Frame, vocabulary: Vocabulary | None = None) -> None:
        self._language = frame.client.client_profile.language
        self._name = frame.client.client_profile.name
        self._vocabulary = vocabulary
        self._sources = {item.item_id: self._source([item]) for item in frame.items}
        self._all = self._source(frame.items)
        self._items = {item.item_id: item for item in frame.items}
        self.refused = 0

    def supports(self, text: str, item_ids: Sequence[str] = ()) -> bool:
        """Whether every sentence of `text` is supported by these items (all items when none is named)."""
        source = self._for(item_ids)
        return bool(text) and all(self._sentence(source, sentence) for sentence in split_sentences(text))

    def supported_sentences(self, text: str) -> str:
        """The sentences of `text` that the items support, joined; refused ones are counted."""
        kept = [sentence for sentence in split_sentences(text) if self._sentence(self._all, sentence)]
        return " ".join(kept)

    def _for(self, item_ids: Sequence[str]) -> Source:
        if not item_ids:
            return self._all
        if len(item_ids) == 1:
            return self._sources[item_ids[0]]
        return self._source([self._items[item_id] for item_id in item_ids])

    def _sentence(self, source: Source, sentence: str) -> bool:
        findings = sentence_findings(source, sentence, vocabulary=self._vocabulary)
        foreign = source.spoken is not None and source.spoken != self._language
        grave = [one for one in findings if not (foreign and one.kind in _ACROSS_LANGUAGES)]
        self.refused += bool(grave)
        return not grave

    def _source(self, items: Iterable[EditionItem]) -> Source:
        listed = list(items)
        text = "\n\n".join(part for item in listed for part in _facts(item))
        return Source(self._name, text, published=listed[0].published if len(listed) == 1 else None)


def _facts(item: EditionItem) -> tuple[str, ...]:
    """Everything that an item states: its title, its sentences, their sources, its names and its day."""
    names = ", ".join((*item.companies, *item.trademarks, *item.molecules, *item.technologies))
    return (item.title, item.summary, *item.evidence, names, item.source_name, f"{item.published}.")


def ground(written: Written, prompt: Prompt, frame: Frame, vocabulary: Vocabulary | None = None) -> Editorial:
    """The editorial of an answer: every sentence that the items do not support is replaced by their own words.

    Raises WritingError when the answer has not the tool's shape.
    """
    answer, grounder = read_answer(written.answer), Grounder(frame, vocabulary)
    title = plain(answer.title, _TITLE_LIMIT)
    texts = _texts(answer, prompt, frame, grounder) if prompt.texts else {}
    tldr = _tldr(answer, prompt, frame, grounder)
    intro = _intro(answer.intro, (*tldr, *(item.title for item in frame.items)), grounder) or own_intro(frame)
    title = title if grounder.supports(title) else own_title(frame)
    return Editorial(
        title=title,
        intro=intro if frame.client.newsletter_delivery.include_intro else "",
        tldr=tldr,
        texts=texts,
        kind="model",
        model=written.model_id,
        usage=written.usage,
        refused=grounder.refused,
    )


def _intro(text: str, printed: Sequence[str], grounder: Grounder) -> str:
    """The grounded sentences that neither the TL;DR nor a title says already; nothing where one was cut off."""
    sentences = split_sentences(grounder.supported_sentences(plain(text, 2000)))
    new = [line_of(one) for one in sentences if not any(repeats(one, other) for other in printed)]
    return "" if any(_cut(one) for one in new) else " ".join(new)


def _cut(line: str) -> bool:
    return line.endswith(("…", "..."))


def _tldr(answer: Answer, prompt: Prompt, frame: Frame, grounder: Grounder) -> tuple[str, ...]:
    """The grounded lines; the titles of the items whose line was refused; the own TL;DR when nothing is left."""
    if not frame.client.newsletter_delivery.include_tldr:
        return ()
    items = {item.item_id: item for item in frame.items}
    lines: dict[str, None] = {}
    for line in answer.tldr[: tldr_lines(len(frame.items))]:
        known = [prompt.ids[short] for short in line.item_ids if short in prompt.ids]
        text = line_of(line.text)
        if known:
            good = not _cut(text) and grounder.supports(text, known)
            lines[text if good else items[known[0]].title] = None
    return tuple(lines) or own_tldr(frame)


def _texts(answer: Answer, prompt: Prompt, frame: Frame, grounder: Grounder) -> dict[str, ItemText]:
    items = {item.item_id: item for item in frame.items}
    texts = {}
    for one in answer.items:
        item = items.get(prompt.ids.get(one.item_id, ""))
        if item:
            texts[item.item_id] = _item_text(one, item, grounder)
    return texts


def _item_text(written: WrittenItem, item: EditionItem, grounder: Grounder) -> ItemText:
    title, summary = title_of(written.title), plain(written.summary, 1500)
    ids: list[str] = [item.item_id]
    return ItemText(
        title=title if grounder.supports(title, ids) else item.title,
        summary=summary if not repeats(summary, item.title) and grounder.supports(summary, ids) else item.summary,
    )
