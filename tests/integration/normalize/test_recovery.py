"""The return of throttled messages, against SQS and DynamoDB."""

from datetime import timedelta

from services.normalize.adapters import SqsDeadLetters, SqsQueue
from services.normalize.recovery import Policy
from services.normalize.recovery_flow import Recovery
from shared.contracts.batch import RawMessage
from tests.integration.normalize.stack import Stack, record
from tests.unit.bedrock.fakes import ScriptedBedrock, bedrock_error, tool_answer
from tests.unit.normalize.trees import good_answer, raw_item

GOOD = tool_answer(good_answer())
THROTTLE = bedrock_error("ThrottlingException", 429)


def recovery(aws: Stack, per_sweep: int = 50) -> Recovery:
    policy = Policy(per_sweep=per_sweep, limit=2, wait=300)
    letters = SqsDeadLetters(aws.sqs, aws.dlq_url)
    return Recovery(aws.table, letters, SqsQueue(aws.sqs, aws.queue_url), aws.time, policy)


def fail(aws: Stack, message: RawMessage) -> None:
    """As SQS does it: the last receive fails, and the message moves."""
    failures, _, _ = aws.invoke(ScriptedBedrock(THROTTLE), record(message, 5))
    assert failures == ["m-1"]
    aws.sqs.send_message(QueueUrl=aws.dlq_url, MessageBody=message.model_dump_json())


def in_queue(aws: Stack, url: str) -> int:
    answer = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_a_throttled_item_returns_by_itself_and_mends_its_open_batch(aws: Stack) -> None:
    first, second = raw_item(), raw_item(url="https://example.org/other")
    one, two = aws.open_batch(first, second)
    fail(aws, one)
    assert recovery(aws).run() == {"left": 1}
    assert in_queue(aws, aws.dlq_url) == 1, "what is left can be seen at once"
    aws.time.moment += timedelta(seconds=300)
    assert recovery(aws).run() == {"returned": 1}
    assert (in_queue(aws, aws.queue_url), in_queue(aws, aws.dlq_url)) == (1, 0)
    assert aws.outcome(first.item_id)["recoveries"] == 1
    assert aws.invoke(ScriptedBedrock(GOOD), record(one))[0] == []
    aws.invoke(ScriptedBedrock(GOOD), record(two))
    batch = aws.batches.get("acme_weekly", "edition-1")
    assert (batch.status, batch.done, batch.failed) == ("complete", 2, 0)


def test_a_throttled_item_returns_after_its_batch_has_ended_too(aws: Stack) -> None:
    raw = raw_item()
    (message,) = aws.open_batch(raw)
    fail(aws, message)
    assert aws.batches.get("acme_weekly", "edition-1").status == "complete"
    aws.time.moment += timedelta(seconds=300)
    assert recovery(aws).run() == {"returned": 1}
    assert aws.invoke(ScriptedBedrock(GOOD), record(message))[0] == []
    assert aws.lake_item(raw.item_id) is not None
    assert aws.outcome(raw.item_id)["status"] == "done"


def test_returns_are_bounded_in_number_and_in_rate(aws: Stack) -> None:
    messages = aws.open_batch(*[raw_item(url=f"https://example.org/{n}") for n in range(3)])
    for message in messages:
        fail(aws, message)
    aws.time.moment += timedelta(seconds=300)
    assert recovery(aws, per_sweep=2).run() == {"returned": 2, "left": 1}
    assert recovery(aws).run() == {"returned": 1}
    for number in range(2):
        fail(aws, messages[0])
        aws.time.moment += timedelta(seconds=10_000)
        assert recovery(aws).run() == ({"returned": 1} if number == 0 else {"left": 1})


def test_other_failures_and_poison_stay_for_an_operator(aws: Stack) -> None:
    refused, silent = aws.open_batch(raw_item(), raw_item(url="https://example.org/other"))
    aws.invoke(ScriptedBedrock(bedrock_error("AccessDeniedException", 403)), record(refused))
    for body in (refused.model_dump_json(), silent.model_dump_json(), "poison"):
        aws.sqs.send_message(QueueUrl=aws.dlq_url, MessageBody=body)
    aws.time.moment += timedelta(days=1)
    assert recovery(aws).run() == {"left": 3}
    assert (in_queue(aws, aws.queue_url), in_queue(aws, aws.dlq_url)) == (0, 3)


def test_a_message_whose_item_is_done_leaves_the_queue(aws: Stack) -> None:
    (message,) = aws.open_batch(raw_item())
    aws.invoke(ScriptedBedrock(GOOD), record(message))
    aws.sqs.send_message(QueueUrl=aws.dlq_url, MessageBody=message.model_dump_json())
    assert recovery(aws).run() == {"dropped": 1}
    assert in_queue(aws, aws.dlq_url) == 0
