"""Regular expressions of the canonical files: only such as cannot run away."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from shared.errors import ConfigError

_parser: Any = re._parser  # type: ignore[attr-defined]  # the standard library's own reading of a pattern
LITERAL: Any = re._constants.LITERAL  # type: ignore[attr-defined]
"""The operator of a literal character in what `parsed` gives."""
_MAX_REPEAT = 200
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_REFUSED = {"GROUPREF": "a back-reference", "GROUPREF_EXISTS": "a conditional group"}


@lru_cache(maxsize=2048)
def parsed(pattern: str) -> Any:
    """A pattern as the standard library reads it; not to be changed. Raises re.error for what is no pattern."""
    return _parser.parse(pattern)


def compile_bounded(pattern: str, *, exact_case: bool) -> re.Pattern[str]:
    """Compile a `regex:` term, anchored on word boundaries.

    Raises ConfigError when it is not a regular expression, matches the empty text, or could need more than bounded
    work: repeats end at 200 at most, and no repeat of variable length stands inside another (unless possessive).
    """
    try:
        tree = parsed(pattern)
    except re.error as error:
        raise ConfigError(f"not a regular expression: {error}") from error
    if tree.getwidth()[0] == 0:
        raise ConfigError(f"the regular expression {pattern!r} matches the empty text; make a part of it mandatory")
    _refuse_unbounded(pattern, tree, inside_repeat=False)
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", 0 if exact_case else re.IGNORECASE)


def _refuse_unbounded(pattern: str, tree: Iterable[Any], *, inside_repeat: bool) -> None:
    for operator, argument in tree:
        name = str(operator)
        if name in _REFUSED:
            raise ConfigError(f"{pattern!r} uses {_REFUSED[name]}; write the alternatives out")
        if name in _REPEATS:
            _check_repeat(pattern, name, argument, inside_repeat=inside_repeat)
        else:
            for child in _children(argument):
                _refuse_unbounded(pattern, child, inside_repeat=inside_repeat)


def _check_repeat(pattern: str, name: str, argument: tuple[int, int, Any], *, inside_repeat: bool) -> None:
    low, high, body = argument
    if int(high) > _MAX_REPEAT:
        raise ConfigError(
            f"{pattern!r} repeats without a limit; write {{0,60}} in place of * and {{1,60}} in place of +"
        )
    variable = low != high and name != "POSSESSIVE_REPEAT"
    if inside_repeat and variable and int(high) > 1:
        raise ConfigError(
            f"{pattern!r} has a repeat inside a repeat; make the inner one possessive, as in \\w{{1,30}}+"
        )
    _refuse_unbounded(pattern, body, inside_repeat=inside_repeat or int(high) > 1)


def _children(argument: Any) -> list[Any]:
    """The sub-patterns in an operator's argument, however deep they lie in tuples and lists."""
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [child for part in argument for child in _children(part)]
    return []
