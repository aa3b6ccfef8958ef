"""Words that say the contrary of the source's, and words that say more than it."""

import re
from collections.abc import Iterable, Iterator

from shared.grounding.lexicon import CONTRARIES, DEGREES, NEGATIONS
from shared.text.fold import fold_key

_NTH = r"first|second|premiere?|deuxieme|erste[nrs]?|zweite[nrs]?|primer[ao]?|segund[ao]|prim[ao]"
_DENIALS = NEGATIONS.difference(*(words for pair in CONTRARIES for words in pair)) | {"t"}
"""`t` is what is left of a contraction."""
_REACH = 3
_ORDINAL = re.compile(rf"\b(?:{_NTH})[ -](?:quarter|half|trimestre|semestre|quartal|halbjahr)\w*")


def contrary_words(passage: str, sentence: str) -> Iterator[str]:
    """Words of `sentence` that `passage` lacks while it holds their contrary, and the sentence does not."""
    told, known = _asserted(sentence), _asserted(passage)
    for one, other in CONTRARIES:
        for words, contrary in ((one, other), (other, one)):
            if told & words and contrary & known and not (told & contrary or known & words):
                yield f"{_first(told & words)}, where the source says {_first(contrary & known)}"


def unsaid_degrees(source: str, sentence: str) -> Iterator[str]:
    """Words of rank, praise and multiples in `sentence` that stand nowhere in `source`."""
    known = _words(source)
    for kin in DEGREES:
        said = kin & _words(_ORDINAL.sub(" ", fold_key(sentence)))
        if said and not kin & known:
            yield _first(said)


def _asserted(text: str) -> frozenset[str]:
    """The words of `text` that stand right behind no denial: what did not rise has not risen."""
    words = re.findall(r"[^\W\d_]+", fold_key(text))
    return frozenset(word for at, word in enumerate(words) if not _DENIALS & set(words[max(0, at - _REACH) : at]))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", fold_key(text)))


def _first(words: Iterable[str]) -> str:
    return min(words)
