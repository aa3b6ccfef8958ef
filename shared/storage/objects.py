"""JSON documents in S3."""

import json
from typing import Any, Protocol, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel

from shared.errors import ConflictError, NotFoundError

Model = TypeVar("Model", bound=BaseModel)


class Objects(Protocol):
    """Where documents are kept; tests pass a dictionary-backed one (shared.storage.memory)."""

    def put(self, key: str, body: bytes, content_type: str = ..., *, once: bool = False) -> None: ...
    def get(self, key: str) -> bytes | None: ...


class S3Objects:
    """One bucket. `client` is a boto3 S3 client."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def put(self, key: str, body: bytes, content_type: str = "application/json", *, once: bool = False) -> None:
        """Write; with `once`, only where nothing is yet (If-None-Match: *).

        Raises ConflictError when something is there (412). A 409 (a concurrent write under way) is retried by
        botocore's own retry mode.
        """
        condition = {"IfNoneMatch": "*"} if once else {}
        try:
            self._client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, **condition)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
                raise ConflictError(f"{key} exists already") from error
            raise

    def get(self, key: str) -> bytes | None:
        """The object's bytes, or None where there is none."""
        try:
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return body


def dump(model: BaseModel) -> bytes:
    """A record as stored: UTF-8 JSON with the contract's field names."""
    return model.model_dump_json(by_alias=True, indent=1).encode()


def put_model(objects: Objects, key: str, model: BaseModel, *, once: bool = False) -> None:
    objects.put(key, dump(model), "application/json", once=once)


def get_model(objects: Objects, key: str, kind: type[Model]) -> Model:
    """Read and validate. Raises NotFoundError when the object is missing, pydantic's ValidationError when it is bad."""
    body = objects.get(key)
    if body is None:
        raise NotFoundError(f"no object {key}")
    return kind.model_validate_json(body)


def put_json(objects: Objects, key: str, value: Any) -> None:
    objects.put(key, json.dumps(value, ensure_ascii=False, indent=1).encode(), "application/json")
