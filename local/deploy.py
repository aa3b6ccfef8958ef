"""Build and deploy the template to the emulator with SAM, only when something of it changed."""

import hashlib
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

from local.emulator import neutral_environment
from local.errors import LocalStackError, os_errors
from local.layout import Layout

STACK_NAME = "vectora-inbox-local"
NORMALIZE_CONCURRENCY = 2
ENGINE_CONCURRENCY = 10
"""As in prod. Lambda keeps an asynchronous event for hours while the function is at its reserve; the emulator gives it
up at once, so that with a reserve of 1 the second of two batches that complete together would fail."""
MAILS_PER_SECOND = 50

_SOURCES = ("services", "shared")
_FILES = ("infra/sam/template.yaml", "samconfig.toml", "Makefile", "pyproject.toml", "requirements.lock")


def source_hash(layout: Layout) -> str:
    """Changes when anything does that a deployment depends on: code, template, lock, ports, Python."""
    digest = hashlib.sha256(f"{layout.endpoint} {layout.project} {platform.python_version()}".encode())
    for path in _inputs(layout.project):
        digest.update(str(path.relative_to(layout.project)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def build(layout: Layout) -> None:
    """`sam build` for this machine's own Python. Raises LocalStackError with SAM's last words."""
    _sam(layout, "build", "--build-dir", str(_built(layout)), *_parameters(layout))


def deploy(layout: Layout) -> None:
    """`sam deploy` of the built template to the emulator. Raises LocalStackError with SAM's last words."""
    template = _built(layout) / "template.yaml"
    _sam(layout, "deploy", "--template-file", str(template), *_parameters(layout))


def write_mark(layout: Layout, text: str) -> None:
    """Remember what is deployed."""
    with os_errors("remembering what is deployed"):
        _mark(layout).write_text(text)


def read_mark(layout: Layout) -> str:
    """The source hash of what is deployed, or an empty text."""
    return _mark(layout).read_text() if _mark(layout).exists() else ""


def _mark(layout: Layout) -> Path:
    return layout.home / "deployed"


def _built(layout: Layout) -> Path:
    return layout.home / "build"


def _inputs(project: Path) -> Iterator[Path]:
    yield from (project / name for name in _FILES)
    for folder in _SOURCES:
        yield from sorted(path for path in (project / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")


def _parameters(layout: Layout) -> tuple[str, ...]:
    machine = "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
    runtime = "python" + ".".join(platform.python_version_tuple()[:2])
    return (
        "--parameter-overrides",
        f"Env=local Architecture={machine} PythonRuntime={runtime} AwsEndpointUrl={layout.endpoint} "
        f"NormalizeConcurrency={NORMALIZE_CONCURRENCY} EngineConcurrency={ENGINE_CONCURRENCY} "
        f"SesSendRate={MAILS_PER_SECOND} SesSuppression=none LogRetentionDays=7 "
        "BedrockRpm=0 BedrockTpm=0 BedrockRpmFirst=0 BedrockTpmFirst=0",
    )


def _sam(layout: Layout, *arguments: str) -> None:
    if not layout.sam.exists():
        raise LocalStackError(f"SAM is not installed at {layout.sam}: run make setup")
    environment = neutral_environment() | {"AWS_ENDPOINT_URL": layout.endpoint, "VECTORA_BUILD_ARCH": "host"}
    with os_errors(f"running sam {arguments[0]}"):
        done = subprocess.run(
            [
                str(layout.sam),
                *arguments,
                "--config-env",
                "local",
                "--config-file",
                str(layout.project / "samconfig.toml"),
            ],
            cwd=layout.project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        (layout.home / f"sam-{arguments[0]}.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        raise LocalStackError(
            f"sam {arguments[0]} failed: {_last_words(done)} (log: {layout.home}/sam-{arguments[0]}.log)"
        )


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    text = done.stderr + done.stdout
    if "No space left on device" in text:
        return "the disk is full; free some space and run the command again"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line or "ailed" in line]
    return " ".join((telling or lines)[-3:])[:600] or f"exit status {done.returncode}"
