"""One scenario from queueing to the end of its batches, and what the endpoint's log says of it."""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.normalize.rig import Rig
from bench.normalize.scenarios import LATENCY, RPM, Scenario
from bench.prompt.__main__ import overhead
from local.model_endpoint.wire import TOOL_PROMPT_TOKENS, estimate_tokens
from services.normalize import prompt
from services.normalize.rules import body_of, normalize_text
from shared.config.tree import ConfigTree
from shared.contracts.batch import RawMessage
from shared.contracts.items import RawItem

BURNDOWN = 5
_ADAPTING_SECONDS = 60.0
"""After the quota has fallen: throttles until then belong to finding the new one."""


@dataclass(frozen=True)
class Tokens:
    """Of one call on average, as the endpoint counts them (four characters a token, and what a forced tool adds).

    `overhead` is the bound of bench.prompt for a call without an article; it is what calls are paced and reserved by.
    """

    overhead: float
    input: float
    output: float
    reserved: float
    counted: float


def tokens(tree: ConfigTree, items: Sequence[RawItem]) -> Tokens:
    """What the calls for these items reserve, and what they count against the quota when they end."""
    inputs, outputs = [], []
    for item in items:
        body = body_of(item.title, item.text)
        text = prompt.RequestText(item.title, item.published, body, item.language)
        request = prompt.build_request(tree, text)
        answer = normalize_text(
            tree, title=item.title, text=body, published=item.published, language=item.language, company_id=None
        )
        inputs.append(TOOL_PROMPT_TOKENS + estimate_tokens(request.system, request.user, str(request.schema)))
        outputs.append(estimate_tokens(str(answer.model_dump(mode="json"))))
    mean_in, mean_out = sum(inputs) / len(inputs), sum(outputs) / len(outputs)
    return Tokens(overhead(tree), mean_in, mean_out, mean_in + prompt.MAX_TOKENS, mean_in + BURNDOWN * mean_out)


@dataclass(frozen=True)
class Conditions:
    """The endpoint: seconds a call, requests and tokens a minute."""

    latency: float
    rpm: int
    tpm: int

    def least_seconds(self, calls: int, counted: float, falls_to: float) -> float:
        """The time in which the quota admits so many calls: they start one by one, and the last one is answered.

        The token bucket holds a minute's worth at the start. With a falling quota, half of the calls come before.
        """
        before = calls if falls_to == 1 else calls // 2
        requests = (before - 1) * 60 / self.rpm + (calls - before) * 60 / (self.rpm * falls_to)
        all_tokens = max(0.0, before * counted - self.tpm) * 60 / self.tpm
        all_tokens += (calls - before) * counted * 60 / (self.tpm * falls_to)
        return max(requests, all_tokens) + self.latency


def conditions(used: Tokens, scale: float) -> Conditions:
    """The stated conditions, `scale` times as fast; as many tokens a minute as so many calls need."""
    rpm = round(RPM * scale)
    return Conditions(LATENCY / scale, rpm, math.ceil(rpm * max(used.reserved, used.counted)))


def measure(rig: Rig, scenario: Scenario, given: Conditions, used: Tokens, limit: float) -> dict[str, Any]:
    """Run a scenario for at most `limit` seconds."""
    rig.forget_pace()
    rig.endpoint(rpm=given.rpm, tpm=given.tpm, latency=given.latency, burst=1)
    rig.function({k: v.format(rpm=given.rpm, tpm=given.tpm) for k, v in scenario.variables.items()})
    name = f"{scenario.name}-{int(time.time())}"
    letters = rig.dead_letters()
    batches = [
        rig.open_batch(rig.items(scenario.items_per_batch, f"{name}-{n}"), f"{name}-{n}")
        for n in range(scenario.batches)
    ]
    started, busy = time.time(), load()
    for messages in batches:
        rig.send(messages)
    fell_at = _watch(rig, scenario, given, batches, started + limit)
    wall = time.time() - started
    calls = rig.control("calls")
    ended = [rig.batch(messages) for messages in batches]
    done, failed = sum(batch.done for batch in ended), sum(batch.failed for batch in ended)
    throttled = [call for call in calls if call["outcome"] == "ThrottlingException"]
    least = given.least_seconds(scenario.items, used.counted, scenario.falls_to)
    result = {
        "scenario": scenario.name,
        "what": scenario.what,
        "items": scenario.items,
        "done": done,
        "failed": failed,
        "unfinished": scenario.items - done - failed,
        "dead_letters": rig.dead_letters() - letters,
        "wall_seconds": round(wall, 1),
        "least_seconds": round(least, 1),
        "wall_over_least": round(wall / least, 3),
        "first_call_after": round(min(map(_began, calls), default=started) - started, 1),
        "load": [busy, load()],
        "calls": len(calls),
        "throttled": len(throttled),
        "throttled_share": round(len(throttled) / max(1, len(calls)), 4),
    }
    return result | (_after_fall(calls, fell_at) if fell_at else {})


def load() -> float | None:
    """How many processes have wanted a processor in the last minute, where the system tells."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def _watch(
    rig: Rig, scenario: Scenario, given: Conditions, batches: Sequence[Sequence[RawMessage]], until: float
) -> float:
    """Wait for the end of the batches; the moment at which the quota fell, or 0."""
    fell_at = 0.0
    while time.time() < until:
        if scenario.falls_to < 1 and not fell_at:
            answered = rig.control("stats")["outcome"].get("ok", 0)
            if answered >= scenario.items // 2:
                changes = {"rpm": round(given.rpm * scenario.falls_to), "tpm": round(given.tpm * scenario.falls_to)}
                rig.control("settings", changes)
                fell_at = time.time()
        if all(rig.batch(messages).status == "complete" for messages in batches):
            break
        time.sleep(0.25)
    return fell_at


def _began(call: dict[str, Any]) -> float:
    return datetime.fromisoformat(call["time"]).timestamp() - float(call["seconds"])


def _after_fall(calls: Sequence[dict[str, Any]], fell_at: float) -> dict[str, Any]:
    """Calls under way when the quota fell, throttles while the new one was found, and the share after that."""
    ends = [(datetime.fromisoformat(call["time"]).timestamp(), call) for call in calls]
    under_way = sum(end - call["seconds"] < fell_at < end and call["outcome"] == "ok" for end, call in ends)
    adapting = [call for end, call in ends if fell_at <= end < fell_at + _ADAPTING_SECONDS]
    later = [call for end, call in ends if end >= fell_at + _ADAPTING_SECONDS]
    throttled = sum(call["outcome"] == "ThrottlingException" for call in later)
    return {
        "under_way_at_fall": under_way,
        "throttled_before_fall": sum(call["outcome"] == "ThrottlingException" for end, call in ends if end < fell_at),
        "throttled_while_adapting": sum(call["outcome"] == "ThrottlingException" for call in adapting),
        "calls_later": len(later),
        "throttled_share_later": round(throttled / max(1, len(later)), 4),
    }
