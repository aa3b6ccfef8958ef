"""Each behaviour of the emulator that the product relies on, and each gap that local/emulator.py fills."""

import json
from base64 import b64decode
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from local import emulator
from local.layout import Layout
from local.mail import as_files
from local.processes import ensure, running_pid, stop
from tests.integration.local import aws
from tests.integration.local.aws import Client
from tests.integration.local.conftest import start, wait_for


def test_a_function_runs_and_its_bedrock_calls_go_to_the_model_endpoint(layout: Layout, client: Client) -> None:
    function, _ = aws.function(client, aws.bucket(client))

    answer = json.loads(client("lambda").invoke(FunctionName=function, Payload=b"{}")["Payload"].read())

    environment = answer["environment"]
    assert environment["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == layout.model_endpoint
    assert environment["AWS_ENDPOINT_URL"] == layout.endpoint
    assert environment["AWS_REGION"] == "eu-west-3"
    assert environment["AWS_CONFIG_FILE"] == "/dev/null"


def test_only_the_failed_messages_of_a_batch_come_back_and_end_in_the_dead_letter_queue(client: Client) -> None:
    where = aws.bucket(client)
    dead_url, dead_arn = aws.queue(client)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    function, _ = aws.function(client, where)
    client("lambda").invoke(FunctionName=function, Payload=b"{}")  # its process runs: what follows is quick
    url, arn = aws.queue(client, VisibilityTimeout="15", RedrivePolicy=redrive)
    sent = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(("good 1", "fail 2", "good 3"))]
    client("sqs").send_message_batch(QueueUrl=url, Entries=sent)
    client("lambda").create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName=function,
        BatchSize=4,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
    )

    def dead() -> list[dict[str, str]]:
        return list(client("sqs").receive_message(QueueUrl=dead_url).get("Messages", []))

    assert [message["Body"] for message in wait_for(dead)] == ["fail 2"]
    bodies = [record["body"] for event in aws.seen(client, where) for record in event.get("Records", [])]
    assert sorted(bodies) == ["fail 2", "fail 2", "good 1", "good 3"]


def test_an_object_starts_the_function_only_when_prefix_and_suffix_fit(client: Client) -> None:
    data, where = aws.bucket(client), aws.bucket(client)
    function, arn = aws.function(client, where)
    client("lambda").add_permission(
        FunctionName=function, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    rules = [{"Name": "prefix", "Value": "batches/"}, {"Name": "suffix", "Value": "COMPLETE.json"}]
    client("s3").put_bucket_notification_configuration(
        Bucket=data,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [
                {
                    "LambdaFunctionArn": arn,
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": rules}},
                }
            ]
        },
    )
    for key in ("batches/c/b/COLLECTED.json", "other/COMPLETE.json", "batches/c/b/COMPLETE.json"):
        client("s3").put_object(Bucket=data, Key=key, Body=b"{}")

    events = wait_for(lambda: aws.seen(client, where))

    assert [event["Records"][0]["s3"]["object"]["key"] for event in events] == ["batches/c/b/COMPLETE.json"]


def test_a_topic_hands_its_queue_the_raw_message(client: Client) -> None:
    topic = client("sns").create_topic(Name=aws.name("topic"))["TopicArn"]
    url, arn = aws.queue(client)
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    client("sns").publish(TopicArn=topic, Message='{"edition_id": "ed-1"}')

    messages = wait_for(lambda: client("sqs").receive_message(QueueUrl=url).get("Messages"))
    assert messages[0]["Body"] == '{"edition_id": "ed-1"}'


def test_a_transaction_is_all_or_nothing_and_names_the_condition_that_failed(client: Client) -> None:
    table, dynamodb = aws.table(client), client("dynamodb")

    def put(sk: str) -> dict[str, object]:
        item = {"pk": {"S": "batch"}, "sk": {"S": sk}}
        return {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}

    dynamodb.transact_write_items(TransactItems=[put("a")])
    with pytest.raises(ClientError) as caught:
        dynamodb.transact_write_items(TransactItems=[put("b"), put("a")])

    codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert "Item" not in dynamodb.get_item(TableName=table, Key={"pk": {"S": "batch"}, "sk": {"S": "b"}})


