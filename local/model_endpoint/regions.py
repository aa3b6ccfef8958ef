"""A call must be signed for a region that its inference profile serves, so that a wrong region fails here too."""

from collections.abc import Mapping, Sequence

from local.model_endpoint.wire import WireError


def check_region(model_id: str, region: str, routes: Mapping[str, Sequence[str]]) -> None:
    """Raises WireError (ValidationException) for a region outside the profile's or an unknown routing prefix."""
    prefix = model_id.split(".", 1)[0]
    if prefix not in routes:
        raise WireError(
            "ValidationException",
            400,
            f"Invocation of model ID {model_id} with on-demand throughput isn't supported. Retry your request with the "
            "ID or ARN of an inference profile that contains this model.",
        )
    if region not in routes[prefix]:
        raise WireError(
            "ValidationException",
            400,
            f"The provided model identifier is invalid: {model_id} is not served in {region}; its regions are "
            f"{', '.join(routes[prefix])}.",
        )
