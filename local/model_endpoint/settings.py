"""What the endpoint can be told: quotas, latency, faults, configuration tree."""

import os
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

# Cross-region inference profiles send a call to any region of their geography and are called from those regions
# (Bedrock user guide, "Supported Regions and models for inference profiles").
ROUTES: dict[str, tuple[str, ...]] = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "eu": ("eu-north-1", "eu-west-1", "eu-west-3", "eu-central-1", "eu-south-1", "eu-south-2"),
}
FAULTS = ("throttle", "error", "malformed", "slow", "hang", "fence", "echo", "invent", "wrong_language")
Share = Field(default=0.0, ge=0.0, le=1.0)
_PREFIX = "VECTORA_MODEL_"


class Settings(BaseModel):
    """Settings of the endpoint; shares are of all calls, from 0 to 1.

    `rpm` and `tpm` are quotas a minute of each region and model, 0: none; `burst` calls may come at once; an output
    token counts `burndown` tokens. `latency` is the seconds that an answer takes, with `latency_sigma` > 0 the median
    of a log-normal one; `slow_seconds` and `hang_seconds` belong to the faults `slow` and `hang`. `corrupt` is shared
    evenly by `invent` and `fence`. The same `seed` and the same calls give the same faults.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    rpm: int = Field(default=0, ge=0)
    tpm: int = Field(default=0, ge=0)
    burst: float = Field(default=1.0, gt=0)
    burndown: float = Field(default=5.0, ge=1)
    latency: float = Field(default=0.0, ge=0, le=600)
    latency_sigma: float = Field(default=0.0, ge=0, le=5)
    slow_seconds: float = Field(default=10.0, ge=0, le=600)
    hang_seconds: float = Field(default=300.0, ge=0, le=3600)
    throttle: float = Share
    error: float = Share
    malformed: float = Share
    slow: float = Share
    hang: float = Share
    fence: float = Share
    echo: float = Share
    invent: float = Share
    wrong_language: float = Share
    corrupt: float = Share
    check_region: bool = True
    routes: dict[str, tuple[str, ...]] = Field(default_factory=lambda: dict(ROUTES))
    config_dir: str = "config"
    openai_base_url: str = ""
    openai_model: str = ""
    openai_api_key: str = Field(default="", repr=False)

    def shares(self) -> dict[str, float]:
        """Share of each kind of fault."""
        named = (name for name in FAULTS if name not in ("fence", "invent"))
        shares = {name: float(getattr(self, name)) for name in named}
        return shares | {"fence": self.fence + self.corrupt / 2, "invent": self.invent + self.corrupt / 2}

    def changed(self, changes: Mapping[str, Any]) -> "Settings":
        """These settings with `changes`. Raises pydantic's ValidationError for an unknown name or a bad value."""
        return Settings.model_validate(self.model_dump() | dict(changes))

    def public(self) -> dict[str, Any]:
        """The settings without the key."""
        return self.model_dump(exclude={"openai_api_key"})


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Initial settings: VECTORA_MODEL_RPM, VECTORA_MODEL_CORRUPT, ...; VECTORA_OPENAI_BASE_URL, _MODEL, _API_KEY."""
    given = {
        name: environ[_PREFIX + name.upper()]
        for name in Settings.model_fields
        if name != "routes" and environ.get(_PREFIX + name.upper())
    }
    forward = {
        name: environ["VECTORA_" + name.upper()]
        for name in ("openai_base_url", "openai_model", "openai_api_key")
        if environ.get("VECTORA_" + name.upper())
    }
    return Settings.model_validate(given | forward)