def test_an_object_is_written_once_where_none_may_be(client: Client) -> None:
    where = aws.bucket(client)
    client("s3").put_object(Bucket=where, Key="COMPLETE.json", Body=b"1", IfNoneMatch="*")

    with pytest.raises(ClientError) as caught:
        client("s3").put_object(Bucket=where, Key="COMPLETE.json", Body=b"2", IfNoneMatch="*")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert client("s3").get_object(Bucket=where, Key="COMPLETE.json")["Body"].read() == b"1"


def test_a_failed_asynchronous_invocation_ends_in_its_failure_queue(client: Client) -> None:
    url, arn = aws.queue(client)
    function, _ = aws.function(client, aws.bucket(client))
    client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        Qualifier="$LATEST",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )

    client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'{"raise": true}')

    message = wait_for(lambda: client("sqs").receive_message(QueueUrl=url).get("Messages"))[0]
    assert json.loads(message["Body"])["requestPayload"] == {"raise": True}


def test_a_schedule_starts_a_function_with_its_input(client: Client) -> None:
    where = aws.bucket(client)
    _, arn = aws.function(client, where)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    client("scheduler").create_schedule_group(Name="clients")

    client("scheduler").create_schedule(
        Name="once",
        GroupName="clients",
        ScheduleExpression=f"at({now})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": aws.ROLE, "Input": '{"client_id": "c"}'},
    )

    assert wait_for(lambda: aws.seen(client, where))[0]["client_id"] == "c"


def test_a_raw_mail_of_a_verified_sender_is_listed_and_becomes_a_file(layout: Layout, client: Client) -> None:
    emulator.allow_sender(layout, "example.org")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "n@example.org", "reader@example.org", "Weekly – é"
    message["List-Unsubscribe"] = "<https://links.example.org/u>"
    message.set_content("text part\n")
    message.add_alternative("<p>html part</p>", subtype="html")

    sent = client("sesv2").send_email(
        FromEmailAddress="n@example.org",
        Destination={"ToAddresses": ["reader@example.org"]},
        Content={"Raw": {"Data": message.as_bytes(policy=SMTP)}},
    )

    records = [record for record in emulator.sent_mail(layout) if record["MessageId"] == sent["MessageId"]]
    files = as_files(records, layout.mail)
    assert list(files) == ["reader@example.org.eml"]
    mail = message_from_bytes(files["reader@example.org.eml"])
    assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
    assert mail["List-Unsubscribe"] == "<https://links.example.org/u>"


def test_a_sender_that_nobody_verified_is_refused(client: Client) -> None:
    with pytest.raises(client("sesv2").exceptions.MessageRejected):
        client("sesv2").send_email(
            FromEmailAddress="n@unknown.example",
            Destination={"ToAddresses": ["reader@example.org"]},
            Content={"Raw": {"Data": b"From: n@unknown.example\r\n\r\nx"}},
        )


def test_a_functions_url_answers_under_the_path_that_links_in_mails_use(layout: Layout, client: Client) -> None:
    where = aws.bucket(client)
    function, _ = aws.function(client, where)
    url = client("lambda").create_function_url_config(FunctionName=function, AuthType="NONE")["FunctionUrl"]
    at = f"{emulator.links_url(layout, {'LinksFunctionUrl': url})}u?t=signed"
    form = b"List-Unsubscribe=One-Click"

    with urlopen(Request(at, data=form, headers={"Content-Type": "application/x-www-form-urlencoded"})) as answer:
        assert answer.status == 200

    (event,) = wait_for(lambda: aws.seen(client, where))
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["rawPath"].endswith("/u")
    assert event["rawQueryString"] == "t=signed"
    body = b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    assert body == form


def test_cloudformation_makes_a_secret_that_can_sign_links_and_keeps_it(client: Client) -> None:
    name = aws.name("links")
    generated = {"PasswordLength": 64, "ExcludePunctuation": True}
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": name, "GenerateSecretString": generated}}
    template = {"Resources": {"Secret": secret}, "Outputs": {"Arn": {"Value": {"Ref": "Secret"}}}}
    stack = aws.name("stack")
    client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))
    client("cloudformation").get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    (made,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]

    values = {
        client("secretsmanager").get_secret_value(SecretId=known)["SecretString"]
        for known in (name, made["OutputValue"], name)
    }

    assert len(values) == 1
    (value,) = values
    assert len(value) == 64


