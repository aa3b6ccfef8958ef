"""A deployed normalize that a test can hurt: short timeouts, few receives, processes to kill."""

import os
import re
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.normalize.rig import CLIENT, Rig
from shared.contracts.batch import RawMessage
from shared.contracts.items import NormalizedItem, RawItem
from shared.storage.lake import Lake
from shared.storage.objects import get_model

PATIENCE = 420.0
"""Seconds in which whatever must happen has happened, however busy the machine is. Less than a queue's own visibility
timeout: nobody waits for that."""
READ_TIMEOUT = 10
FUNCTION_TIMEOUT = 40
QUIET = {
    "rpm": 0,
    "tpm": 0,
    "latency": 0.0,
    "hang_seconds": 30.0,
    "slow_seconds": 3.0,
    **dict.fromkeys(("throttle", "error", "malformed", "slow", "hang", "fence", "echo", "invent"), 0.0),
    "wrong_language": 0.0,
    "corrupt": 0.0,
}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def reset(rig: Rig) -> None:
    """A function with short timeouts, an endpoint without faults, empty queues."""
    rig.function({"BEDROCK_READ_TIMEOUT": str(READ_TIMEOUT), "MAX_RECEIVE_COUNT": "5"}, FUNCTION_TIMEOUT)
    rig.endpoint(**QUIET)
    receives(rig, 5)
    for name in ("RawQueueUrl", "RawDeadLetterQueueUrl"):
        rig.stack.client("sqs").purge_queue(QueueUrl=rig.stack.outputs[name])


def receives(rig: Rig, count: int) -> None:
    """How often the queue delivers a message before it moves it to the dead-letter queue."""
    sqs, url = rig.stack.client("sqs"), rig.stack.outputs["RawQueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    changed = re.sub(r'"maxReceiveCount":\s*"?\d+"?', f'"maxReceiveCount":{count}', policy)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": changed})
    rig.function({"MAX_RECEIVE_COUNT": str(count)})


def wait_until(happened: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Raises AssertionError when it has not happened in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"after {seconds} s: not {what}"
        time.sleep(0.2)


def wait_complete(rig: Rig, messages: Sequence[RawMessage]) -> None:
    wait_until(lambda: rig.batch(messages).status == "complete", f"{messages[0].batch_id} complete")


def rows(rig: Rig, messages: Sequence[RawMessage]) -> Mapping[str, Any]:
    return rig.batches.items(CLIENT, messages[0].batch_id)


def lake_item(rig: Rig, item_id: str) -> NormalizedItem | None:
    row = Lake(rig.table, rig.data).get(item_id)
    return get_model(rig.data, row["key"], NormalizedItem) if row else None


def check_every_item_ended_once(rig: Rig, messages: Sequence[RawMessage]) -> None:
    """As normalized, by rules, or failed with its reason; and the counters agree."""
    batch, ended = rig.batch(messages), rows(rig, messages)
    assert (batch.status, batch.expected) == ("complete", len(messages))
    assert batch.done + batch.failed == batch.expected
    assert batch.done == sum(row["status"] == "done" for row in ended.values())
    for message in messages:
        row, item = ended[message.item_id], lake_item(rig, message.item_id)
        assert row["reason"]
        if row["status"] == "done":
            assert item is not None
            assert item.normalizer.kind in ("model", "rules")
        else:
            assert row["status"] == "failed"
            assert item is None


def ungrounded(item: NormalizedItem, raw: RawItem) -> list[str]:
    """Names and numbers of a normalized item that its text does not hold."""
    text = f"{raw.title} {raw.text} {raw.published}".casefold()
    said = " ".join(sentence.text for sentence in item.summary) + " ".join(figure.value for figure in item.figures)
    known = set(_NUMBER.findall(text))
    lost = [n for n in _NUMBER.findall(said) if n not in known]
    return lost + [entity.mention for entity in item.entities if entity.mention.casefold() not in text]


def kill_functions(home: Path, name: str) -> int:
    """kill -9 every process of a function of the stack in `home`; how many there were."""
    killed = 0
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(home) in command and f"ministack-lambda-vectora-inbox-{name}-" in command:
            os.kill(int(folder.name), signal.SIGKILL)
            killed += 1
    return killed
