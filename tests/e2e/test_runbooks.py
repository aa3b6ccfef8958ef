"""The commands of docs/operations.md, as they stand there, on the local stack."""

import re
import shlex
from dataclasses import dataclass
from datetime import date

import pytest

from local.demo.gateway import demo_gateway
from shared.config.loader import DirectorySource, load_tree
from tests.e2e.support import CONFIG, PROJECT, Machine, run

DOCUMENT = PROJECT / "docs" / "operations.md"
_BLOCK = re.compile(r"^( *)```sh runbook exit=([\d,]+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A line of a block: the words after `vectora`, and the exit statuses that the block allows."""

    section: str
    words: tuple[str, ...]
    statuses: frozenset[int]


def commands() -> list[Command]:
    """All commands of tagged blocks, in the document's order."""
    text = DOCUMENT.read_text()
    found = []
    for block in _BLOCK.finditer(text):
        section = _SECTION.findall(text[: block.start()])[-1]
        statuses = frozenset(map(int, block[2].split(",")))
        for line in block[3].splitlines():
            first, *words = shlex.split(line)
            assert first == "vectora", line
            found.append(Command(section, tuple(words), statuses))
    return found


@pytest.fixture(scope="module")
def filled(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What stands for the document's words in capitals, after two runs of the demonstration."""
    folder = tmp_path_factory.mktemp("runbooks")
    done = run(machine, folder / "out", "demo")
    assert done.process.returncode == 0, done.text
    held = run(machine, folder / "held", "demo", "--review")
    assert held.process.returncode == 0, held.text
    tree = load_tree(DirectorySource(CONFIG))
    return {
        "CLIENT": "demo",
        "DRAFT": held.newsletter["edition_id"],
        "LISTING": tree.sources_for(tree.client("demo"))[0].url,
        "EDITION": done.newsletter["edition_id"],
        "URL": done.items[0]["url"],
        "FOLDER/backup": str(folder / "backup"),
        "FOLDER": str(CONFIG),
    }


@pytest.mark.parametrize("command", commands(), ids=lambda command: " ".join(command.words))
def test_a_runbooks_command_works(command: Command, machine: Machine, filled: dict[str, str]) -> None:
    words = [filled.get(word, word) for word in command.words]
    if "LISTING" in command.words:
        with demo_gateway(date.today()) as origin:
            done = machine.vectora(*words, VECTORA_FETCH_GATEWAY=origin)
    else:
        done = machine.vectora(*words)
    assert done.returncode in command.statuses, f"{command.section}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr


def test_every_command_of_the_document_is_run() -> None:
    blocks = re.findall(r"^ *```sh(.*)$", DOCUMENT.read_text(), re.MULTILINE)
    assert all(tag.startswith(" runbook exit=") for tag in blocks)
    assert len(commands()) >= 35


def test_every_symptom_has_a_runbook() -> None:
    sections = " ".join(_SECTION.findall(DOCUMENT.read_text())).lower()
    for symptom in ("throttles", "dead-letter", "empty", "wrong item", "source broke", "cost jumped", "region is down"):
        assert symptom in sections
    for task in ("restore the configuration", "new client", "new source", "new vertical", "quota request"):
        assert task in sections


def test_every_alarm_of_the_template_leads_to_a_runbook() -> None:
    template = (PROJECT / "infra" / "sam" / "template.yaml").read_text()
    names = re.findall(r"AlarmName: !Sub \$\{ProjectName\}-([a-z-]+)-\$\{Env\}", template)
    told = DOCUMENT.read_text()
    assert len(names) >= 15
    for name in names:
        assert f"`{name}`" in told or (name.endswith("-errors") and "`…-errors`" in told), name
    anchors = {re.sub(r"[^a-z0-9 -]", "", s.lower()).replace(" ", "-") for s in _SECTION.findall(told)}
    assert set(re.findall(r"\]\(#([^)]+)\)", told)) <= anchors
