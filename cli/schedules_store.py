"""A stack's group of clients' schedules in EventBridge Scheduler; thin, what to change is decided in cli.schedules."""

from collections.abc import Iterable, Mapping
from typing import Any

from cli.schedules import Change, Wiring
from cli.stacks import Deployed


class Schedules:
    """`stack` is deployed; `fetch_gateway` is for the local stack alone."""

    def __init__(self, stack: Deployed, fetch_gateway: str | None = None) -> None:
        self._client = stack.client("scheduler")
        self.wiring = Wiring(
            group=stack.outputs["ScheduleGroupName"],
            target_arn=stack.outputs["IngestFunctionArn"],
            role_arn=stack.outputs["SchedulerRoleArn"],
            failure_queue_arn=stack.outputs["IngestFailureQueueArn"],
            fetch_gateway=fetch_gateway,
        )

    def stored(self) -> dict[str, Mapping[str, Any]]:
        """Name → schedule, of the whole group."""
        group = self.wiring.group
        pages = self._client.get_paginator("list_schedules").paginate(GroupName=group)
        names = [row["Name"] for page in pages for row in page["Schedules"] if row["GroupName"] == group]
        return {name: self._client.get_schedule(GroupName=group, Name=name) for name in names}

    def apply(self, changes: Iterable[Change]) -> None:
        """Carry out; safe to repeat after an interruption."""
        for change in changes:
            names = {"GroupName": self.wiring.group, "Name": change.name}
            if change.planned is None:
                self._client.delete_schedule(**names)
            elif change.verb == "create":
                self._client.create_schedule(**names, **change.planned.body)
            else:
                self._client.update_schedule(**names, **change.planned.body)
