"""What a text's plain words say of its event type: counted in labelled texts, they help where no pattern is at home."""

import math
from collections.abc import Iterable, Mapping

from shared.config.rules import EventWords
from shared.grounding.words import content_stems
from shared.text.hits import Hit

WORD_CAP = 4.5
"""What the words say at most: a little more than one clear pattern in the title, because they are many and agree."""
CERTAIN = 20.0
"""Logarithm of the odds from which on a type is out of the question: words of one story repeat each other, so that
their product is far surer than they are."""
READ_LENGTH = 1200
"""Characters from the title's beginning that are read."""
_PRIOR_WEIGHT, _SMOOTHING = 0.5, 12.0
"""A word's share among the texts of a type is drawn to its share among all, as if that had been seen in so many more
texts: a rare type has not had the occasion to use every word. Cap and weights were chosen on lots that the patterns
had not been tuned on, each with the words of the others."""
_ENTITIES = frozenset({"company", "molecule", "trademark"})


def words_of(text: str, hits: Iterable[Hit]) -> frozenset[str]:
    """Stems of a text's words, those of companies, substances and products apart: they stand in news of every kind."""
    masked = list(text[:READ_LENGTH])
    for hit in hits:
        if hit.kind in _ENTITIES:
            masked[hit.start : hit.end] = " " * len(masked[hit.start : hit.end])
    stems = content_stems("".join(masked))
    return frozenset(stem for stem in stems if not any(char.isdigit() for char in stem))


def word_scores(counts: EventWords, words: Iterable[str]) -> Mapping[str, float]:
    """Event type -> 0 to WORD_CAP, the likeliest type having WORD_CAP: naive Bayes over the words that were counted.
    Empty where nothing was counted."""
    total = sum(counts.texts.values())
    if not total:
        return {}
    odds = {name: _PRIOR_WEIGHT * math.log((texts + 1) / total) for name, texts in counts.texts.items()}
    for word in sorted(set(words) & set(counts.words)):
        per_type = counts.words[word]
        overall = sum(per_type.values()) / total
        for name, texts in counts.texts.items():
            share = (per_type.get(name, 0) + _SMOOTHING * overall) / (texts + _SMOOTHING)
            odds[name] += math.log(share / overall)
    best = max(odds.values())
    return {name: round(WORD_CAP * (1 - min(CERTAIN, best - odd) / CERTAIN), 4) for name, odd in odds.items()}
