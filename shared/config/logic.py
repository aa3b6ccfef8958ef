"""Boolean expressions over names: AND, OR, NOT and parentheses, as in "signal AND (entity OR NOT noise)"."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import accumulate

from shared.errors import ConfigError

_TOKEN = re.compile(r"\s*(?:(\()|(\))|([A-Za-z_][\w.]*)|(\S))")
_MAX_TOKENS = 400
_MAX_DEPTH = 50
"""Parentheses within one another: the parser recurses."""
_KEYWORDS = {"AND", "OR", "NOT"}
Node = Callable[[Mapping[str, bool]], bool]


class _Parser:
    """Recursive descent: or := and (OR and)*, and := not (AND not)*, not := NOT not | name | ( or )."""

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._tokens = _tokens(expression)
        self._at = 0
        self.names: dict[str, None] = {}

    def parse(self) -> Node:
        node = self._or()
        if self._at < len(self._tokens):
            raise self._error(f"{self._tokens[self._at]!r} is not expected here")
        return node

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _or(self) -> Node:
        parts = [self._and()]
        while self._peek() == "OR":
            self._next()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else lambda values: any(part(values) for part in parts)

    def _and(self) -> Node:
        parts = [self._not()]
        while self._peek() == "AND":
            self._next()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else lambda values: all(part(values) for part in parts)

    def _not(self) -> Node:
        word = self._next()
        if word == "NOT":
            inner = self._not()
            return lambda values: not inner(values)
        if word == "(":
            inner = self._or()
            if self._next() != ")":
                raise self._error("a parenthesis is not closed")
            return inner
        if not word or word == ")" or word in _KEYWORDS:
            raise self._error("a name is missing" + (f" before {word!r}" if word else " at the end"))
        self.names[word] = None
        return lambda values: values[word]

    def _error(self, what: str) -> ConfigError:
        return ConfigError(f"expression {self._expression!r}: {what}; use names, AND, OR, NOT and parentheses")


def _tokens(expression: str) -> list[str]:
    tokens = []
    for match in _TOKEN.finditer(expression.strip()):
        opened, closed, word, stray = match.groups()
        if stray:
            raise ConfigError(
                f"expression {expression!r}: {stray!r} is not allowed; use names, AND, OR, NOT and parentheses"
            )
        tokens.append(opened or closed or (word.upper() if word.upper() in _KEYWORDS else word))
    if len(tokens) > _MAX_TOKENS:
        raise ConfigError(f"expression {expression[:60]!r}… is longer than {_MAX_TOKENS} words; split it")
    if max(accumulate((word == "(") - (word == ")") for word in tokens), default=0) > _MAX_DEPTH:
        raise ConfigError(f"expression {expression[:60]!r}… opens more than {_MAX_DEPTH} parentheses; split it")
    return tokens


@lru_cache(maxsize=512)
def _parsed(expression: str) -> tuple[Node, tuple[str, ...]]:
    parser = _Parser(expression)
    node = parser.parse()
    return node, tuple(parser.names)


def evaluate(expression: str, names: Mapping[str, bool]) -> bool:
    """The expression's value for `names`. Raises ConfigError when it does not parse, KeyError for an unknown name."""
    return _parsed(expression)[0](names)


def names(expression: str) -> tuple[str, ...]:
    """The names that the expression uses, in order. Raises ConfigError when it does not parse."""
    return _parsed(expression)[1]
