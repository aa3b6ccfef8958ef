"""An event as EventBridge Scheduler, or an emulator of it, hands it over."""

import pytest

from services.ingest.handler import _parse


@pytest.mark.parametrize("placeholder", ["<aws.scheduler.scheduled-time>", "<aws.scheduler.execution-id>"])
def test_a_placeholder_that_nobody_replaced_is_no_identity_or_every_run_would_be_the_first_one(placeholder):
    assert _parse({"client_id": "lab", "run_id": placeholder}).run_id is None


def test_the_scheduled_time_is_the_run_s_identity():
    assert _parse({"client_id": "lab", "run_id": "2026-03-30T06:00:00Z"}).run_id == "2026-03-30T06:00:00Z"
