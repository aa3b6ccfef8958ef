"""A second opinion on grounding that shares nothing with it: literal comparison, white space and case apart."""

import re
from collections.abc import Iterator

from cli.evaluation.labels import Labelled
from services.normalize.ground import Grounded
from shared.config.tree import ConfigTree

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def unsupported(grounded: Grounded, item: Labelled, tree: ConfigTree) -> Iterator[str]:
    """Facts of a result that do not stand in title or text as they are."""
    text = _plain(f"{item.title}\n{item.text}")
    known = {(hit.kind, hit.id) for hit in tree.matcher.find(f"{item.title}\n\n{item.text}")}
    numbers = set(_NUMBER.findall(f"{text} {item.published}"))
    for entity in grounded.entities:
        if _plain(entity.mention) not in text:
            yield f"{entity.kind} {entity.mention!r}"
        elif entity.id and entity.kind != "indication" and (entity.kind, entity.id) not in known:
            yield f"{entity.kind} id {entity.id}"
    for sentence in grounded.summary:
        if _plain(sentence.evidence) not in text:
            yield f"evidence {sentence.evidence[:60]!r}"
        yield from (f"number {one}" for one in _NUMBER.findall(sentence.text) if one not in numbers)
    yield from (f"figure {one.value!r}" for one in grounded.figures if _plain(one.value) not in text)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
