"""What `sam build` packs is small, and its native code is for Lambda's processor and Python, wherever it is built."""

import os
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e
PROJECT = Path(__file__).parents[2]
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}
"""`e_machine` of the ELF header (System V ABI): AArch64 and x86-64."""
LIMITS_MB = {"Ingest": 25}


@pytest.mark.parametrize("architecture", sorted(MACHINES))
@pytest.mark.parametrize("function", ["Ingest", "Normalize", "Engine", "Publisher"])
def test_a_package_is_small_and_its_native_code_is_built_for_lambda(
    function: str, architecture: str, tmp_path: Path
) -> None:
    environment = os.environ | {"ARTIFACTS_DIR": str(tmp_path), "VECTORA_BUILD_ARCH": architecture}
    command = ["make", "--no-print-directory", f"build-{function}Function"]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, timeout=600)
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(path for path in tmp_path.rglob("*") if path.is_file() and path != archive):
            opened.write(path, path.relative_to(tmp_path))
    assert archive.stat().st_size <= LIMITS_MB.get(function, 10) * 1_000_000
    libraries = [path for path in tmp_path.rglob("*.so*") if path.is_file()]
    assert libraries, "pydantic at least brings native code"
    for path in libraries:
        header = path.read_bytes()[:20]
        assert header[:4] == b"\x7fELF", path
        assert struct.unpack("<H", header[18:20]) == (MACHINES[architecture],), path
        assert "cpython-" not in path.name or "cpython-313" in path.name, path
