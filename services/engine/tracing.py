"""For every printed sentence, the source sentences that it comes from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.engine.editorial import Frame, own_intro, own_title
from shared.contracts.edition import EditionItem, Support, Trace, TracePlace
from shared.grounding.sentences import split_sentences
from shared.grounding.words import content_stems, tokens
from shared.text.fold import fold_key

_LEAST_GAIN = 2
"""Words that a further source sentence must bring: one shared word is chance."""
_MOST = 4


@dataclass(frozen=True, slots=True)
class _Passage:
    item_id: str
    sentence: str
    words: frozenset[str]


def traces(frame: Frame, title: str, intro: str, tldr: Sequence[str]) -> tuple[Trace, ...]:
    """A trace of each sentence of the title, the intro, the TL;DR and the items' texts, in the order of printing.
    `frame` has the sections as printed. Sentences about the issue itself (its name, day and numbers) have none but the
    items that they name."""
    own = {own_title(frame), *split_sentences(own_intro(frame))}
    everything = [passage for item in frame.items for passage in _passages(item)]
    around: list[tuple[TracePlace, str]] = [
        ("title", title),
        *(("intro", one) for one in split_sentences(intro)),
        *(("tldr", one) for line in tldr for one in split_sentences(line)),
    ]
    return (
        *(
            _about_issue(place, text, frame) if text in own else _traced(place, text, everything)
            for place, text in around
        ),
        *(trace for item in frame.items for trace in _of_item(item)),
    )


def _of_item(item: EditionItem) -> Iterator[Trace]:
    """Where nothing of the wording is shared, as in another language, all of the item's source sentences stand."""
    passages = _passages(item)
    whole = tuple(
        Support(item_id=item.item_id, sentence=one) for one in item.evidence or (item.headline or item.title,)
    )
    for place, text in (("item_title", item.title), *(("item", one) for one in split_sentences(item.summary))):
        trace = _traced("item_title" if place == "item_title" else "item", text, passages)
        yield trace if trace.support else trace.model_copy(update={"support": whole})


def _passages(item: EditionItem) -> list[_Passage]:
    sentences = dict.fromkeys((item.headline or item.title, *item.evidence))
    return [_Passage(item.item_id, one, _words(one)) for one in sentences]


def _traced(place: TracePlace, text: str, passages: Sequence[_Passage]) -> Trace:
    """The fewest passages that hold what any of them holds of the sentence's words; a passage that is the sentence
    stands alone."""
    same = [one for one in passages if fold_key(one.sentence) == fold_key(text)]
    chosen = same[:1] or list(_cover(_words(text), passages))
    return Trace(place=place, text=text, support=tuple(map(_support, chosen)))


def _cover(wanted: frozenset[str], passages: Sequence[_Passage]) -> Iterator[_Passage]:
    left = wanted
    for number in range(min(_MOST, len(passages))):
        best = max(passages, key=lambda one: len(left & one.words))
        if len(left & best.words) < (_LEAST_GAIN if number else 1):
            return
        yield best
        left -= best.words


def _about_issue(place: TracePlace, text: str, frame: Frame) -> Trace:
    named = (item for item in frame.items if any(fold_key(name) in fold_key(text) for name in item.companies[:1]))
    support = (Support(item_id=item.item_id, sentence=item.headline or item.title) for item in named)
    return Trace(place=place, text=text, about_issue=True, support=tuple(support))


def _support(passage: _Passage) -> Support:
    return Support(item_id=passage.item_id, sentence=passage.sentence)


def _words(text: str) -> frozenset[str]:
    numbers: Iterable[str] = (word for word in tokens(text) if any(char.isdigit() for char in word))
    return frozenset((*content_stems(text), *numbers))
