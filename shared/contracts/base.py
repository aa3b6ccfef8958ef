"""Base of every stored record, message and event."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1
Language = Literal["en", "fr"]
"""What newsletters are written in."""


class Contract(BaseModel):
    """A strict, immutable shape: an unknown field is an error, and so is a number that is none (nan) or has no end,
    because no comparison with it says what is meant. Validators are built on first use, so that a function's
    cold import pays for the shapes that it uses only."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False, defer_build=True)


class Record(Contract):
    """A stored record; `schema_version` tells later readers how to read it."""

    schema_version: int = SCHEMA_VERSION
