"""What every test on moto needs."""

from collections.abc import Iterator
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber


@pytest.fixture(scope="session", autouse=True)
def _one_call_at_a_time() -> Iterator[None]:
    """Each call of S3, DynamoDB and so on as one step, as in AWS: moto's tables and buckets are plain dictionaries.

    SQS is left out: a long poll would hold up everyone, and moto locks its queues itself.
    """
    lock, process = RLock(), BotocoreStubber.process_request

    def in_turn(self: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        if "sqs" in (urlsplit(request.url).hostname or ""):
            return process(self, request)
        with lock:
            return process(self, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BotocoreStubber, "process_request", in_turn)
        yield
