"""The words of labelled texts, counted by event type: what the rule-based classifier knows besides its patterns."""

from collections import Counter
from collections.abc import Iterable

from cli.evaluation.labels import Labelled
from services.normalize.rules import body_of
from shared.config.event_words import words_of
from shared.config.events import read_text
from shared.config.json_schema import modeline
from shared.config.rules import EventWords
from shared.config.tree import ConfigTree

PATH = "canonical/events/event_words.yaml"
MIN_TEXTS = 2
"""A word of one text says nothing of others."""
_HEADER = """{modeline}
# Written by `vectora eval --client CLIENT --learn FILE` from the development sets; not for editing by hand. In how many
# labelled texts of each event type a word (its first letters) stands: the rules weigh it where no pattern is at home.
"""


def count_words(tree: ConfigTree, items: Iterable[Labelled]) -> EventWords:
    """Texts and words by event type, words of fewer than MIN_TEXTS texts left out."""
    texts: Counter[str] = Counter()
    words: dict[str, Counter[str]] = {}
    for item in items:
        if item.gold.keep and not tree.event_types[item.gold.event_type].newsworthy:
            continue  # to be printed under a type that never is: the rules call it something else
        reading = read_text(tree, item.title, body_of(item.title, item.text))
        texts[item.gold.event_type] += 1
        for word in words_of(reading.text, reading.hits):
            words.setdefault(word, Counter())[item.gold.event_type] += 1
    kept = {word: dict(sorted(counts.items())) for word, counts in sorted(words.items()) if counts.total() >= MIN_TEXTS}
    return EventWords(texts=dict(sorted(texts.items())), words=kept)


def written(counts: EventWords) -> str:
    """The file's text: a line for each word."""
    rows = (f"  {_quoted(word)}: {_counts(per_type)}" for word, per_type in counts.words.items())
    head = _HEADER.format(modeline=modeline(PATH))
    return head + "\n".join([f"texts: {_counts(counts.texts)}", "words:", *rows]) + "\n"


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _counts(counts: dict[str, int]) -> str:
    return "{ " + ", ".join(f"{name}: {count}" for name, count in counts.items()) + " }"
