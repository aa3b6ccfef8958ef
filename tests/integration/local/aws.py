"""Small AWS resources for the conformance tests."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

Client = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/conformance"

# Writes what it gets to a bucket; fails the messages whose body says so.
RECORDER = """
import json, os, uuid
import boto3

def handler(event, context):
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=f"seen/{uuid.uuid4()}.json", Body=json.dumps(event))
    failed = [r["messageId"] for r in event.get("Records", []) if "body" in r and "fail" in r["body"]]
    if event.get("raise"):
        raise RuntimeError("asked to fail")
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed], "environment": dict(os.environ)}
"""


def name(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex[:8]}"


def bucket(client: Client) -> str:
    made = name("bucket")
    client("s3").create_bucket(Bucket=made, CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    return made


def queue(client: Client, **attributes: str) -> tuple[str, str]:
    """URL and ARN."""
    url = client("sqs").create_queue(QueueName=name("queue"), Attributes=attributes)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return str(url), str(arn)


def function(client: Client, seen: str, **environment: str) -> tuple[str, str]:
    """Name and ARN of a RECORDER that writes to the bucket `seen`."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("recorder.py", RECORDER)
    made = client("lambda").create_function(
        FunctionName=name("recorder"),
        Runtime="python3.13",
        Role=ROLE,
        Handler="recorder.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        Environment={"Variables": {"BUCKET": seen, **environment}},
    )
    return str(made["FunctionName"]), str(made["FunctionArn"])


def seen(client: Client, where: str) -> list[dict[str, Any]]:
    """Events that the recorder got."""
    s3 = client("s3")
    keys = [row["Key"] for row in s3.list_objects_v2(Bucket=where, Prefix="seen/").get("Contents", [])]
    return [json.loads(s3.get_object(Bucket=where, Key=key)["Body"].read()) for key in keys]


def table(client: Client) -> str:
    made = name("table")
    client("dynamodb").create_table(
        TableName=made,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    return made
