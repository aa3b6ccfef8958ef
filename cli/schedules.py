"""When clients' runs start: the schedules that a stack must hold, decided from the clients' files, and their next runs.

EventBridge Scheduler evaluates an expression in the schedule's own time zone: in spring it skips a run whose wall-clock
time does not exist, in autumn it runs once (AWS, EventBridge Scheduler user guide, "Daylight saving time").
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter

from shared.config.client import ClientConfig
from shared.contracts.events import IngestEvent, Kind
from shared.errors import ConfigError
from shared.ids import content_hash

RUN_ID = "<aws.scheduler.scheduled-time>"
"""Replaced by Scheduler; a repeated attempt has the same one, so that it resumes its run instead of making another."""
_KINDS: tuple[Kind, ...] = ("collect", "edition")
_NAME_LIMIT = 64
_RETRIES = {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((.+)\)")
_COMPARED = (
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "State",
    "Target",
)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What of the stack a schedule names: group, the ingest function, the role that invokes it, the queue for events
    that could not be handed over, and (local stack only) the origin of a fetch gateway."""

    group: str
    target_arn: str
    role_arn: str
    failure_queue_arn: str
    fetch_gateway: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One schedule as it must be. `body`: arguments of CreateSchedule and UpdateSchedule beside name and group."""

    name: str
    client_id: str
    kind: Kind
    body: Mapping[str, Any]

    @property
    def expression(self) -> str:
        return str(self.body["ScheduleExpression"])

    @property
    def timezone(self) -> str:
        return str(self.body["ScheduleExpressionTimezone"])


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a reconciliation; `why` names what differs."""

    verb: Literal["create", "update", "delete"]
    name: str
    why: str
    planned: Planned | None = None


def plan(clients: Iterable[ClientConfig], wiring: Wiring) -> tuple[Planned, ...]:
    """Every schedule that the clients' files ask for, in order of name. Raises ConfigError for a bad expression."""
    wanted = [
        _planned(client, kind, expression, wiring)
        for client in clients
        for kind in _KINDS
        if (expression := getattr(client.schedule, kind).strip())
    ]
    return tuple(sorted(wanted, key=lambda one: one.name))


def reconcile(planned: Iterable[Planned], stored: Mapping[str, Mapping[str, Any]]) -> tuple[Change, ...]:
    """What makes `stored` (name → answer of GetSchedule, of the clients' own group) equal to `planned`; none if it is.

    Whatever else the group holds is deleted: it belongs to a client or a rhythm that is gone.
    """
    wanted = {one.name: one for one in planned}
    changes = [Change("delete", name, "no client asks for it") for name in stored.keys() - wanted.keys()]
    for name, one in wanted.items():
        if name not in stored:
            changes.append(Change("create", name, f"{one.expression} {one.timezone}", one))
        elif differs := _differences(one.body, stored[name]):
            changes.append(Change("update", name, differs, one))
    return tuple(sorted(changes, key=lambda change: change.name))


def next_runs(expression: str, timezone: str, after: datetime, count: int = 3) -> list[datetime]:
    """The next runs after `after` (aware), in UTC. A rate counts from `after`. Raises ConfigError."""
    rate = _RATE.fullmatch(expression)
    if rate:
        step = timedelta(**{f"{rate[2]}s": int(rate[1])})
        return [after.astimezone(UTC) + step * number for number in range(1, count + 1)]
    found, zone = list[datetime](), ZoneInfo(timezone)
    wall = after.astimezone(zone).replace(tzinfo=UTC)  # the library counts in UTC; wall-clock time is what is meant
    while len(found) < count:
        following = _cron(expression).get_next(wall, 1)
        if not following or following[0] is None:
            break
        wall = following[0]
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        exists = moment.astimezone(zone).replace(tzinfo=UTC) == wall
        if exists and moment > after:
            found.append(moment)
    return found


def check_expression(expression: str, where: str) -> None:
    """Raises ConfigError naming `where`."""
    rate = _RATE.fullmatch(expression)
    if rate is None:
        _cron(expression, where)
    elif int(rate[1]) < 1:
        raise ConfigError(f"{where}: {expression!r} never runs; write rate(6 hours)")


def _cron(expression: str, where: str = "schedule") -> Any:
    cron = _CRON.fullmatch(expression)
    try:
        return AwsCroniter(cron[1] if cron else "")
    except Exception as error:
        raise ConfigError(
            f"{where}: {expression!r} is no schedule ({error}); write rate(6 hours) or cron(0 8 ? * MON *)"
        ) from error


def _planned(client: ClientConfig, kind: Kind, expression: str, wiring: Wiring) -> Planned:
    check_expression(expression, f"clients/{client.client_id}.yaml: schedule.{kind}")
    event = IngestEvent(client_id=client.client_id, kind=kind, run_id=RUN_ID, fetch_gateway=wiring.fetch_gateway)
    stated = event.model_dump(exclude_none=True, exclude_defaults=True) | {"kind": kind}
    body = {
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": client.client_profile.timezone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "Description": f"{kind} of {client.client_id}; written by `vectora config push`",
        "Target": {
            "Arn": wiring.target_arn,
            "RoleArn": wiring.role_arn,
            "Input": json.dumps(stated, sort_keys=True),
            "DeadLetterConfig": {"Arn": wiring.failure_queue_arn},
            "RetryPolicy": _RETRIES,
        },
    }
    return Planned(_name(client.client_id, kind), client.client_id, kind, body)


def _name(client_id: str, kind: Kind) -> str:
    plain = f"{client_id}-{kind}"
    return plain if len(plain) <= _NAME_LIMIT else f"{client_id[:32]}-{content_hash(client_id)}-{kind}"


def _differences(wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> str:
    """What differs, as "field: stored becomes wanted", or an empty text."""
    pairs = [(name, stored.get(name), wanted[name]) for name in _COMPARED if name != "Target"]
    target = stored.get("Target", {})
    pairs += [(name, target.get(name), value) for name, value in wanted["Target"].items()]
    return "; ".join(f"{name}: {was or 'nothing'} becomes {now}" for name, was, now in pairs if was != now)
