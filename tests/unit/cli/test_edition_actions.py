"""What `vectora edition` asks of a stack."""

import json
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from cli import edition_actions
from cli.edition_commands import find
from cli.errors import StageFailedError
from cli.review.edits import ItemEdit, label_of
from cli.stacks import StackName
from services.publisher.recipients import recipient_key
from shared.contracts.items import RawItem
from shared.errors import InputError
from shared.storage.memory import MemoryObjects
from shared.storage.objects import put_model
from tests.unit.review.worlds import Room, item, normalized

ROW = {
    "client_id": "acme_weekly",
    "edition_id": "ed-1",
    "status": "draft",
    "window_from": "2026-02-23",
    "window_to": "2026-03-02",
    "as_of": "2026-03-02T08:00:00+00:00",
    "batch_id": "edition-1",
}


class FakeStack:
    """A stack whose functions answer with `payload` and whose queue is a list."""

    def __init__(self, payload: Any = None, error: str = "") -> None:
        self.outputs = {"EngineFunctionName": "engine", "PublisherQueueUrl": "queue"}
        self.events: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self._answer: dict[str, Any] = {"Payload": BytesIO(json.dumps(payload).encode())}
        if error:
            self._answer["FunctionError"] = error

    def client(self, service: str, config: Any = None) -> Any:
        return self

    def resource(self, service: str) -> Any:
        raise AssertionError(service)

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        self.events.append(json.loads(Payload))
        return self._answer

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:
        self.messages.append(json.loads(MessageBody))


def test_rebuild_asks_for_the_same_window_and_clock_as_a_draft() -> None:
    stack = FakeStack({"statusCode": 200, "body": {"edition_id": "ed-2"}})
    assert edition_actions.rebuild(stack, ROW)["edition_id"] == "ed-2"
    (event,) = stack.events
    assert (event["from_date"], event["to_date"], event["as_of"]) == ("2026-02-23", "2026-03-02", ROW["as_of"])
    assert event["force_regenerate"]
    assert event["batch_id"] == "edition-1"
    assert event["delivery"] == "review"


@pytest.mark.parametrize("status", ["approved", "sending", "sent", "building"])
def test_only_an_unsent_draft_is_rebuilt(status: str) -> None:
    stack = FakeStack()
    with pytest.raises(InputError, match=status):
        edition_actions.rebuild(stack, {**ROW, "status": status})
    assert stack.events == []


def test_failed_rebuild_says_why() -> None:
    stack = FakeStack({"errorMessage": "the lake is on fire"}, error="Unhandled")
    with pytest.raises(StageFailedError, match="on fire"):
        edition_actions.rebuild(stack, ROW)


def test_rebuild_of_a_draft_that_another_engine_is_building_says_so() -> None:
    stack = FakeStack({"statusCode": 202, "body": {"edition_id": "ed-2", "status": "building"}})
    with pytest.raises(InputError, match="building ed-2"):
        edition_actions.rebuild(stack, ROW)


def test_a_window_that_is_sent_already_is_no_new_draft() -> None:
    stack = FakeStack({"statusCode": 200, "body": {"edition_id": "ed-2", "status": "sent"}})
    with pytest.raises(InputError, match="ed-2 of this window is sent already"):
        edition_actions.rebuild(stack, ROW)


def test_unknown_edition_is_bad_usage_and_says_where_the_known_ones_are() -> None:
    room = Room()
    with pytest.raises(InputError, match="vectora edition list acme_weekly --stack dev"):
        edition_actions.known(room.stores, "acme_weekly", "nothing", "dev")
    assert edition_actions.known(room.stores, "acme_weekly", str(room.row["edition_id"]), "dev") == room.row


def test_resend_queues_one_request_with_an_id_of_its_own() -> None:
    stack = FakeStack()
    sent = {**ROW, "status": "sent"}
    ids = {edition_actions.resend(stack, sent, "Late <Late@Example.org>") for _ in range(2)}
    assert [one["resend_to"] for one in stack.messages] == ["late@example.org"] * 2
    assert {one["request_id"] for one in stack.messages} == ids
    assert len(ids) == 2


@pytest.mark.parametrize(("status", "address"), [("draft", "late@example.org"), ("sent", "nobody")])
def test_unusable_resend_queues_nothing(status: str, address: str) -> None:
    stack = FakeStack()
    with pytest.raises(InputError):
        edition_actions.resend(stack, {**ROW, "status": status}, address)
    assert stack.messages == []


def test_labels_are_exported_with_the_articles_own_text() -> None:
    data, stores = MemoryObjects(), Room().desk._stores
    found = normalized("near1")
    raw = {name: getattr(found, name) for name in set(RawItem.model_fields) & set(type(found).model_fields)}
    more = {"text": "The whole article.", "text_origin": "article", "fetched_at": "2026-02-27T00:00:00+00:00"}
    put_model(data, found.raw_key, RawItem.model_validate({**raw, **more}))
    labels = [label_of(item(name), ItemEdit(verdict="drop"), "ed-1") for name in ("near1", "gone")]
    text, missing = edition_actions.export(labels, stores, data)
    (row,) = yaml.safe_load(text)
    assert row["text"] == "The whole article."
    assert row["gold"]["keep"] is False
    assert missing == ["gone"]


def test_who_was_not_reached_is_told_first_and_by_address_where_the_clients_file_has_it() -> None:
    ann, bob, gone = (recipient_key("acme", f"{name}@example.org") for name in ("ann", "bob", "gone"))
    rows = [
        {"sk": ann, "status": "sent", "feedback": "delivered"},
        {"sk": bob, "status": "failed", "reason": "MessageRejected: no"},
        {"sk": gone, "status": "unknown"},
        {"sk": "LEASE", "owner": "x"},
    ]
    lines = list(edition_actions.mailed("acme", rows, ["Ann <ann@example.org>", "bob@example.org"]))
    assert sorted(lines[:2]) == sorted(
        [
            f"{bob}  failed    bob@example.org  MessageRejected: no",
            f"{gone}  unknown   (not in the client file)",
        ]
    )
    assert lines[2:] == [f"{ann}  sent      ann@example.org  delivered"]
    assert list(edition_actions.mailed("acme", [], [])) == ["nobody was mailed"]


def test_an_edition_that_is_being_built_is_not_called_unknown() -> None:
    rows = [{"edition_id": "ed-1", "status": "sent"}, {"edition_id": "ed-2", "status": "building"}]
    pipeline = SimpleNamespace(editions=SimpleNamespace(history=lambda client: rows))
    assert find(pipeline, "acme", None, StackName.prod) == rows[0]
    with pytest.raises(InputError, match=r"still being built.*dlq show --queue engine --stack prod"):
        find(pipeline, "acme", "ed-2", StackName.prod)
    with pytest.raises(InputError, match=r"no edition 'ed-3'\. Its newest: ed-1"):
        find(pipeline, "acme", "ed-3", StackName.prod)
