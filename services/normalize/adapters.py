"""Thin I/O: the queue and the engine's function."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from services.normalize.recovery import Letter
from shared.contracts.batch import RawMessage
from shared.observability import logger

if TYPE_CHECKING:
    from services.normalize.digest import Digest

_SQS_BATCH = 10


class SqsQueue:
    """RawQueue. `client` is a boto3 SQS client."""

    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def delay(self, receipt_handle: str, seconds: int) -> None:
        """Let a message in flight come back after `seconds`; failing that, it comes back with the queue's own time."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
        except ClientError as error:
            logger.warning(f"could not change a message's visibility: {error}")

    def hold(self, receipt_handles: Sequence[str], seconds: int) -> None:
        """Let messages in flight come back after `seconds` if nothing else is heard of them."""
        for start in range(0, len(receipt_handles), _SQS_BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
                for number, handle in enumerate(receipt_handles[start : start + _SQS_BATCH])
            ]
            try:
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            except ClientError as error:
                logger.warning(f"could not change the visibility of {len(entries)} messages: {error}")

    def send(self, messages: Sequence[RawMessage]) -> None:
        """Queue messages, ten a request. Raises RuntimeError when SQS takes only some of them."""
        for start in range(0, len(messages), _SQS_BATCH):
            entries = [
                {"Id": str(number), "MessageBody": message.model_dump_json()}
                for number, message in enumerate(messages[start : start + _SQS_BATCH])
            ]
            refused = self._client.send_message_batch(QueueUrl=self._url, Entries=entries).get("Failed", [])
            if refused:
                raise RuntimeError(
                    f"SQS refused {len(refused)} of {len(entries)} messages: {refused[0].get('Message')}"
                )


class SqsDeadLetters:
    """RawDeadLetterQueue. `client` is a boto3 SQS client."""

    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def receive(self, hold: int) -> list[Letter]:
        """Up to ten messages, which nobody else sees for `hold` seconds."""
        answer = self._client.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=_SQS_BATCH, VisibilityTimeout=hold
        )
        return [
            Letter(message["MessageId"], message["ReceiptHandle"], _reference(message["Body"]))
            for message in answer.get("Messages", [])
        ]

    def delete(self, letter: Letter) -> None:
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt_handle)

    def show_again(self, letters: Sequence[Letter]) -> None:
        """Let everybody see these messages again."""
        SqsQueue(self._client, self._url).hold([letter.receipt_handle for letter in letters], 0)


def _reference(body: str) -> RawMessage | None:
    try:
        return RawMessage.model_validate_json(body)
    except ValidationError:
        return None


class FailureQueues:
    """Dead-letter and failure queues. `client` is a boto3 SQS client, `urls` name → URL."""

    def __init__(self, client: Any, urls: Mapping[str, str]) -> None:
        self._client, self._urls = client, urls

    def depths(self) -> dict[str, int]:
        """Name → messages waiting."""
        name = "ApproximateNumberOfMessages"
        return {
            queue: int(self._client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
            for queue, url in self._urls.items()
        }


class OperatorsTopic:
    """NotificationTopic, to which operators subscribe by mail. `client` is a boto3 SNS client."""

    def __init__(self, client: Any, topic_arn: str) -> None:
        self._client, self._topic = client, topic_arn

    def mail(self, digest: Digest) -> None:
        """Subscribers tell it from other notices by the attribute kind."""
        self._client.publish(
            TopicArn=self._topic,
            Subject=digest.subject[:100],
            Message=digest.text,
            MessageAttributes={
                "kind": {"DataType": "String", "StringValue": "digest"},
                "attention": {"DataType": "String", "StringValue": str(digest.actions > 0).lower()},
            },
        )


class EngineFunction:
    """Starts the engine as S3 does. `client` is a boto3 Lambda client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def start(self, bucket: str, marker_key: str) -> None:
        """Invoke it asynchronously with the event of a marker's creation."""
        event = {
            "Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": bucket}, "object": {"key": marker_key}}}]
        }
        self._client.invoke(FunctionName=self._name, InvocationType="Event", Payload=json.dumps(event).encode())
