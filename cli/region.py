"""Where a service calls its model: what stands there, what a move changes, and how it goes back. Decided from data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from services.engine.settings import EngineSettings
from services.normalize.settings import Settings as NormalizeSettings
from shared.errors import InputError
from shared.settings import ServiceSettings

ServiceName = Literal["normalize", "engine"]
GEOGRAPHIES = ("us", "eu")
"""Routing prefixes of the inference profiles for which the template's policies name the routed regions."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service that calls a model: the output that names its function, its own variables, and its part of the names
    of the template's parameters (Bedrock{Region,ModelId,Routing}...)."""

    name: ServiceName
    function: str
    suffix: str
    parameter: str

    @property
    def region_variable(self) -> str:
        return f"BEDROCK_REGION_{self.suffix}"

    @property
    def model_variable(self) -> str:
        return f"BEDROCK_MODEL_ID_{self.suffix}"


SERVICES: dict[ServiceName, Service] = {
    "normalize": Service("normalize", "NormalizeFunctionName", "NORMALIZATION", "Normalization"),
    "engine": Service("engine", "EngineFunctionName", "NEWSLETTER", "Newsletter"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A model in a region."""

    region: str
    model_id: str

    def __str__(self) -> str:
        return f"{self.model_id} in {self.region}"


def place_of(service: Service, variables: Mapping[str, str]) -> Place:
    """Where the function calls its model with these environment variables, by the service's own settings; variables
    that it lacks otherwise do not matter here."""
    if service.name == "normalize":
        normalize = NormalizeSettings.load(_whole(NormalizeSettings, variables))
        return Place(normalize.region, normalize.model_id)
    engine = EngineSettings.load(_whole(EngineSettings, variables))
    return Place(engine.bedrock_region, engine.bedrock_model_id)


def _whole(settings: type[ServiceSettings], variables: Mapping[str, str]) -> dict[str, str]:
    required = (str(field.alias) for field in settings.model_fields.values() if field.is_required())
    return dict.fromkeys(required, "absent") | dict(variables)


def target(present: Place, region: str | None, model_id: str | None) -> Place:
    """Where a move leads. A profile follows its region's geography unless a model is named.

    Raises InputError where neither is given, nothing would change, or the two do not belong together.
    """
    if region is None and model_id is None:
        raise InputError("name a --region, a --model or both")
    wanted_region = region or present.region
    geography = wanted_region.split("-")[0]
    if geography not in GEOGRAPHIES:
        raise InputError(f"--region {wanted_region}: the template routes within {' and '.join(GEOGRAPHIES)} only")
    prefix, _, bare = present.model_id.partition(".")
    followed = f"{geography}.{bare}" if prefix in GEOGRAPHIES else present.model_id
    wanted = Place(wanted_region, model_id or followed)
    if wanted.model_id.split(".")[0] != geography:
        raise InputError(f"--model {wanted.model_id} is not routed in {wanted_region}; name a profile {geography}.…")
    if wanted == present:
        raise InputError(f"it is {present} already")
    return wanted


def changed(service: Service, variables: Mapping[str, str], place: Place) -> dict[str, str]:
    """All of a function's variables, with the service's own region and model."""
    return {**variables, service.region_variable: place.region, service.model_variable: place.model_id}


def parameters(service: Service, place: Place) -> dict[str, str]:
    """The template's parameters that keep this place in the next deployment."""
    return {
        f"BedrockRegion{service.parameter}": place.region,
        f"BedrockModelId{service.parameter}": place.model_id,
        f"BedrockRouting{service.parameter}": place.model_id.split(".")[0],
    }
