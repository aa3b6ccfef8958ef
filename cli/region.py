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

    @property
    def first_variable(self) -> str:
        """Normalize alone may ask a cheaper model first."""
        return f"{self.model_variable}_FIRST"


SERVICES: dict[ServiceName, Service] = {
    "normalize": Service("normalize", "NormalizeFunctionName", "NORMALIZATION", "Normalization"),
    "engine": Service("engine", "EngineFunctionName", "NEWSLETTER", "Newsletter"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A model in a region, and the cheaper one that is asked before it, if any."""

    region: str
    model_id: str
    first_id: str = ""

    @property
    def each(self) -> tuple["Place", ...]:
        """Every model on its own, in the order in which they are asked."""
        return tuple(Place(self.region, one) for one in (self.first_id, self.model_id) if one)

    def __str__(self) -> str:
        before = f"{self.first_id}, then " if self.first_id else ""
        return f"{before}{self.model_id} in {self.region}"


def place_of(service: Service, variables: Mapping[str, str]) -> Place:
    """Where the function calls its model with these environment variables, by the service's own settings; variables
    that it lacks otherwise do not matter here."""
    if service.name == "normalize":
        normalize = NormalizeSettings.load(_whole(NormalizeSettings, variables))
        return Place(normalize.region, normalize.model_id, normalize.first_model_id)
    engine = EngineSettings.load(_whole(EngineSettings, variables))
    return Place(engine.bedrock_region, engine.bedrock_model_id)


def _whole(settings: type[ServiceSettings], variables: Mapping[str, str]) -> dict[str, str]:
    required = (str(field.alias) for field in settings.model_fields.values() if field.is_required())
    return dict.fromkeys(required, "absent") | dict(variables)


NO_MODEL = "none"
"""Instead of a cheaper model's id: the main model is asked alone."""


def target(present: Place, region: str | None, model_id: str | None, first_id: str | None = None) -> Place:
    """Where a move leads. A profile follows its region's geography unless a model is named.

    Raises InputError where nothing is given, nothing would change, or region and model do not belong together.
    """
    if region is None and model_id is None and first_id is None:
        raise InputError("name a --region, a --model, a --first-model or several of them")
    wanted_region = region or present.region
    geography = wanted_region.split("-")[0]
    if geography not in GEOGRAPHIES:
        raise InputError(f"--region {wanted_region}: the template routes within {' and '.join(GEOGRAPHIES)} only")
    first = "" if first_id == NO_MODEL else first_id or _followed(present.first_id, geography)
    wanted = Place(wanted_region, model_id or _followed(present.model_id, geography), first)
    for option, one in (("--model", wanted.model_id), ("--first-model", wanted.first_id)):
        if one and one.split(".")[0] != geography:
            raise InputError(f"{option} {one} is not routed in {wanted_region}; name a profile {geography}.…")
    if wanted.first_id == wanted.model_id:
        raise InputError(
            f"--first-model {wanted.first_id} is the main model already; name a cheaper one, or {NO_MODEL}"
        )
    if wanted == present:
        raise InputError(f"it is {present} already")
    return wanted


def _followed(model_id: str, geography: str) -> str:
    prefix, _, bare = model_id.partition(".")
    return f"{geography}.{bare}" if prefix in GEOGRAPHIES else model_id


def changed(service: Service, variables: Mapping[str, str], place: Place) -> dict[str, str]:
    """All of a function's variables, with the service's own region and models."""
    own = {service.region_variable: place.region, service.model_variable: place.model_id}
    if service.name == "normalize":
        own[service.first_variable] = place.first_id
    return {**variables, **own}


def parameters(service: Service, place: Place) -> dict[str, str]:
    """The template's parameters that keep this place in the next deployment."""
    own = {
        f"BedrockRegion{service.parameter}": place.region,
        f"BedrockModelId{service.parameter}": place.model_id,
        f"BedrockRouting{service.parameter}": place.model_id.split(".")[0],
    }
    return own | ({f"BedrockModelId{service.parameter}First": place.first_id} if service.name == "normalize" else {})
