"""What is asked of SQS."""

from dataclasses import dataclass, field
from typing import Any

from services.normalize.adapters import SqsQueue


@dataclass
class Sqs:
    """Remembers what it was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def change_message_visibility_batch(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {}


def test_a_function_holds_its_messages_no_longer_than_it_can_live() -> None:
    sqs = Sqs()
    SqsQueue(sqs, "url").hold([f"handle-{n}" for n in range(12)], 330)
    assert [len(request["Entries"]) for request in sqs.asked] == [10, 2], "SQS takes ten a request"
    entries = [entry for request in sqs.asked for entry in request["Entries"]]
    assert {entry["VisibilityTimeout"] for entry in entries} == {330}
    assert [entry["ReceiptHandle"] for entry in entries] == [f"handle-{n}" for n in range(12)]
