"""Words of a text: which are names, which carry content, and when two are forms of one word."""

import re
from collections.abc import Iterable

from shared.grounding.lexicon import FUNCTION_WORDS, NEGATIONS, OPENERS, REPORTING, STOP_WORDS
from shared.text.fold import fold_key

_TOKEN = re.compile(r"[^\W_](?:[\w.&/+'’\-‐‑–]*[^\W_])?")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_ENDING = re.compile(r"(?:ing|ed|es|e)$")
_CLEAR_LEAD = 2
_OPENING = re.compile(r"[.!?:;…–—•(\"“«\[]\s*$|^\s*$")


def tokens(text: str) -> list[str]:
    """Words as written; hyphenated ones stay whole, "U.S." becomes "US"."""
    return _TOKEN.findall(_INITIALS.sub(lambda match: match.group().replace(".", ""), text))


def base(word: str) -> str:
    """A folded word without possessive and plural ending: the forms of one name share it."""
    folded = fold_key(word)
    folded = folded[:-2] if folded.endswith("'s") else folded.rstrip("'")
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") and not folded.endswith("ss") else folded


def stem(word: str) -> str:
    """The first five letters of a word's base: the forms of one verb or noun mostly share them."""
    return base(word)[:5]


def root(word: str) -> str:
    """Five letters of a word without its ending: `file`, `filed` and `filing` share them, which `stem` parts."""
    whole = base(word)
    short = _ENDING.sub("", whole)
    return (short if len(short) > 2 else whole)[:5]


def parts(word: str) -> list[str]:
    """The pieces of a hyphenated or slashed word."""
    return [piece for piece in re.split(r"[-‐‑–/]", word) if piece]


def names(text: str) -> list[str]:
    """Words of a sentence that are names or codes: with a capital, or of letters and digits together.

    A sentence's first word counts too, unless it is one that commonly opens a sentence.
    """
    clean = _INITIALS.sub(lambda match: match.group().replace(".", ""), text)
    found = []
    for match in _TOKEN.finditer(clean):
        word = match.group()
        opens = bool(_OPENING.search(clean[: match.start()]))
        if is_name(word) and not (opens and fold_key(word) in OPENERS):
            found.append(word)
    return found


def is_name(word: str) -> bool:
    """Whether a word looks like a name or a code: a capital, or letters and digits together."""
    letters = any(char.isalpha() for char in word)
    digits = any(char.isdigit() for char in word)
    capital = any(char.isupper() for char in word)
    if len(word) == 1:
        return False
    return capital or (letters and digits and not re.fullmatch(r"\d[\d.,]*[-‐‑–]?[^\W\d_]+(?:[-‐‑–][^\W\d_]+)*", word))


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry a sentence's content: no function words, no verbs of telling, no numbers."""
    pieces = (piece for word in tokens(text) for piece in parts(word))
    return [
        stem(piece)
        for piece in pieces
        if len(piece) > 1 and not piece.isdigit() and fold_key(piece) not in STOP_WORDS | REPORTING
    ]


def guess_language(text: str) -> str | None:
    """The language most of whose function words stand in `text`; None unless it leads by two."""
    words = [fold_key(word) for word in re.findall(r"[^\W\d_]+", text)]
    counts = sorted(
        ((sum(word in known for word in words), name) for name, known in FUNCTION_WORDS.items()), reverse=True
    )
    return counts[0][1] if counts[0][0] >= counts[1][0] + _CLEAR_LEAD else None


def negated(text: str) -> bool:
    """Whether a sentence turns a statement round."""
    return any(fold_key(word) in NEGATIONS or fold_key(word).endswith("n't") for word in tokens(text))


def acronyms(text: str) -> set[str]:
    """Initials of every run of capitalised words: "Food and Drug Administration" gives "fda"."""
    found: set[str] = set()
    run: list[str] = []
    for word in [*tokens(text), ""]:
        if word[:1].isupper():
            run.append(word[0].lower())
        elif word.lower() not in ("of", "and", "for", "the"):
            found.update(_runs(run))
            run = []
    return found


def _runs(initials: list[str]) -> Iterable[str]:
    return ("".join(initials[i:j]) for i in range(len(initials)) for j in range(i + 2, min(i + 7, len(initials) + 1)))
