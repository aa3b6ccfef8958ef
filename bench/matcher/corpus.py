"""Texts and terms of the matcher's bench: the product's own vocabulary plus invented words, all from one seed."""

import math
import random
import re
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from pydoc_data.topics import topics

import yaml

from shared.config.terms import Term
from shared.config.tree import ConfigTree
from shared.text.fold import fold_key
from shared.text.matcher import Entry

_SYLLABLES = re.findall(
    r"[a-z]+", "an bar cor del es fi gla hu in jo ka lum mer no or pra qui re sol ta um vi wex xo yl zen"
)
_SIGNS = ("\u2019s ", " \u2013 ", "\u00ae ", " caf\u00e9 ", " \u201cwell\u201d ", " 12 \u00b5g ", " \u2265 3 ")
_BEYOND_LATIN = "\u2e80"
MEDIAN_LENGTH, SPREAD = 2200, 0.7
"""Characters of a text: log-normal, so that one text in twenty is longer than 7,000, as articles are."""


def vocabulary(tree: ConfigTree, size: int, rng: random.Random) -> list[Entry]:
    """`size` literal terms: those of the tree in Latin letters (the texts are English), then invented names of one to
    three words."""
    plain = (entry for entry in tree.entries() if not entry.term.is_regex and not entry.term.requires_any)
    literal = [entry for entry in plain if max(entry.term.term) < _BEYOND_LATIN]
    known = {entry.term.term.lower() for entry in literal}
    while len(literal) < size:
        name = " ".join(_word(rng) for _ in range(rng.choices((1, 2, 3), (6, 3, 1))[0]))
        if name not in known:
            known.add(name)
            literal.append(Entry("company", name, name, frozenset({"invented"}), Term(term=name)))
    return literal[:size]


def texts(entries: Sequence[Entry], many: int, density: float, rng: random.Random) -> list[str]:
    """`many` texts that hold about `density` terms per thousand characters."""
    terms = [entry.term.term for entry in entries]
    known = {fold_key(word) for term in terms for word in term.split()}
    fillers = [word for word in _english() if word not in known]
    return [_text(terms, fillers, density, rng) for _ in range(many)]


def labelled(folder: Path, many: int) -> list[str]:
    """Titles and texts of the labelled evaluation sets, again and again: news of the niche, as dense as it gets."""
    paths = sorted(folder.glob("development*.yaml"))
    items = [item for path in paths for item in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return list(islice(cycle(f"{item['title']}\n\n{item['text']}" for item in items), many))


def _english() -> Iterator[str]:
    """Running English words: those of the documentation that every Python brings."""
    for topic in sorted(topics):
        yield from re.findall(r"[a-z]{2,}", topics[topic].lower())


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4)))


def _text(terms: Sequence[str], fillers: Sequence[str], density: float, rng: random.Random) -> str:
    length = int(rng.lognormvariate(math.log(MEDIAN_LENGTH), SPREAD))
    pieces = list(_pieces(terms, fillers, density, max(200, length), typographic=rng.random() < 0.6, rng=rng))
    return "".join(pieces)


def _pieces(
    terms: Sequence[str], fillers: Sequence[str], density: float, length: int, *, typographic: bool, rng: random.Random
) -> Iterator[str]:
    written = 0
    while written < length:
        word = rng.choice(terms) if rng.random() < density * 6.5 / 1000 else rng.choice(fillers)
        end = rng.choices((" ", ", ", ". ", ".\n\n"), (85, 6, 7, 2))[0]
        if typographic and rng.random() < 0.02:
            end = rng.choice(_SIGNS)
        written += len(word) + len(end)
        yield word + end
