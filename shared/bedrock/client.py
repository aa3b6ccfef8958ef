"""boto3 clients for Bedrock, one a region."""

from typing import Any, Literal

import boto3
from botocore.config import Config

RetryMode = Literal["own", "standard", "adaptive"]
"""Who retries: `own` is shared.bedrock.converse; the others are botocore's modes, for comparison."""


def bedrock_client(region: str, *, read_timeout: float, connections: int, retries: RetryMode = "own") -> Any:
    """A `bedrock-runtime` client in `region`. With `own`, botocore never repeats a call itself."""
    policy = {"mode": "standard", "total_max_attempts": 1} if retries == "own" else {"mode": retries, "max_attempts": 4}
    config = Config(
        region_name=region,
        retries=policy,
        connect_timeout=5,
        read_timeout=read_timeout,
        max_pool_connections=connections,
    )
    return boto3.client("bedrock-runtime", config=config)
