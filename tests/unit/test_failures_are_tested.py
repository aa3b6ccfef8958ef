"""The table of what once went wrong names tests that exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROW = re.compile(r"^\| (?P<failure>[^|]+) \| `(?P<files>[^|]+)` \| (?P<names>`test_[^|]+`) \|$", re.MULTILINE)


def test_each_failure_has_its_test() -> None:
    rows = list(ROW.finditer((TESTS / "README.md").read_text(encoding="utf-8")))
    assert len(rows) > 30
    for row in rows:
        files = [path for name in row["files"].split(", ") for path in TESTS.rglob(name.removeprefix("e2e/"))]
        sources = "\n".join(path.read_text(encoding="utf-8") for path in files)
        for name in re.findall(r"`(\w+)`", row["names"]):
            assert f"def {name}(" in sources, row[0]
