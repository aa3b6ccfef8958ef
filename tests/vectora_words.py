"""Commands of `vectora` in texts: found, and read by the command's own parser."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from cli.main import app

_COMMAND = typer.main.get_command(app)
_UsageError = typer.BadParameter.__base__ or Exception
"""Typer brings its own click, and names only this one's child."""
_QUOTED = re.compile(r"`(vectora [^`]+)`")
_BARE = re.compile(r"\brun:? (vectora [^`.,;:()]+)")
_WORD = "WORD"
_PLACES = {
    "stack": "prod",
    "environment": "prod",
    "env": "prod",
    "service": "normalize",
    "name": "engine",
    "queue": "raw",
    "days": "7",
}
"""What stands for an expression in an f-string, by its last word; anything else is a word."""


def commands_in(text: str) -> list[str]:
    """Every command that the text names, without its backticks; one whose verb is only known later is none."""
    found = [*_QUOTED.findall(text), *(one.strip() for one in _BARE.findall(text))]
    return [one for one in found if not one.startswith(f"vectora {_WORD}")]


def problem_of(command: str) -> str:
    """Why the command's own parser refuses this line, or an empty string."""
    line, words, parent = _COMMAND, shlex.split(command)[1:], None
    try:
        while True:
            with line.make_context(line.name or "", list(words), parent=parent) as context:
                if not isinstance(line, TyperGroup):
                    return ""
                rest = [*context._protected_args, *context.args]
                _, found, words = line.resolve_command(context, rest)
                line, parent = found or line, context
    except _UsageError as error:
        missing = getattr(error, "param", None)
        return str(getattr(error, "message", "")) or f"it lacks {str(getattr(missing, 'name', 'words')).upper()}"


def is_name(command: str) -> bool:
    """Whether it only names a command, or a group of them, as prose does."""
    line, words = _COMMAND, shlex.split(command)[1:]
    while isinstance(line, TyperGroup) and words and words[0] in line.commands:
        line, words = line.commands[words[0]], words[1:]
    return not words


def lacks_stack(command: str) -> bool:
    """Whether the command could say which stack is meant, and does not."""
    line, words = _COMMAND, shlex.split(command)[1:]
    while isinstance(line, TyperGroup):
        line, words = line.commands[words[0]], words[1:]
    options = {option for parameter in line.params for option in parameter.opts}
    return "--stack" in options and "--stack" not in words


def texts_of(file: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every string of a module that is no docstring and no help of an option; what a text is filled
    with is a word."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    silent = {*_docstrings(tree), *_helps(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            silent |= {id(part) for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        if id(node) not in silent and (text := _text(node)):
            yield node.lineno, text  # type: ignore[attr-defined]


def _docstrings(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        for child in getattr(node, "body", ()) if not isinstance(node, ast.Lambda | ast.IfExp) else ():
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                yield id(child.value)


def _helps(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "help":
            yield from map(id, ast.walk(node.value))


def _filled(name: str) -> str:
    return _PLACES.get(re.split(r"\W", name.rstrip(")]}'\""))[-1], _WORD)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{(\w+)\}", lambda found: _filled(found[1]), node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _filled(ast.unparse(node.value))
    return ""
