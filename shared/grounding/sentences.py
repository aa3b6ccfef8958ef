"""Sentences of a text, in its own wording."""

import re

_ABBREVIATION = re.compile(
    r"(?:\b(?:Inc|Ltd|Co|Corp|Dr|Mr|Mrs|Ms|Prof|St|No|Nos|vs|approx|e\.g|i\.e|cf|al|etc|Fig|Jr|Sr|Ph\.D|M\.D|Nr|bzw|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|\d{1,2})|\b(?:[^\W\d_]\.)*[^\W\d_])\.$"
)
_CLOSING = "\"'”’»)\\]」』）"
_END = re.compile(rf"[.!?…]+[{_CLOSING}]*(?=\s+[\"'“‘«(\[¿¡]*[^\W_])|[。！？]+[{_CLOSING}]*|\n\s*\n+")


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`, stripped, white space inside them made single; blank lines end a sentence too."""
    pieces = (" ".join(text[start:end].split()) for start, end in sentence_spans(text))
    return [piece for piece in pieces if piece]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where each sentence of `text` starts and ends, white space around it included."""
    spans, start = [], 0
    for end in _END.finditer(text):
        if end.group().isspace() or _ends_here(text, start, end):
            spans.append((start, end.end()))
            start = end.end()
    return [*spans, (start, len(text))]


def _ends_here(text: str, start: int, end: re.Match[str]) -> bool:
    """A full stop of an abbreviation, or before a lower-case word, does not end a sentence."""
    following = text[end.end() :].lstrip(" \t\r\n\"'“‘«([¿¡")[:1]
    if following.islower():
        return False
    return end.group() != "." or not _ABBREVIATION.search(text[max(start, end.start() - 12) : end.end()])
