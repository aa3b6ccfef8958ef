"""Sentences of a text, in its own wording."""

import re

_ABBREVIATION = re.compile(
    r"(?:\b(?:Inc|Ltd|Co|Corp|Dr|Mr|Mrs|Ms|Prof|St|No|Nos|vs|approx|e\.g|i\.e|cf|al|etc|Fig|Jr|Sr|Ph\.D|M\.D|Nr|bzw|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|\d{1,2})|\b(?:[^\W\d_]\.)*[^\W\d_])\.$"
)
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s+[\"'“‘«(\[¿¡]*[^\W_])|\n\s*\n+")


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`, stripped, white space inside them made single; blank lines end a sentence too."""
    pieces, start = [], 0
    for end in _END.finditer(text):
        if not end.group().isspace() and not _ends_here(text, start, end):
            continue
        pieces.append(text[start : end.end()])
        start = end.end()
    pieces.append(text[start:])
    return [clean for piece in pieces if (clean := " ".join(piece.split()))]


def _ends_here(text: str, start: int, end: re.Match[str]) -> bool:
    """A full stop of an abbreviation, or before a lower-case word, does not end a sentence."""
    following = text[end.end() :].lstrip(" \t\r\n\"'“‘«([¿¡")[:1]
    if following.islower():
        return False
    return end.group() != "." or not _ABBREVIATION.search(text[max(start, end.start() - 12) : end.end()])
