"""What the labels so far suggest to change in the configuration (pure). Suggestions are shown, never applied."""

from collections import Counter
from collections.abc import Callable, Iterable

from shared.storage.labels import Label

_OFTEN = 3
_KINDS: tuple[tuple[str, str, Callable[[Label], str]], ...] = (
    ("of type {}", "exclude?", lambda one: one.event_type),
    ("from {}", "a stricter ingestion profile?", lambda one: one.source_name or one.source_key),
    ("labelled {}", "exclude?", lambda one: one.label),
)


def suggestions(labels: Iterable[Label]) -> list[str]:
    """Most frequent first: kinds of items that were dropped several times and kept less often than that."""
    labels = list(labels)
    found: list[tuple[int, str]] = []
    for title, what, key in _KINDS:
        dropped = Counter(key(one) for one in labels if one.verdict == "drop" and key(one))
        kept = Counter(key(one) for one in labels if one.verdict == "keep")
        found += [
            (number, f"{number} items {title.format(name)} dropped ({kept[name]} kept): {what}")
            for name, number in dropped.items()
            if number >= _OFTEN and number > kept[name]
        ]
    return [text for _, text in sorted(found, key=lambda one: (-one[0], one[1]))]
