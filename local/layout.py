"""Where the one-machine stack keeps its files and which ports it uses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalStackError

PROJECT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
REGION = "eu-west-3"


@dataclass(frozen=True)
class Layout:
    """Folders and ports. `home` holds all state; removing it while the stack is down forgets everything."""

    project: Path
    home: Path
    emulator_port: int
    model_port: int

    @property
    def endpoint(self) -> str:
        """Endpoint of every emulated AWS service."""
        return f"http://{HOST}:{self.emulator_port}"

    @property
    def model_endpoint(self) -> str:
        """Endpoint of the model."""
        return f"http://{HOST}:{self.model_port}"

    @property
    def mail(self) -> Path:
        """Mails as the emulator's SES was handed them, by message id."""
        return self.home / "mail"

    @property
    def emulator_python(self) -> Path:
        """Interpreter of the emulator's own environment, which also runs the functions."""
        return self.project / ".tools" / "ministack" / "bin" / "python"

    @property
    def sam(self) -> Path:
        """The SAM command in its own environment."""
        return self.project / ".tools" / "sam" / "bin" / "sam"


def layout(environ: Mapping[str, str] = os.environ, project: Path = PROJECT) -> Layout:
    """Read VECTORA_LOCAL_DIR, VECTORA_LOCAL_PORT and VECTORA_MODEL_PORT.

    Raises LocalStackError when a port is not a number from 1 to 65535.
    """
    return Layout(
        project=project,
        home=Path(environ.get("VECTORA_LOCAL_DIR") or project / ".vectora").resolve(),
        emulator_port=_port(environ, "VECTORA_LOCAL_PORT", 4566),
        model_port=_port(environ, "VECTORA_MODEL_PORT", 4570),
    )


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise LocalStackError(f"{name}={text!r} is no port: set it to a number from 1 to 65535")
    return int(text)
