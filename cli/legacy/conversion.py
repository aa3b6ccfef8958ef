"""What a conversion produces: files of the present schema, and an account of every change and loss."""

import re
from dataclasses import dataclass, field
from typing import Any

from cli.legacy.files import LegacyFile, LegacyTree, Where
from cli.legacy.finding import Finding
from cli.legacy.terms import looks_like_regex
from shared.errors import ConfigError
from shared.text.fold import fold_key
from shared.text.patterns import compile_bounded

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
_LEFT_OUT = "write it by hand"


@dataclass
class Conversion:
    """`files`: path -> plain value. `changed` and `lost` say, place by place, what differs and what is missing."""

    tree: LegacyTree
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: list[Finding] = field(default_factory=list)
    lost: list[Finding] = field(default_factory=list)

    def change(self, file: LegacyFile, where: Where, message: str) -> None:
        """Note that a value was written differently."""
        self.changed.append(file.finding(where, message, "", "warning"))

    def lose(self, file: LegacyFile, where: Where, message: str, suggestion: str = _LEFT_OUT) -> None:
        """Note that a value has no place in the new tree."""
        self.lost.append(file.finding(where, message, suggestion))

    def assume(self, path: str, message: str) -> None:
        """Note a required value that the legacy tree does not hold."""
        self.changed.append(Finding(path, 0, message, "", "warning"))

    def terms(self, file: LegacyFile, where: Where, values: list[Any], seen: dict[str, str] | None = None) -> list[str]:
        """The terms of a list, each once; `seen` carries what other lists of the same scope already hold."""
        kept: list[str] = []
        seen = {} if seen is None else seen
        place = ".".join(map(str, where))
        for index, value in enumerate(values):
            term = self._term(file, (*where, index), value)
            if term is None:
                continue
            first = seen.get(fold_key(term))
            if first is None:
                seen[fold_key(term)] = place
                kept.append(term)
            else:
                self.change(file, (*where, index), f"{term!r} left out here: {first} has it already")
        return kept

    def _term(self, file: LegacyFile, where: Where, value: Any) -> str | None:
        if not isinstance(value, str) or not fold_key(value):
            self.lose(file, where, f"{value!r} is no term")
            return None
        if not looks_like_regex(value):
            return value
        bounded = value.removeprefix("^").removesuffix("$").replace(".*", ".{0,60}").replace(".+", ".{1,60}")
        try:
            compile_bounded(bounded, exact_case=False)
        except ConfigError as error:
            self.lose(file, where, f"the regular expression {value!r} is not allowed: {error}")
            return None
        self.change(file, where, f"{value!r} is a regular expression: written as 'regex:{bounded}'")
        return f"regex:{bounded}"


def slug(name: str) -> str:
    """An id made of a name: letters and digits, joined by hyphens; empty when it has none that are ASCII."""
    return re.sub(r"[^a-z0-9]+", "-", fold_key(name)).strip("-")


def is_id(text: str) -> bool:
    """Whether the schema takes `text` as an id."""
    return bool(_ID.match(text))


def pick(value: dict[str, Any], *names: str) -> dict[str, Any]:
    """The named keys that are there and not null, in this order."""
    return {name: value[name] for name in names if value.get(name) is not None}
