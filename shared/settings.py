"""Settings that every function has: names of the stack's parts, from environment variables (specification: Names)."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import ConfigError


class ServiceSettings(BaseModel):
    """Base of each service's settings; a service adds its own fields, each with its variable's name as alias."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True, defer_build=True)

    env: str = Field(alias="ENV")
    project_name: str = Field(default="vectora-inbox", alias="PROJECT_NAME")
    config_bucket: str = Field(alias="CONFIG_BUCKET")
    data_bucket: str = Field(alias="DATA_BUCKET")
    state_table: str = Field(alias="STATE_TABLE")
    log_level: str = Field(default="INFO", alias="LOG_LEVEL")

    @property
    def is_local(self) -> bool:
        """Only the local stack takes a fetch gateway from an event."""
        return self.env == "local"

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the environment; an empty variable counts as absent. Raises ConfigError naming the variables."""
        values = {name: value for name, value in (environment or os.environ).items() if value != ""}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            names = ", ".join(str(problem["loc"][0]) for problem in error.errors())
            raise ConfigError(f"environment variables missing or wrong: {names}") from error
