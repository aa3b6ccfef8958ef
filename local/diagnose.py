"""Which stage of the local stack is cut off from the one before it."""

from collections.abc import Callable

from local.stack import Stack


def stalled_stage(stack: Stack) -> str | None:
    """One sentence that names the first stage whose trigger is missing or disabled, or None when all are in place."""
    checks: tuple[Callable[[Stack], str | None], ...] = (_normalize, _engine, _subscription, _publisher)
    return next((finding for check in checks if (finding := check(stack))), None)


def _normalize(stack: Stack) -> str | None:
    return _mapping(stack, "normalize", "NormalizeFunctionName", "RawQueue")


def _engine(stack: Stack) -> str | None:
    bucket = stack.outputs["DataBucketName"]
    found = stack.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    arn = stack.outputs["EngineFunctionArn"]
    if any(row["LambdaFunctionArn"] == arn for row in found.get("LambdaFunctionConfigurations", [])):
        return None
    return f"engine is not started: bucket {bucket} has no notification that invokes it when a batch is complete"


def _subscription(stack: Stack) -> str | None:
    topic = stack.outputs["NewsletterTopicArn"]
    found = stack.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    queue = stack.outputs["PublisherQueueUrl"].rsplit("/", 1)[-1]
    if any(row["Protocol"] == "sqs" and row["Endpoint"].endswith(f":{queue}") for row in found):
        return None
    return f"publisher gets no editions: PublisherQueue is not subscribed to {topic}"


def _publisher(stack: Stack) -> str | None:
    return _mapping(stack, "publisher", "PublisherFunctionName", "PublisherQueue")


def _mapping(stack: Stack, stage: str, function: str, queue: str) -> str | None:
    name = stack.outputs[f"{queue}Url"].rsplit("/", 1)[-1]
    mappings = stack.client("lambda").list_event_source_mappings(FunctionName=stack.outputs[function])
    found = [row for row in mappings["EventSourceMappings"] if row["EventSourceArn"].endswith(f":{name}")]
    if not found:
        return f"{stage} gets no messages: its event source mapping on {queue} is missing"
    states = {row["State"] for row in found}
    if "Enabled" in states or "Enabling" in states:
        return None
    return f"{stage} gets no messages: its event source mapping on {queue} is {', '.join(sorted(states)).lower()}"
