"""Dead letters' queues and what the state table knows of them; thin, decisions are in cli.dlq."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cli.dlq import (
    Letter,
    Queue,
    destination,
    explain_edition,
    explain_failure,
    explain_raw,
    original_event,
    raw_message,
)
from cli.stacks import Deployed
from shared import ids
from shared.errors import VectoraError
from shared.storage import keys
from shared.storage.table import Row, StateTable

_AT_ONCE = 10
_EMPTY_LOOKS = 2
"""SQS may answer "nothing" while there is something: so many such answers in a row are believed."""


class Post:
    """One stack's failure queues."""

    def __init__(self, stack: Deployed) -> None:
        self._sqs, self._lambda = stack.client("sqs"), stack.client("lambda")
        self._outputs = stack.outputs
        self._table = StateTable(stack.resource("dynamodb"), stack.outputs["StateTableName"])

    def depth(self, queue: Queue) -> tuple[int, int]:
        """Messages that wait, and those that somebody is looking at."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=names)["Attributes"]
        waiting, held = (int(answer.get(name, 0)) for name in names)
        return waiting, held

    def receive(self, queue: Queue, hold: int, wait: int = 1) -> Iterator[list[Letter]]:
        """Up to ten letters at a time, explained, that nobody else sees for `hold` seconds; ends at an empty queue."""
        empty = 0
        while empty < _EMPTY_LOOKS:
            answer = self._sqs.receive_message(
                QueueUrl=self._url(queue),
                MaxNumberOfMessages=_AT_ONCE,
                VisibilityTimeout=hold,
                WaitTimeSeconds=wait,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            found = [self.explained(_letter(queue, message)) for message in answer.get("Messages", [])]
            empty = 0 if found else empty + 1
            if found:
                yield found

    def peek(self, queue: Queue, hold: int = 60) -> list[Letter]:
        """All letters; they are visible to everybody again when this returns."""
        seen: dict[str, Letter] = {}
        try:
            for found in self.receive(queue, hold):
                fresh = [letter for letter in found if letter.message_id not in seen]
                seen |= {letter.message_id: letter for letter in found}
                if not fresh:
                    break
        finally:
            self.show_again(queue, seen.values())
        return list(seen.values())

    def show_again(self, queue: Queue, letters: Iterable[Letter]) -> None:
        """Let everybody see these letters at once; failing that, they come back when their hold ends."""
        for part in _parts(list(letters)):
            entries = [
                {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
                for number, letter in enumerate(part)
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._url(queue), Entries=entries)

    def send_back(self, letters: Sequence[Letter]) -> list[Letter]:
        """Queue them again where they came from, or invoke their function again; returns those that were taken."""
        if letters and not letters[0].queue.back_to:
            return [letter for letter in letters if self._invoke(letter)]
        targets = [(destination(letter, self._outputs), letter) for letter in letters]
        taken: list[Letter] = []
        for url in dict.fromkeys(url for url, _ in targets):
            taken += self._send(url, [letter for target, letter in targets if target == url])
        return taken

    def delete(self, letters: Iterable[Letter]) -> None:
        """Raises VectoraError when SQS refuses: then a replay later sends them once more, without effect."""
        for part in _parts(list(letters)):
            entries = [{"Id": str(number), "ReceiptHandle": letter.receipt} for number, letter in enumerate(part)]
            refused = self._sqs.delete_message_batch(QueueUrl=self._url(part[0].queue), Entries=entries).get("Failed")
            if refused:
                raise VectoraError(f"SQS did not delete {len(refused)} replayed messages; run the replay again")

    def explained(self, letter: Letter) -> Letter:
        """With the reason, as far as anything recorded it."""
        match letter.queue.name:
            case "raw":
                message = raw_message(letter)
                return explain_raw(letter, message, self.item_row(letter))
            case "publisher":
                return explain_edition(letter, self._edition(letter), self._deliveries(letter))
            case _:
                return explain_failure(letter)

    def item_row(self, letter: Letter) -> Row | None:
        """The row of a raw letter's item in its batch."""
        message = raw_message(letter)
        return (
            self._table.get(keys.batch_item(message.client_id, message.batch_id, message.item_id)) if message else None
        )

    def fate(self, letter: Letter, since: str) -> str:
        """What became of a replayed letter: done, failed, or waiting. `since`: when the replay began (ISO, UTC)."""
        match letter.queue.name:
            case "raw":
                row = self.item_row(letter) or {}
                ended = str(row.get("ended_at", "")) >= since
                return str(row["status"]) if row.get("status") == "done" or ended else "waiting"
            case "publisher":
                row = self._edition(letter) or {}
                return "done" if row.get("status") in ("sent", "superseded") or not row else "waiting"
            case "ingest":
                return self._batch_fate(letter)
            case "engine":
                return self._edition_fate(letter)
            case _:
                return "done"

    def _batch_fate(self, letter: Letter) -> str:
        event = original_event(letter)
        client, kind = str(event.get("client_id", "")), str(event.get("kind", "edition"))
        batch = ids.batch_id(client, kind, str(event.get("run_id", "")))
        return "done" if self._table.get(keys.batch_meta(client, batch)) else "waiting"

    def _edition_fate(self, letter: Letter) -> str:
        records = original_event(letter).get("Records", [])
        marks = [str(one.get("s3", {}).get("object", {}).get("key", "")).split("/") for one in records]
        wanted = [(mark[1], ids.edition_id(mark[1], mark[2])) for mark in marks if len(mark) == 4]
        rows = [self._table.get(keys.edition(*one)) or {} for one in wanted]
        return "done" if all(row.get("status") not in (None, "building") for row in rows) else "waiting"

    def _edition(self, letter: Letter) -> Row | None:
        content = letter.content
        found = "client_id" in content and "edition_id" in content
        return self._table.get(keys.edition(str(content["client_id"]), str(content["edition_id"]))) if found else None

    def _deliveries(self, letter: Letter) -> Iterable[Row]:
        edition = letter.content.get("edition_id")
        return self._table.query(keys.delivery(str(edition), "")[0]) if edition else ()

    def _send(self, url: str, letters: Sequence[Letter]) -> list[Letter]:
        taken: list[Letter] = []
        for part in _parts(letters):
            entries = [
                {"Id": str(number), "MessageBody": letter.body, "MessageAttributes": _plain(letter.attributes)}
                for number, letter in enumerate(part)
            ]
            answer = self._sqs.send_message_batch(QueueUrl=url, Entries=entries)
            taken += [part[int(one["Id"])] for one in answer.get("Successful", [])]
        return taken

    def _invoke(self, letter: Letter) -> bool:
        event = original_event(letter)
        if not event and not letter.content:
            return False
        name = self._outputs[letter.queue.function]
        answer = self._lambda.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode())
        return int(answer["StatusCode"]) == 202

    def _url(self, queue: Queue) -> str:
        return self._outputs[queue.url]


