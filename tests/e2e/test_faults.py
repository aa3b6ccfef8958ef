"""Whatever goes wrong between queue and lake: every item ends exactly once, and nothing ungrounded is stored."""

import random
import shutil
import sys
from collections.abc import Iterator

import pytest

from bench.normalize.rig import CLIENT, CLIENT_FILE, Rig, connect
from local.model_endpoint.faults import FRENCH_SENTENCE, INVENTED_NAME, INVENTED_NUMBER
from shared.contracts.batch import RawMessage
from tests.e2e.faults import (
    check_every_item_ended_once,
    kill_functions,
    lake_item,
    receives,
    reset,
    rows,
    ungrounded,
    wait_complete,
    wait_until,
)
from tests.e2e.support import CONFIG, Machine

SHARE = 0.3
ITEMS = 10
MANY = 24
"""Items of which a third are sure to include one that is drawn, whatever the prompt: the endpoint draws by its text."""


@pytest.fixture(scope="module")
def built(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    folder = tmp_path_factory.mktemp("config") / "config"
    shutil.copytree(CONFIG, folder)
    (folder / "clients" / f"{CLIENT}.yaml").write_text(CLIENT_FILE)
    return connect(machine.stack(), folder)


@pytest.fixture
def rig(built: Rig) -> Iterator[Rig]:
    reset(built)
    yield built
    reset(built)


def opened(rig: Rig, name: str, count: int = ITEMS) -> list[RawMessage]:
    return rig.open_batch(rig.items(count, name), name)


QUICK = ("throttle", "malformed", "slow", "fence", "echo", "invent", "wrong_language")


@pytest.mark.parametrize("kind", [*QUICK, "error", "hang"])
def test_with_each_fault_of_the_endpoint_every_item_ends_once(rig: Rig, kind: str) -> None:
    rig.endpoint(**{kind: SHARE})
    messages = opened(rig, f"fault-{kind}", MANY if kind in QUICK else ITEMS)
    rig.send(messages)
    wait_complete(rig, messages)
    assert rig.control("stats")["outcome"].get(
        {"throttle": "ThrottlingException", "error": "InternalServerException"}.get(kind, kind), 0
    ), "the fault happened"
    check_every_item_ended_once(rig, messages)
    stored = [item.model_dump_json() for m in messages if (item := lake_item(rig, m.item_id))]
    assert stored
    for lie in (INVENTED_NAME, INVENTED_NUMBER, FRENCH_SENTENCE, "```"):
        assert not any(lie in item for item in stored)


def test_with_a_third_of_the_answers_corrupted_no_ungrounded_fact_is_stored(rig: Rig) -> None:
    rig.endpoint(corrupt=0.34)
    items = rig.items(40, "corrupted")
    messages = rig.open_batch(items, "corrupted")
    rig.send(messages)
    wait_complete(rig, messages)
    outcomes = rig.control("stats")["outcome"]
    assert (outcomes["fence"] + outcomes["invent"]) / sum(outcomes.values()) >= 0.2
    check_every_item_ended_once(rig, messages)
    kept = [(item, raw) for raw in items if (item := lake_item(rig, raw.item_id))]
    assert len(kept) > len(items) / 2
    assert [ungrounded(item, raw) for item, raw in kept] == [[]] * len(kept)
    assert sum(sum(row["refused"].values()) for row in rows(rig, messages).values()) > 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the function's processes through /proc")
def test_killed_functions_lose_nothing(rig: Rig) -> None:
    home = rig.stack.layout.home
    rig.endpoint(latency=4.0)
    messages = opened(rig, "killed", 16)
    rig.send(messages)
    wait_until(lambda: len(rig.control("calls")) > 0 or rig.batch(messages).done > 0, "under way")
    assert kill_functions(home, "normalize") > 0
    rig.endpoint(latency=0.0)
    wait_complete(rig, messages)
    check_every_item_ended_once(rig, messages)
    assert rig.batch(messages).done == len(messages)
    assert rig.dead_letters() == 0


def test_messages_twice_and_in_any_order_count_once_and_cost_once(rig: Rig) -> None:
    first, second = opened(rig, "twice-1"), opened(rig, "twice-2")
    mixed = [*first, *second, *first, *second]
    random.Random(5).shuffle(mixed)
    rig.queue.send(mixed)
    for messages in (first, second):
        wait_complete(rig, messages)
        check_every_item_ended_once(rig, messages)
        assert rig.batch(messages).done == len(messages)
    assert rig.control("stats")["outcome"] == {"ok": len(first) + len(second)}


def test_poison_goes_to_the_dead_letter_queue_and_keeps_nobody_waiting(rig: Rig) -> None:
    messages = opened(rig, "poisoned")
    stranger = messages[0].model_copy(update={"batch_id": "collect-of-nobody"})
    sqs, url = rig.stack.client("sqs"), rig.stack.outputs["RawQueueUrl"]
    for body in ("not json", '{"client_id": 1}', stranger.model_dump_json()):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    rig.send(messages)
    wait_complete(rig, messages)
    check_every_item_ended_once(rig, messages)
    wait_until(lambda: rig.dead_letters() == 3, "three dead letters")
    assert rig.sweep()["body"]["letters_left"] == 3


def test_throttled_items_come_back_from_the_dead_letter_queue_by_themselves(rig: Rig) -> None:
    receives(rig, 1)
    rig.variables("SweeperFunctionName", {"RECOVERY_WAIT_SECONDS": "0"})
    rig.endpoint(throttle=1.0)
    messages = opened(rig, "recovered")
    *most, last = messages
    rig.send(most)
    wait_until(lambda: rig.dead_letters() == len(most), "all throttled")
    batch = rig.batch(messages)
    assert (batch.status, batch.done, batch.failed) == ("open", 0, len(most))
    assert {row["cause"] for row in rows(rig, messages).values()} == {"throttled"}
    rig.endpoint(throttle=0.0)
    assert rig.sweep()["body"]["letters_returned"] == len(most)
    wait_until(lambda: rig.batch(messages).done == len(most), "done after all")
    rig.queue.send([last])
    wait_complete(rig, messages)
    check_every_item_ended_once(rig, messages)
    batch = rig.batch(messages)
    assert (batch.done, batch.failed, rig.dead_letters()) == (len(messages), 0, 0)


def test_a_replay_of_the_dead_letter_queue_completes_the_rest(rig: Rig) -> None:
    receives(rig, 1)
    rig.endpoint(error=1.0)
    messages = opened(rig, "replayed")
    rig.send(messages)
    wait_complete(rig, messages)
    assert rig.batch(messages).failed == len(messages)
    wait_until(lambda: rig.dead_letters() == len(messages), "all in the dead-letter queue")
    assert rig.sweep()["body"]["letters_left"] == len(messages), "a server error does not return by itself"
    rig.endpoint(error=0.0)
    receives(rig, 5)
    replay(rig)
    wait_until(lambda: {row["status"] for row in rows(rig, messages).values()} == {"done"}, "done after all")
    assert all(lake_item(rig, message.item_id) for message in messages)


def replay(rig: Rig) -> None:
    """Receive, send, delete."""
    sqs, source = rig.stack.client("sqs"), rig.stack.outputs["RawDeadLetterQueueUrl"]
    while found := sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            sqs.send_message(QueueUrl=rig.stack.outputs["RawQueueUrl"], MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
