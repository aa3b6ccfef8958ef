"""What SES's failures mean for a mail."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from services.publisher.adapters import Parcel, ReleasedClients, SesMailer, mail_error
from services.publisher.errors import (
    MailDoubtfulError,
    MailError,
    MailRefusedError,
    MailThrottledError,
    SenderBlockedError,
)
from shared.config.client import ClientConfig
from tests.unit.publisher.fakes import client_config

PARCEL = Parcel("news@example.org", "ann@example.org", b"raw", {"client": "c", "edition": "ed-1", "intent": "ab"})


def answer(code: str, status: int = 400, text: str = "no: ann@example.org") -> ClientError:
    response = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "SendEmail")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answer("TooManyRequestsException", 429), MailThrottledError),
        (answer("ThrottlingException"), MailThrottledError),
        (answer("LimitExceededException"), MailThrottledError),
        (answer("SomethingNew", 429), MailThrottledError),
        (answer("MessageRejected"), MailRefusedError),
        (answer("BadRequestException"), MailRefusedError),
        (answer("AccountSuspendedException"), SenderBlockedError),
        (answer("MailFromDomainNotVerifiedException"), SenderBlockedError),
        (answer("SendingPausedException"), SenderBlockedError),
        (answer("AccessDeniedException", 403), SenderBlockedError),
        (answer("InternalFailure", 500), MailDoubtfulError),
        (answer("ServiceUnavailable", 503), MailDoubtfulError),
        (ReadTimeoutError(endpoint_url="https://ses.example.org"), MailDoubtfulError),
        (ConnectTimeoutError(endpoint_url="https://ses.example.org"), MailThrottledError),
        (EndpointConnectionError(endpoint_url="https://ses.example.org"), MailThrottledError),
    ],
)
def test_meaning_of_a_failure(error: Exception, kind: type[MailError]) -> None:
    meaning = mail_error(error)
    assert type(meaning) is kind
    assert "@" not in str(meaning)


def ses(attempts: int) -> Any:
    return boto3.client(
        "sesv2",
        region_name="eu-west-3",
        config=Config(retries={"total_max_attempts": attempts}),
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def test_mailer_refuses_a_client_that_retries_by_itself() -> None:
    with pytest.raises(ValueError, match="retries"):
        SesMailer(ses(attempts=2))


def test_mailer_hands_over_raw_content_with_tags_and_configuration_set() -> None:
    client = ses(attempts=1)
    expected = {
        "FromEmailAddress": "news@example.org",
        "Destination": {"ToAddresses": ["ann@example.org"]},
        "Content": {"Raw": {"Data": b"raw"}},
        "EmailTags": [
            {"Name": "client", "Value": "c"},
            {"Name": "edition", "Value": "ed-1"},
            {"Name": "intent", "Value": "ab"},
        ],
        "ConfigurationSetName": "events",
    }
    with Stubber(client) as stub:
        stub.add_response("send_email", {"MessageId": "m1"}, expected)
        stub.add_client_error("send_email", "MessageRejected", "not verified: ann@example.org")
        assert SesMailer(client, "events").send(PARCEL) == "m1"
        with pytest.raises(MailRefusedError) as refused:
            SesMailer(client, "events").send(PARCEL)
    assert refused.value.__suppress_context__


def test_client_is_the_one_of_the_messages_release() -> None:
    asked = []

    class Tree:
        def client(self, client_id: str) -> ClientConfig:
            return client_config([f"{client_id}@example.org"])

    class Store:
        def load(self, release: str) -> Any:
            asked.append(release)
            return Tree()

    found = ReleasedClients(Store()).client("r1", "acme")
    assert asked == ["r1"]
    assert found.newsletter_delivery.recipients == ("acme@example.org",)