class Mover:
    """StartMessageMoveTask: AWS moves a whole dead-letter queue back by itself."""

    def __init__(self, stack: Deployed) -> None:
        self._sqs, self._outputs = stack.client("sqs"), stack.outputs

    def start(self, queue: Queue, rate: int) -> None:
        """Begin, or find the task that runs already."""
        arn = self._arn(queue)
        if self.progress(queue)[0] != "RUNNING":
            self._sqs.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=min(500, max(1, rate)))

    def progress(self, queue: Queue) -> tuple[str, int, str]:
        """Status of the newest task (empty: none), messages moved, and why it failed."""
        tasks = self._sqs.list_message_move_tasks(SourceArn=self._arn(queue), MaxResults=1).get("Results", [])
        newest: dict[str, Any] = tasks[0] if tasks else {}
        moved = int(newest.get("ApproximateNumberOfMessagesMoved", 0))
        return str(newest.get("Status", "")), moved, str(newest.get("FailureReason", ""))

    def _arn(self, queue: Queue) -> str:
        url = self._outputs[queue.url]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return str(attributes["QueueArn"])


def _letter(queue: Queue, message: dict[str, Any]) -> Letter:
    system = message.get("Attributes", {})
    return Letter(
        queue=queue,
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        sent_ms=int(system.get("SentTimestamp", 0)),
        source=str(system.get("DeadLetterQueueSourceArn", "")).rsplit(":", 1)[-1],
        attributes=message.get("MessageAttributes"),
    )


def _plain(attributes: Any) -> dict[str, Any]:
    """Message attributes as they can be sent."""
    kept = ("DataType", "StringValue", "BinaryValue")
    return {name: {key: one[key] for key in kept if key in one} for name, one in (attributes or {}).items()}


def _parts(letters: Sequence[Letter]) -> list[Sequence[Letter]]:
    return [letters[start : start + _AT_ONCE] for start in range(0, len(letters), _AT_ONCE)]
