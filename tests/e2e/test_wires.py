"""The run uses the deployed stack: with one of its wires cut, it fails and names the stage that stalled."""

import pytest

from tests.e2e.support import Machine, run


@pytest.fixture
def mapping_disabled(machine: Machine):
    """normalize's event source mapping."""
    stack = machine.stack()
    functions = stack.client("lambda")
    found = functions.list_event_source_mappings(FunctionName=stack.outputs["NormalizeFunctionName"])
    (uuid,) = [row["UUID"] for row in found["EventSourceMappings"]]
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    yield "normalize"
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)


@pytest.fixture
def notification_removed(machine: Machine):
    """The data bucket's notification that starts the engine."""
    stack = machine.stack()
    s3, bucket = stack.client("s3"), stack.outputs["DataBucketName"]
    wiring = s3.get_bucket_notification_configuration(Bucket=bucket)
    wiring.pop("ResponseMetadata")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    yield "engine"
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wiring)


@pytest.fixture
def subscription_removed(machine: Machine):
    """The publisher's queue on the newsletter topic."""
    stack = machine.stack()
    sns, topic = stack.client("sns"), stack.outputs["NewsletterTopicArn"]
    (row,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=row["SubscriptionArn"])
    yield "publisher"
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol=row["Protocol"], Endpoint=row["Endpoint"], Attributes=raw)


# In this order: only the first run's items are new, and a stage that is behind the cut one is not reached.
@pytest.mark.parametrize("cut", ["mapping_disabled", "notification_removed", "subscription_removed"])
def test_a_cut_wire_fails_the_run_and_names_the_stage(machine, cut, request, tmp_path):
    stage = request.getfixturevalue(cut)
    outcome = run(machine, tmp_path / "out", "demo")
    assert outcome.process.returncode == 1, outcome.text
    assert f"error: {stage} stalled" in outcome.process.stderr
    assert "Next:" in outcome.process.stderr
    assert "Traceback" not in outcome.text
    assert not (tmp_path / "out").exists()
