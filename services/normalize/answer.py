"""What a normalizer answers, whichever it is: the shape of the tool's input."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema

from shared.contracts.base import Contract
from shared.contracts.items import EntityKind

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=160)]
Passage = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=1200)]
Role = Literal["subject", "partner", "mentioned"]
MIN_SENTENCES, MAX_SENTENCES = 3, 5
"""What a summary is asked to have."""


class Answered(Contract):
    """Part of an answer. What nobody asked for is ignored: it is no reason to pay for a second answer."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class AnsweredCompany(Answered):
    """A company as the text names it."""

    name: Name
    role: Role = "mentioned"


class AnsweredSentence(Answered):
    """A sentence of the summary, and the passage of the source that supports it."""

    text: Passage
    evidence: Passage


class AnsweredFigure(Answered):
    """A key figure: its value and what it measures. The passage that holds it is looked up where the answer gives none,
    because output tokens are the dear ones."""

    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    label: Name
    evidence: SkipJsonSchema[Passage] = ""


class ToolAnswer(Answered):
    """Names are the text's own wording. An empty list is an answer; a missing one is an error.

    A summary may come shorter or longer than it was asked for: a short item supports no more, and what is too much is
    left out, because neither is worth losing the item.
    """

    event_type: str
    confidence: float = Field(ge=0, le=1)
    companies: tuple[AnsweredCompany, ...] = Field(max_length=40)
    molecules: tuple[Name, ...] = Field(max_length=40)
    trademarks: tuple[Name, ...] = Field(max_length=40)
    technologies: tuple[Name, ...] = Field(max_length=40)
    indications: tuple[Name, ...] = Field(max_length=40)
    summary: tuple[AnsweredSentence, ...] = Field(min_length=1, max_length=12)
    key_figures: tuple[AnsweredFigure, ...] = Field(default=(), max_length=8)

    def named(self) -> list[tuple[EntityKind, str, Role | None]]:
        """Kind, name and role of every entity."""
        companies: list[tuple[EntityKind, str, Role | None]] = [("company", c.name, c.role) for c in self.companies]
        others: list[tuple[EntityKind, tuple[str, ...]]] = [
            ("molecule", self.molecules),
            ("trademark", self.trademarks),
            ("technology", self.technologies),
            ("indication", self.indications),
        ]
        return companies + [(kind, name, None) for kind, names in others for name in names]
