"""What the check of a legacy tree reports."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something wrong in a legacy file. `line` is 1-based, 0 when the whole file is meant.

    An error is a fact about the files; a warning is a judgement that the owner may overrule.
    """

    file: str
    line: int
    message: str
    suggestion: str
    level: Level = "error"

    def __str__(self) -> str:
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.file}:{self.line}: {self.level}: {self.message}{hint}"
