"""What each function's package weighs and how long its cold import takes.

    python -m bench.packages [--json FILE]

Builds every function with the Makefile's own targets: once for Lambda (arm64, Python 3.13), which is zipped and
weighed, and once for this machine, which is imported. An import is measured in a new interpreter, in processor time,
so that other load does not count, alternating with a handler that imports Powertools' Logger, Metrics and batch, and
boto3, out of the same package: as the package is shipped (bare: Lambda compiles it at each cold start), and with byte
code. boto3 comes from a copy with byte code, as Lambda's runtime has it.
"""

import argparse
import compileall
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
HANDLERS = {
    "Ingest": "services.ingest.handler",
    "Normalize": "services.normalize.handler",
    "Engine": "services.engine.handler",
    "Publisher": "services.publisher.handler",
    "Links": "services.publisher.links",
    "Sweeper": "services.normalize.sweeper",
}
BASELINE = """from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
import boto3"""
SIZE_LIMITS_MB = dict.fromkeys(HANDLERS, 10.0) | {"Ingest": 25.0}
IMPORT_LIMIT = 2.0
"""Times the baseline; ingest apart, which reads HTML and PDF."""
ROUNDS = 7
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
BIGGEST = 5


@dataclass(frozen=True)
class Package:
    """Sizes in MB (10^6 bytes), times in ms. `bare_…`: without byte code. `contents`: the biggest top-level entries,
    unzipped."""

    function: str
    zipped_mb: float
    unzipped_mb: float
    import_ms: float
    baseline_ms: float
    ratio: float
    bare_import_ms: float
    bare_ratio: float
    contents: dict[str, float]

    @property
    def within(self) -> bool:
        """Whether the package keeps the limits."""
        quick = self.function == "Ingest" or self.ratio <= IMPORT_LIMIT
        return quick and self.zipped_mb <= SIZE_LIMITS_MB[self.function]


def build(function: str, folder: Path, arch: str) -> Path:
    """The package as a folder. Raises CalledProcessError with make's words on standard error."""
    folder.mkdir(parents=True)
    environment = os.environ | {"ARTIFACTS_DIR": str(folder), "VECTORA_BUILD_ARCH": arch}
    subprocess.run(["make", "-s", f"build-{function}Function"], cwd=PROJECT, env=environment, check=True)
    return folder


def zipped(folder: Path, archive: Path) -> int:
    """Bytes of the zip file."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in _files(folder):
            opened.write(file, file.relative_to(folder))
    return archive.stat().st_size


def contents(folder: Path) -> dict[str, int]:
    """Bytes of each top-level entry, biggest first."""
    sizes = {entry.name: sum(file.stat().st_size for file in _files(entry)) for entry in folder.iterdir()}
    return dict(sorted(sizes.items(), key=lambda pair: -pair[1]))


def _files(path: Path) -> Iterator[Path]:
    return (one for one in sorted([path, *path.rglob("*")]) if one.is_file())


def runtime(folder: Path) -> Path:
    """boto3 and what it needs, with byte code, in a folder of its own."""
    folder.mkdir()
    for name in RUNTIME:
        module = importlib.util.find_spec(name)
        assert module is not None
        assert module.origin is not None
        origin = Path(module.origin)
        if module.submodule_search_locations:
            shutil.copytree(origin.parent, folder / name)
        else:
            shutil.copy(origin, folder)
    compileall.compile_dir(folder, quiet=2)
    return folder


def import_ms(code: str, package: Path, runtime_folder: Path) -> float:
    """Milliseconds of processor time that `code` takes in a new interpreter that finds `package` first."""
    program = f"import time; t = time.process_time()\n{code}\nprint((time.process_time() - t) * 1000)"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(package), str(runtime_folder))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env=environment, cwd=package, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def side_by_side(handler: str, package: Path, boto: Path) -> tuple[float, float]:
    """Median milliseconds of the handler and of the baseline, measured in turns."""
    pairs = [(import_ms(f"import {handler}", package, boto), import_ms(BASELINE, package, boto)) for _ in range(ROUNDS)]
    return statistics.median(own for own, _ in pairs), statistics.median(base for _, base in pairs)


def measure(function: str, folder: Path, boto: Path) -> Package:
    """Build, weigh and import one function."""
    lambdas = build(function, folder / "arm64" / function, "arm64")
    sizes = contents(lambdas)
    host = build(function, folder / "host" / function, "host")
    bare, bare_base = side_by_side(HANDLERS[function], host, boto)
    compileall.compile_dir(host, quiet=2)
    own, base = side_by_side(HANDLERS[function], host, boto)
    return Package(
        function=function,
        zipped_mb=_mb(zipped(lambdas, folder / f"{function}.zip")),
        unzipped_mb=_mb(sum(sizes.values())),
        import_ms=round(own, 1),
        baseline_ms=round(base, 1),
        ratio=round(own / base, 2),
        bare_import_ms=round(bare, 1),
        bare_ratio=round(bare / bare_base, 2),
        contents={name: _mb(size) for name, size in list(sizes.items())[:BIGGEST]},
    )


def _mb(size: int) -> float:
    return round(size / 1e6, 2)


def table(packages: list[Package]) -> str:
    """A Markdown table."""
    lines = [
        "| function | zipped MB | unzipped MB | import ms | baseline ms | times | bare ms | times | contents (MB) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in packages:
        biggest = ", ".join(f"{name} {size}" for name, size in one.contents.items())
        times = (one.import_ms, one.baseline_ms, one.ratio, one.bare_import_ms, one.bare_ratio)
        numbers = (one.zipped_mb, one.unzipped_mb, *times)
        lines.append(f"| {one.function} | {' | '.join(map(str, numbers))} | {biggest} |")
    return "\n".join(lines)


def main() -> int:
    """Exit status 1 when a package misses its limit."""
    options = argparse.ArgumentParser(prog="bench.packages")
    options.add_argument("--json", type=Path, help="write the figures here as well")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        boto = runtime(Path(folder) / "runtime")
        packages = [measure(function, Path(folder), boto) for function in HANDLERS]
    print(table(packages))
    if chosen.json:
        facts = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": sys.version.split()[0],
            "rounds": ROUNDS,
            "packages": [asdict(one) | {"within": one.within} for one in packages],
        }
        chosen.json.write_text(json.dumps(facts, indent=2) + "\n")
    missed = [one.function for one in packages if not one.within]
    if missed:
        print(f"over the limit: {', '.join(missed)}", file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
