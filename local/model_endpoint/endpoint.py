"""One call from request to answer, without any HTTP."""

import math
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from local.model_endpoint.calls import Call, CallLog
from local.model_endpoint.faults import FaultPlan, spoil, uniform
from local.model_endpoint.quota import Quota
from local.model_endpoint.regions import check_region
from local.model_endpoint.settings import Settings
from local.model_endpoint.wire import ModelAnswer, ModelRequest, WireError, read_request, write_answer


class Answerer(Protocol):
    """Who answers. Raises WireError when it cannot."""

    def answer(self, request: ModelRequest, settings: Settings) -> ModelAnswer: ...


class Endpoint:
    """Settings, quotas, faults and log of the endpoint. Thread-safe. Tests replace `sleep` and `monotonic`."""

    def __init__(
        self,
        settings: Settings,
        answerer: Answerer,
        log: CallLog,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.log = log
        self._answerer = answerer
        self._sleep, self._monotonic = sleep, monotonic
        self._faults = FaultPlan()
        self._lock = threading.Lock()
        self._quotas: dict[tuple[str, str], Quota] = {}

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings. Quotas start full, faults from the beginning when what they depend on changed."""
        with self._lock:
            before, self.settings = self.settings, self.settings.changed(changes)
            if {"rpm", "tpm", "burst"} & changes.keys():
                self._quotas.clear()
            if before.shares() != self.settings.shares() or before.seed != self.settings.seed:
                self._faults.reset()

    def reset(self) -> None:
        """Forget calls, faults drawn and quotas used; settings stay."""
        with self._lock:
            self._quotas.clear()
            self._faults.reset()
            self.log.reset()

    def call(self, path: str, authorization: str, body: Any) -> dict[str, Any]:
        """Answer one call. Raises WireError."""
        started = self._monotonic()
        request = read_request(path, authorization, body)
        try:
            answer, fault = self._serve(request)
        except WireError as error:
            self._record(request, error.code, 0, started)
            raise
        self._record(request, fault or "ok", answer.output_tokens, started)
        return write_answer(request, answer, self._monotonic() - started)

    def _serve(self, request: ModelRequest) -> tuple[ModelAnswer, str]:
        settings = self.settings
        if settings.check_region:
            check_region(request.model_id, request.region, settings.routes)
        fault = self._faults.draw(settings, request)
        if fault == "throttle":
            raise throttled("Too many requests, please wait before trying again.")
        reserved = request.input_tokens + request.max_tokens
        quota = self._quota(request, settings)
        refusal = quota.start(reserved)
        if refusal:
            raise throttled(refusal)
        if fault == "error":
            quota.settle(reserved, 0)
            raise WireError("InternalServerException", 500, "The system encountered an unexpected error.")
        self._sleep(delay(settings, request, fault))
        answer = spoil(fault, request, self._answerer.answer(request, settings))
        quota.settle(reserved, request.input_tokens + settings.burndown * answer.output_tokens)
        return answer, fault

    def _quota(self, request: ModelRequest, settings: Settings) -> Quota:
        with self._lock:
            key = (request.region, request.model_id)
            if key not in self._quotas:
                self._quotas[key] = Quota(settings.rpm, settings.tpm, settings.burst, self._monotonic)
            return self._quotas[key]

    def _record(self, request: ModelRequest, outcome: str, output_tokens: int, started: float) -> None:
        self.log.add(
            Call(
                time=datetime.now(UTC).isoformat(),
                region=request.region,
                model=request.model_id,
                purpose=request.tool,
                input_tokens=request.input_tokens if output_tokens else 0,
                output_tokens=output_tokens,
                outcome=outcome,
                seconds=round(self._monotonic() - started, 4),
            )
        )


def throttled(message: str) -> WireError:
    """Bedrock's throttling error."""
    return WireError("ThrottlingException", 429, message)


def delay(settings: Settings, request: ModelRequest, fault: str) -> float:
    """Seconds until the answer: the latency, log-normal when it has a sigma, or what the fault says."""
    if fault == "hang":
        return settings.hang_seconds
    extra = settings.slow_seconds if fault == "slow" else 0.0
    if not settings.latency_sigma:
        return settings.latency + extra
    draw = uniform(f"latency/{settings.seed}/{request.text}") or 2**-56
    return settings.latency * math.exp(settings.latency_sigma * statistics.NormalDist().inv_cdf(draw)) + extra
