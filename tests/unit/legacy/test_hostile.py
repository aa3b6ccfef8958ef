"""Hostile files through the command: one clear error each, in bounded time and memory."""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.legacy.trees import FILES, write_tree

PROJECT = Path(__file__).resolve().parents[3]
MEMORY = 1_500_000_000
"""Bytes of address space: the command itself maps about a third of it."""
SECONDS = 20
"""Of the processor, enforced by the system; the command needs two to four. A busy machine lets it wait much longer."""
SCOPES = "canonical/scopes/company_scopes.yaml"
SEED = "imports/company_seed.csv"

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "malformed": (lambda: b"scopes:\n  a: [1\n", "not valid YAML"),
    "huge": (lambda: b"- Acme\n" * 7_500_000, "the file has 52,500,000 bytes, more than 2,000,000"),
    "deep in flow style": (lambda: b"a: " + b"[" * 900_000, "nested deeper than 20 levels"),
    "deep in block style": (lambda: b"".join(b" " * i + b"a:\n" for i in range(1_500)), "nested deeper than 20 levels"),
    "alias bomb": (BOMB.encode, "anchors (&) and aliases (*) are not allowed"),
    "many values": (lambda: b"a: [" + b"1," * 900_000 + b"]", "more than 200,000 values"),
    "many keys twice": (lambda: b"".join(b"k%d: [x]\nk%d: [y]\n" % (i, i) for i in range(30_000)), "is defined twice"),
    "one key for ever": (lambda: b"a: 1\n" * 150_000, "more than 200,000 values"),
    "binary": (lambda: bytes(range(32)) * 100, "not valid YAML"),
    "not UTF-8": (lambda: "scopes: é".encode("latin-1"), "the file is not UTF-8"),
}


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from cli.main import main; sys.argv = ['vectora', *sys.argv[1:]]; main()"
    command = [sys.executable, "-c", code, "config", "check", str(folder)]
    return subprocess.run(
        command, cwd=PROJECT, preexec_fn=limited, capture_output=True, text=True, timeout=600, check=False
    )


def legacy(folder: Path, content: bytes, file: str = SCOPES) -> Path:
    write_tree(folder)
    (folder / file).write_bytes(content)
    return folder


def present(folder: Path, content: bytes) -> Path:
    for path in (PROJECT / "config").glob("c*/**/*.yaml"):
        target = folder / path.relative_to(PROJECT / "config")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (folder / SCOPES).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("tree", "name"),
    [
        *((legacy, name) for name in HOSTILE),
        *((present, n) for n in ("malformed", "huge", "deep in flow style", "alias bomb")),
    ],
)
def test_a_hostile_file_gets_a_clear_error_in_bounded_time_and_memory(
    tmp_path: Path, name: str, tree: Callable[[Path, bytes], Path]
) -> None:
    content, message = HOSTILE[name]
    folder = tree(tmp_path, content())
    done = check(folder)
    assert done.returncode == 2, done.stderr[-2000:]
    said = done.stdout + done.stderr
    assert any(SCOPES in line and message in line for line in said.splitlines()), said[-2000:]
    assert "Traceback" not in said


def test_a_long_table_takes_bounded_time(tmp_path: Path) -> None:
    rows = b"".join(b"c%d,Company %d,https://www.other%d.com/\n" % (i, i, i) for i in range(30_000))
    done = check(legacy(tmp_path, b"company_id,company_name,homepage_url\n" + rows, SEED))
    assert done.returncode == 2
    assert "more than 2,000 findings of one kind" in done.stdout


def test_many_unknown_names_take_bounded_time(tmp_path: Path) -> None:
    keys = "".join(f"      - press_corporate__unknown_{i}\n" for i in range(40_000))
    catalog = FILES["canonical/sources/source_catalog.yaml"] + keys
    done = check(legacy(tmp_path, catalog.encode(), "canonical/sources/source_catalog.yaml"))
    assert done.returncode == 2
    assert "more than 2,000 findings of one kind" in done.stdout


def many(line: str, count: int) -> str:
    return "".join(line.format(n=n) for n in range(count))


CROWDED = {
    "unknown ids": (
        "canonical/scopes/company_scopes_more.yaml",
        "entities:\n" + many("  - {{id: c{n}, name: Company {n}}}\n", 15_000)
        + "scopes:\n  many:\n" + many("    - c{n}x\n", 20_000),
    ),
    "unknown sources": (
        "canonical/sources/source_catalog_more.yaml",
        "sources: []\nbouquets:\n  - bouquet_id: many\n    source_keys:\n" + many("      - s{n}\n", 40_000),
    ),
    "unknown scopes of groups": (
        "canonical/ingestion_profiles_more.yaml",
        "profiles:\n  p:\n    source_types: [x]\n    signal_requirements:\n      mode: require_signals\n"
        "      combination_logic: g0\n      required_signal_groups:\n"
        + many("        - {{group_id: g{n}, scopes: [nix{n}]}}\n", 30_000),
    ),
    "unknown keys": ("canonical/models/model_prices.yaml", "prices: {}\n" + many("unknown_{n}: 1\n", 40_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", CROWDED)
def test_tens_of_thousands_of_unknown_names_take_bounded_time_and_few_words(tmp_path: Path, name: str) -> None:
    file, content = CROWDED[name]
    folder = present(tmp_path, (PROJECT / "config" / SCOPES).read_bytes())
    (folder / file).write_text(content)
    done = check(folder)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said[-2000:]
    assert "more than 200 defects of one kind" in said
    assert sum(file in line for line in said.splitlines()) < 450
    assert "Traceback" not in said
