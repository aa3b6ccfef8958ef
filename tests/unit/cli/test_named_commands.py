"""Every command that a message, a log line or a document names can be typed as it stands."""

import re
from pathlib import Path

import pytest

from tests.vectora_words import commands_in, is_name, lacks_stack, problem_of, texts_of

PROJECT = Path(__file__).parents[3]
CODE = [file for folder in ("cli", "local", "services", "shared") for file in (PROJECT / folder).rglob("*.py")]
DOCUMENTS = [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]
_DESCRIPTIONS = {"cli/schedules.py"}
"""What a stored schedule says of itself, on its own stack."""
_LINE = re.compile(r"^\s*(?:\.venv/bin/)?(vectora .+?)(?:\s+#.*)?$", re.MULTILINE)


def named() -> list[tuple[str, str]]:
    """(file, command) of every message in the code."""
    return [
        (file.relative_to(PROJECT).as_posix(), command)
        for file in sorted(CODE)
        for _, text in texts_of(file)
        for command in commands_in(text)
    ]


def test_the_commands_of_messages_are_found() -> None:
    files = {file for file, _ in named()}
    assert {"cli/rollback.py", "cli/explain.py", "shared/approval.py", "shared/config/store.py"} <= files
    assert len(named()) > 40


def test_every_command_that_a_message_names_can_be_typed() -> None:
    assert [(file, command, told) for file, command in named() if (told := problem_of(command))] == []


def test_a_command_of_the_operators_tool_names_the_stack_that_it_is_about() -> None:
    ours = [(file, command) for file, command in named() if file.startswith(("cli/", "local/"))]
    assert [one for one in ours if lacks_stack(one[1]) and one[0] not in _DESCRIPTIONS] == []


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("vectora edition list", "CLIENT"),
        ("vectora nothing", "nothing"),
        ("vectora dlq list --queue letters", "letters"),
        ("vectora run demo --period-days many", "valid integer"),
        ("vectora dlq", "dlq"),
        ("vectora costs --nobody", "--nobody"),
    ],
)
def test_what_cannot_be_typed_is_noticed(command: str, told: str) -> None:
    assert told in problem_of(command)


def test_what_can_be_typed_is_not() -> None:
    assert problem_of('vectora dlq replay --queue raw --only "function died" --stack prod') == ""
    assert not lacks_stack("vectora dlq list --stack prod")
    assert lacks_stack("vectora dlq list")
    assert not lacks_stack("vectora local up")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_command_of_a_document_can_be_typed(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    found = [*commands_in(" ".join(text.split())), *_LINE.findall(text)]
    assert [(one, told) for one in found if not is_name(one) and (told := problem_of(one))] == []
