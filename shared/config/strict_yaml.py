"""YAML read strictly, in bounded time and memory, with the line of every value.

Plain scalars are null (empty, ~, null), true, false, decimal integers and decimal numbers; everything else is text
("no" and 2025-01-01 stay what is written). Refused: duplicate keys, anchors and aliases, tags, several documents, keys
that are not text, characters that nobody sees, files over MAX_BYTES, nesting over MAX_DEPTH, over MAX_NODES values.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 2_000_000
MAX_DEPTH = 20
MAX_NODES = 200_000
AGAIN = "\0again"

Path = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False, "True": True, "False": False}
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Control characters and those of no width or that turn the direction: nobody means them, yet they would be printed."""
_END = object()


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong in a configuration file. `line` is 1-based; 0 when the whole file is meant."""

    file: str
    line: int
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" + (f" ({self.suggestion})" if self.suggestion else "")


@dataclass
class Document:
    """A parsed file: its plain value, the line of every path in it, and what was wrong.

    A key that is defined again is a defect; the value keeps its first definition, `repeated` its last, whose own lines
    stand under the key's path followed by AGAIN.
    """

    file: str
    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    defects: list[Defect] = field(default_factory=list)
    repeated: dict[Path, Any] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Line of the value at `path`, or of its nearest ancestor that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Stop(Exception):
    """Ends the reading of one file; never leaves this module."""

    def __init__(self, line: int, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.line, self.message, self.suggestion = line, message, suggestion


def read(file: str, content: bytes) -> Document:
    """Parse one file. Never raises for bad content: what is wrong stands in the document's `defects`."""
    document = Document(file)
    try:
        _Reader(document, content).read()
    except _Stop as stop:
        document.value = None
        document.repeated.clear()
        document.defects.append(Defect(file, stop.line, stop.message, stop.suggestion))
    return document


class _Reader:
    """Builds plain values from the parser's events; events stream, so that limits stop a hostile file early."""

    def __init__(self, document: Document, content: bytes) -> None:
        if len(content) > MAX_BYTES:
            raise _Stop(
                0, f"the file has {len(content):,} bytes, more than {MAX_BYTES:,}", "split it into several files"
            )
        self._document = document
        self._events = self._stream(content)
        self._nodes = 0

    def _stream(self, content: bytes) -> Iterator[Any]:
        try:
            yield from yaml.parse(content.decode("utf-8-sig"), Loader=_LOADER)
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            raise _Stop(line, "the file is not UTF-8", "save it as UTF-8") from error
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = " ".join(part for part in (error.context, error.problem) if part)
            raise _Stop(
                mark.line + 1 if mark else 0, f"not valid YAML: {problem}", "check indentation and quotes"
            ) from error
        except yaml.YAMLError as error:
            line = content[: getattr(error, "position", None) or 0].count(b"\n") + 1
            raise _Stop(line, f"not valid YAML: {str(error).splitlines()[0]}", "remove control characters") from error

    def read(self) -> None:
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Stop(_line(event), "a second document starts here", "keep one document a file")
            elif isinstance(event, yaml.NodeEvent):
                self._document.value = self._value(event, (), 0)

    def _value(self, event: Any, path: Path, depth: int) -> Any:
        self._guard(event, depth)
        self._document.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.ScalarEvent):
            self._unseen(event)
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path, depth)
        return self._mapping(path, depth)

    def _guard(self, event: Any, depth: int) -> None:
        self._nodes += 1
        if depth > MAX_DEPTH:
            raise _Stop(_line(event), f"nested deeper than {MAX_DEPTH} levels", "flatten it")
        if self._nodes > MAX_NODES:
            raise _Stop(_line(event), f"more than {MAX_NODES:,} values", "split the file")
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise _Stop(_line(event), "anchors (&) and aliases (*) are not allowed", "write the value out, or quote it")
        if event.tag and event.tag != "!":
            raise _Stop(_line(event), f"the tag {event.tag!r} is not allowed", "remove it, or quote the value")

    def _sequence(self, path: Path, depth: int) -> list[Any]:
        values: list[Any] = []
        for event in iter(lambda: self._next(yaml.SequenceEndEvent), _END):
            values.append(self._value(event, (*path, len(values)), depth + 1))
        return values

    def _mapping(self, path: Path, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for event in iter(lambda: self._next(yaml.MappingEndEvent), _END):
            key = self._key(event, depth)
            inner = (*path, key)
            if key in values:
                first = self._document.lines[inner]
                self._defect(event, f"key {key!r} is defined twice (first on line {first})", "merge the two")
                self._document.lines[(*inner, AGAIN)] = _line(event)
                self._document.repeated[inner] = self._value(next(self._events), (*inner, AGAIN), depth + 1)
                continue
            self._document.lines[inner] = _line(event)
            values[key] = self._value(next(self._events), inner, depth + 1)
        return values

    def _key(self, event: Any, depth: int) -> str:
        self._guard(event, depth)
        if not isinstance(event, yaml.ScalarEvent):
            raise _Stop(_line(event), "a key is a list or a mapping", "make it plain text")
        self._unseen(event)
        return str(event.value)

    def _unseen(self, event: Any) -> None:
        if found := _UNSEEN.search(event.value):
            code = f"U+{ord(found.group()):04X}"
            self._defect(
                event, f"{event.value[:60]!r} holds {code}, which nobody sees", "remove it, or type the text anew"
            )

    def _next(self, end: type) -> Any:
        event = next(self._events)
        return _END if isinstance(event, end) else event

    def _defect(self, event: Any, message: str, suggestion: str) -> None:
        self._document.defects.append(Defect(self._document.file, _line(event), message, suggestion))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: Any) -> Any:
    text = str(event.value)
    if event.style:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.match(text) and len(text) < 20:
        return int(text)
    return float(text) if _FLOAT.match(text) else text
