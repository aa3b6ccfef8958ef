"""What the owner's labels keep and drop, as words of a title; and what of a printed item stands in its source."""

import re
from collections.abc import Iterable

from shared.config.tree import ConfigTree

KEEP = (
    ("partner", "new drug application", "olanzap"),
    ("expanded indication", "uzedy"),
    ("uzedy", "continues", "growth"),
)
DROP = (
    ("hiring",),
    ("seeks", "director"),
    ("leadership change",),
    ("half-year", "results"),
    ("interim report",),
    ("to participate",),
    ("conference",),
    ("summit",),
    ("glp-1",),
    ("ai-focused",),
    ("raises $",),
    ("amoxicillin",),
    ("appoints",),
    ("finalist",),
    ("download",),
    ("presentation",),
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def says(title: str, words: Iterable[str]) -> bool:
    return all(word in title.casefold() for word in words)


def numbers(text: str) -> set[str]:
    """Every number in a text, without thousands separators and leading zeros."""
    return {found.replace(",", "").rstrip(".").lstrip("0") for found in _NUMBER.findall(text)}


def ungrounded_names(item: dict, text: str, tree: ConfigTree) -> list[str]:
    """Names printed with an item that neither its source text holds nor a canonical alias in that text stands for."""
    hits = {hit.name.casefold() for hit in tree.matcher.find(text)}
    names = [name for kind in ("companies", "molecules", "trademarks", "technologies") for name in item[kind]]
    return [name for name in names if name.casefold() not in text.casefold() and name.casefold() not in hits]
