"""What each character becomes: one table for each use, learned as characters appear, and the same tables over bytes."""

import codecs
import unicodedata
from collections.abc import Callable

_SOFT_HYPHEN = "\u00ad"
_HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_APOSTROPHES = "'`\u00b4\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\uff07"
_MARKS = "\u00ae\u2122\u00a9\u2120"  # registered, trademark, copyright and service mark signs
_ONE_FOR_ONE = {"\u2026": ".", "\u0131": "i"}  # an ellipsis is a full stop; the dotless i is an i
_STAND_IN = "vectora-stand-in"
_SIGN, _LETTER = "\ue000", "\ue001"  # of the private use area: no text is searched for them
_UNUSED = "\ufffe"  # how a character map marks a byte that stands for nothing


def _folded_char(char: str, *, keep_case: bool) -> str:
    if char == _SOFT_HYPHEN:
        return ""
    if char in _HYPHENS or char in _MARKS:
        return " "
    if char in _APOSTROPHES:
        return "'"
    if char in _ONE_FOR_ONE:
        return _ONE_FOR_ONE[char]
    if char.isspace():
        return "\n" if char in "\n\u2028\u2029" else " "
    decomposed = unicodedata.normalize("NFKD", char)
    if not keep_case:
        decomposed = unicodedata.normalize("NFKD", decomposed.casefold())
    kept = (c for c in decomposed if unicodedata.category(c) not in {"Mn", "Cf", "Cc"})
    return "".join("'" if c in _APOSTROPHES else c for c in kept)


class _Table(dict[int, str]):
    """A translation table that learns each character once."""

    def __init__(self, *, keep_case: bool) -> None:
        super().__init__()
        self._keep_case = keep_case

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded_char(chr(code), keep_case=self._keep_case)
        return folded


class _SameLength(dict[int, str]):
    """One character for one: accents, dashes and quotes normalised, offsets and case unchanged."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = single = self._single(char)
        return single

    @staticmethod
    def _single(char: str) -> str:
        if char in _HYPHENS and char != _SOFT_HYPHEN:
            return "-"
        folded = _folded_char(char, keep_case=True)
        return folded if len(folded) == 1 else char


class _Boundaries(dict[int, str]):
    """Letters and digits as they are, anything else a space."""

    def __missing__(self, code: int) -> str:
        self[code] = kept = chr(code) if chr(code).isalnum() else " "
        return kept


CASELESS = _Table(keep_case=False)
"""To the spelling that is compared: no case, no accents, compatibility forms resolved; possibly several characters."""
CASED = _Table(keep_case=True)
"""As CASELESS, with case."""
LIGHT = _SameLength()
WORDS = _Boundaries()


class _Palette:
    """The characters that news is written in, as bytes: tables of bytes fold a text some ten times faster than a
    mapping of characters. A text with a character that folds to none or several goes the slow way, to the same end."""

    def __init__(self) -> None:
        latin = [chr(code) for code in (*range(9, 14), *range(28, 127), *range(0xA0, 0x100), 0x131)]
        others = (
            "\u2018\u2019\u201a\u201c\u201d\u201e\u2010\u2011\u2013\u2014\u2026\u2022\u2212\u2122\u20ac\u2020\u2021"
        )
        symbols = "\u2009\u202f\u2264\u2265\u03b1\u03b2\u03b3\u03b4\u03ba\u03bc"
        letters = "\u0141\u0142\u0152\u0153\u0160\u0161\u017d\u017e"
        single = dict.fromkeys(c for c in (*latin, *others, *symbols, *letters) if len(CASELESS[ord(c)]) == 1)
        chars = [c for c in single if self._closed(c, single)]
        rest = [_SIGN, _LETTER, *(c for c in chars if ord(c) > 255)]
        free = (n for n in range(128, 256) if chr(n) not in chars)  # so that ASCII bytes stand for themselves
        others_at = dict(zip(free, rest, strict=False))
        places = [chr(n) if chr(n) in chars else others_at.get(n, _UNUSED) for n in range(1, 256)]
        self.alphabet = "".join(("\x00", *places))
        self._encoding = codecs.charmap_build(self.alphabet)
        self._sign, self._letter = (self.alphabet.index(char).to_bytes() for char in (_SIGN, _LETTER))
        controls = bytes(n for n in range(128) if not CASELESS[n])
        to_nothing = bytes.maketrans(controls, bytes(len(controls)))
        self.caseless = self._bytes(lambda c: CASELESS[ord(c)]).translate(to_nothing)
        self.light = self._bytes(lambda c: LIGHT[ord(c)])
        self.words = b" " + self._bytes(lambda c: c if c == _LETTER else WORDS[ord(c)])[1:]

    @staticmethod
    def _closed(char: str, chars: dict[str, None]) -> bool:
        """Whether what a character becomes is in the palette as well."""
        return all(table[ord(char)] in chars for table in (CASELESS, LIGHT))

    def _bytes(self, mapping: Callable[[str], str]) -> bytes:
        table = bytearray(range(256))
        for code, char in enumerate(self.alphabet):
            if char not in ("\x00", _UNUSED):
                table[code] = self.alphabet.index(mapping(char))
        return bytes(table)

    def encode(self, text: str) -> bytes | None:
        """The text's bytes, one a character; None when it has a character outside the palette."""
        if text.isascii():
            return text.encode("ascii")
        return self._encoded(text, "strict")

    def encode_any(self, text: str) -> bytes | None:
        """As `encode`, but a character outside the palette becomes its plain form, or a stand-in for any other sign, or
        for any other letter; None when one folds to none or several."""
        return self._encoded(text, _STAND_IN)

    def _encoded(self, text: str, errors: str) -> bytes | None:
        try:
            encoded: bytes = codecs.charmap_encode(text, errors, self._encoding)[0]
        except UnicodeEncodeError:
            return None
        return None if b"\x00" in encoded else encoded

    def folded(self, encoded: bytes) -> bytes | None:
        """`encoded` without case and accents; None when it has control characters, which fold to none."""
        folded = encoded.translate(self.caseless)
        return None if b"\x00" in folded else folded

    def foreign(self, text: str) -> frozenset[str]:
        """Plain and folded forms of the characters of `text` that stand-ins would hide."""
        hidden = (c for c in set(text) if c not in self.alphabet)
        return frozenset(form for c in hidden for form in (CASELESS[ord(c)], LIGHT[ord(c)]))

    def has_stand_ins(self, encoded: bytes) -> bool:
        return self._sign in encoded or self._letter in encoded

    def decode(self, encoded: bytes) -> str:
        if encoded.isascii():
            return encoded.decode("ascii")
        text: str = codecs.charmap_decode(encoded, "strict", self.alphabet)[0]
        return text

    def stand_in(self, error: UnicodeError) -> tuple[str, int]:
        """The error handler of `encode` (see codecs.register_error); raises `error` for what has no one-to-one form."""
        if not isinstance(error, UnicodeEncodeError):
            raise error
        found = error.object[error.start : error.end]
        if any(len(CASELESS[ord(c)]) != 1 or CASELESS[ord(c)] == "\n" for c in found):
            raise error
        return "".join(map(self._plain, found)), error.end

    def _plain(self, char: str) -> str:
        plain, folded = LIGHT[ord(char)], CASELESS[ord(char)]
        if plain in self.alphabet and CASELESS[ord(plain)] == folded:
            return plain
        return _LETTER if folded.isalnum() else _SIGN


PALETTE = _Palette()
codecs.register_error(_STAND_IN, PALETTE.stand_in)