def test_a_configuration_set_of_cloudformation_takes_mails_with_tags_and_names_its_events_topic(
    layout: Layout, client: Client
) -> None:
    emulator.allow_sender(layout, "example.org")
    topic = client("sns").create_topic(Name=aws.name("events"))["TopicArn"]
    name, stack = aws.name("set"), aws.name("stack")
    destination = {
        "Name": "to-publisher",
        "Enabled": True,
        "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT"],
        "SnsDestination": {"TopicARN": topic},
    }
    template = {
        "Resources": {
            "Set": {"Type": "AWS::SES::ConfigurationSet", "Properties": {"Name": name}},
            "Events": {
                "Type": "AWS::SES::ConfigurationSetEventDestination",
                "DependsOn": "Set",
                "Properties": {"ConfigurationSetName": name, "EventDestination": destination},
            },
        }
    }
    client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))
    client("cloudformation").get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    ses = client("sesv2")

    sent = ses.send_email(
        FromEmailAddress="n@example.org",
        Destination={"ToAddresses": ["tagged@example.org"]},
        Content={"Raw": {"Data": b"From: n@example.org\r\nTo: tagged@example.org\r\nSubject: s\r\n\r\nx"}},
        ConfigurationSetName=name,
        EmailTags=[{"Name": "intent", "Value": "abc"}],
    )

    assert name in ses.list_configuration_sets()["ConfigurationSets"]
    (told,) = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)["EventDestinations"]
    assert told["SnsDestination"]["TopicArn"] == topic
    assert sent["MessageId"] in {record["MessageId"] for record in emulator.sent_mail(layout)}


def test_what_cloudformation_drops_or_mistypes_the_adapter_sets(layout: Layout, client: Client) -> None:
    table, function, queue = aws.name("table"), aws.name("function"), aws.name("queue")
    template = {
        "Parameters": {"Concurrency": {"Type": "Number", "Default": 2}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": queue}},
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                    "FunctionName": {"Ref": "Function"},
                    "ScalingConfig": {"MaximumConcurrency": {"Ref": "Concurrency"}},
                },
            },
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": table,
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": function,
                    "Runtime": "python3.13",
                    "Handler": "index.handler",
                    "Role": aws.ROLE,
                    "ReservedConcurrentExecutions": 2,
                    "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
                },
            },
        },
    }
    stack = aws.name("stack")
    client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(template))
    client("cloudformation").get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    functions, dynamodb = client("lambda"), client("dynamodb")

    def state() -> tuple[object, object]:
        reserve = functions.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions")
        return reserve, dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"]

    assert state() == (None, "DISABLED"), "the emulator keeps them by now: simplify local/emulator.py"
    emulator.complete(layout, {"StateTableName": table}, {function: 2})
    assert state() == (2, "ENABLED")
    url = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    client("sqs").send_message(QueueUrl=url, MessageBody="consumed")
    wait_for(lambda: queue_is_empty(client, url))


def queue_is_empty(client: Client, url: str) -> bool:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return not any(int(counts[name]) for name in names)


def test_a_restart_keeps_objects_state_and_wiring(tmp_path: Path) -> None:
    layout = start(tmp_path)
    daemon = emulator.daemon(layout)

    def client(service: str) -> Any:
        return emulator.client(layout, service)

    try:
        where, table = aws.bucket(client), aws.table(client)
        url, arn = aws.queue(client)
        function, _ = aws.function(client, where)
        client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=function, BatchSize=1)
        client("dynamodb").put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
        client("s3").put_object(Bucket=where, Key="kept", Body=b"1")

        assert stop(daemon)
        assert running_pid(daemon) is None
        ensure(daemon)

        assert client("s3").get_object(Bucket=where, Key="kept")["Body"].read() == b"1"
        assert client("dynamodb").scan(TableName=table)["Count"] == 1
        client("sqs").send_message(QueueUrl=url, MessageBody="after the restart")
        events = wait_for(lambda: aws.seen(client, where))
        assert events[0]["Records"][0]["body"] == "after the restart"
    finally:
        stop(daemon)
