"""Thin I/O: the queue and the engine's function."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from shared.contracts.batch import RawMessage
from shared.observability import logger

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
