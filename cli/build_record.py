"""What a package is built from: the build writes it beside the code (`python -m cli.build_record FOLDER SERVICE`), and
commands compare it with the checkout. Standard library only: it runs inside `sam build`."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
_UNKNOWN = "unknown"


def source_hash(service: str, project: Path = PROJECT) -> str:
    """A hash of everything that decides a service's package: its code, `shared`, the lock and the build's rules."""
    digest = hashlib.sha256()
    for path in sorted(_inputs(service, project)):
        digest.update(path.relative_to(project).as_posix().encode())
        digest.update(b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _inputs(service: str, project: Path) -> Iterator[Path]:
    yield from (project / name for name in ("requirements.lock", "pyproject.toml", "Makefile", "services/__init__.py"))
    for folder in (project / "services" / service, project / "shared"):
        yield from (one for one in folder.rglob("*") if one.is_file() and one.suffix not in (".pyc", ".pyi"))


def head(project: Path = PROJECT) -> tuple[str, bool]:
    """The repository's commit, and whether the tree has other changes; a tree without repository is "unknown"."""
    commit = _git(project, "rev-parse", "HEAD")
    return commit or _UNKNOWN, bool(commit and _git(project, "status", "--porcelain", "--untracked-files=no"))


def _git(project: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def main(folder: str, service: str) -> None:
    """Write BUILD.json (shared.build.Build) into a package's folder."""
    commit, changed = head()
    record = {"commit": commit, "changed": changed, "source": source_hash(service)}
    (Path(folder) / "BUILD.json").write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
