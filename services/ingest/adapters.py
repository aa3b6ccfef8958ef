"""Thin I/O of ingest: the raw queue, secrets, the function itself."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from shared.contracts.batch import RawMessage
from shared.contracts.events import IngestEvent
from shared.errors import ConfigError
from shared.observability import logger

_BATCH = 10
_TRIES = 3


class Queue(Protocol):
    """Where raw items' references go."""

    def send(self, messages: Sequence[RawMessage], sent: Callable[[list[str]], None]) -> list[str]: ...
    def check(self) -> None: ...


class SqsQueue:
    """RawQueue. `client` is a boto3 SQS client."""

    def __init__(self, client: Any, url: str) -> None:
        self._client, self._url = client, url

    def send(self, messages: Sequence[RawMessage], sent: Callable[[list[str]], None]) -> list[str]:
        """Send references ten at a time, calling `sent` with the item ids of each ten that arrived; what SQS refuses is
        tried again. Returns the item ids that never arrived."""
        lost: list[str] = []
        for start in range(0, len(messages), _BATCH):
            left = self._send_ten(list(messages[start : start + _BATCH]), sent)
            lost += [message.item_id for message in left]
        return lost

    def _send_ten(self, messages: list[RawMessage], sent: Callable[[list[str]], None]) -> list[RawMessage]:
        for _ in range(_TRIES):
            entries = [{"Id": str(n), "MessageBody": m.model_dump_json()} for n, m in enumerate(messages)]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            refused = {int(failure["Id"]) for failure in answer.get("Failed", ())}
            sent([m.item_id for n, m in enumerate(messages) if n not in refused])
            messages = [m for n, m in enumerate(messages) if n in refused]
            if not messages:
                break
        return messages

    def check(self) -> None:
        """Raises botocore's ClientError when the queue cannot be reached."""
        self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])


class SsmSecret:
    """One parameter, read on first use. `client` is a boto3 SSM client."""

    def __init__(self, client: Any, path: str) -> None:
        self._client, self._path = client, path
        self._value: str | None = None

    def __call__(self) -> str:
        """The parameter's value; empty when there is none or it cannot be read (PubMed works without a key, at a lower
        rate)."""
        if self._value is None:
            self._value = self._read() if self._path else ""
        return self._value

    def _read(self) -> str:
        try:
            answer = self._client.get_parameter(Name=self._path, WithDecryption=True)
        except (ClientError, BotoCoreError) as error:
            if not (isinstance(error, ClientError) and error.response["Error"]["Code"] == "ParameterNotFound"):
                logger.error(f"the key for PubMed in {self._path} could not be read, and is done without: {error}")
            return ""
        return str(answer["Parameter"]["Value"])


class SelfInvocation:
    """Has another invocation of this function go on with a run. `open_client` gives a boto3 Lambda client."""

    def __init__(self, open_client: Callable[[], Any], function_name: str) -> None:
        self._open_client, self._function_name = open_client, function_name

    def __call__(self, event: IngestEvent) -> None:
        """Raises ConfigError outside of Lambda, botocore's errors when the invocation is refused."""
        if not self._function_name:
            raise ConfigError("AWS_LAMBDA_FUNCTION_NAME is not set: only a deployed function can invoke itself")
        payload = event.model_dump_json(exclude_none=True, exclude_defaults=True).encode()
        self._open_client().invoke(FunctionName=self._function_name, InvocationType="Event", Payload=payload)
