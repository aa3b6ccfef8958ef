"""From NewsletterTopic to mailbox, on moto."""

import io
import json
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from services.publisher import handler
from services.publisher.adapters import TableLedger
from services.publisher.errors import MailThrottledError
from services.publisher.recipients import recipient_key
from services.publisher.settings import PublisherSettings
from shared.clock import FixedClock
from shared.errors import ConfigError
from shared.observability import logger
from tests.integration.publisher.conftest import SES_REGION, Context, Stack
from tests.unit.publisher.fakes import CLIENT, EDITION, NOW, PREFIX, message

READERS = ["ann@example.org", "bob@example.org", "cyd@example.org"]


def test_announced_edition_reaches_every_reader_once_and_is_closed(stack: Stack) -> None:
    stack.draft(READERS)
    stack.announce(message())
    assert stack.run(stack.receive()) == []
    assert [address for address, _ in stack.mailbox()] == READERS
    row = stack.editions.get(CLIENT, EDITION)
    assert row["status"] == "sent"
    assert row["counts"] == {"recipients": 3, "sent": 3, "failed": 0, "unknown": 0, "withheld": 0}
    assert set(stack.editions.printed(CLIENT)) == {"item0", "item1"}
    assert json.loads(stack.read(f"{PREFIX}/newsletter.json"))["status"] == "sent"
    assert json.loads(stack.read(f"{PREFIX}/delivery.json"))["counts"]["sent"] == 3
    assert f"{EDITION}/newsletter.html".encode() in stack.read(f"{CLIENT}/index.html")


def test_mail_in_the_mailbox_parses_with_both_parts(stack: Stack) -> None:
    stack.draft(READERS[:1])
    stack.announce(message())
    stack.run(stack.receive())
    ((_, raw),) = stack.mailbox()
    mail: Any = message_from_bytes(raw, policy=default)
    assert mail["To"] == READERS[0]
    assert mail["X-Vectora-Edition"] == EDITION
    assert mail.get_body(("plain",)).get_content().strip() == "Té: Depotex® 長効"
    assert mail.get_body(("html",)).get_content().strip() == "<p>Té: Depotex® 長効</p>"


def test_message_in_the_envelope_of_sns_is_delivered_too(stack: Stack) -> None:
    stack.draft(READERS[:1])
    stack.announce(message())
    (record,) = stack.receive()
    record["body"] = json.dumps({"Type": "Notification", "Message": record["body"]})
    assert stack.run([record]) == []
    assert len(stack.mailbox()) == 1


def test_same_message_delivered_again_mails_and_notifies_nobody(stack: Stack) -> None:
    stack.draft(READERS)
    stack.announce(message())
    records = stack.receive()
    for request in ("request-1", "request-2", "request-3"):
        assert stack.run(records, Context(request)) == []
    assert len(stack.mailbox()) == 3
    (notice,) = stack.notices()
    assert {name: one["Value"] for name, one in notice["MessageAttributes"].items()} == {
        "client_id": CLIENT,
        "edition_id": EDITION,
        "status": "sent",
        "attention": "false",
        "correlation_id": EDITION,
    }


def test_same_message_twice_in_one_batch_mails_once(stack: Stack) -> None:
    stack.draft(READERS)
    stack.announce(message())
    stack.announce(message())
    assert stack.run(stack.receive()) == []
    assert len(stack.mailbox()) == 3


def test_bad_message_fails_alone(stack: Stack) -> None:
    stack.draft(READERS)
    stack.sqs.send_message(QueueUrl=stack.queue_url, MessageBody="{}")
    stack.announce(message())
    records = stack.receive()
    (bad,) = [one["messageId"] for one in records if one["body"] == "{}"]
    assert stack.run(records) == [bad]
    assert len(stack.mailbox()) == 3


def test_draft_of_a_review_client_waits_and_operators_are_told(stack: Stack) -> None:
    stack.draft(READERS, mode="review")
    stack.announce(message())
    assert stack.run(stack.receive()) == []
    assert stack.mailbox() == []
    (notice,) = stack.notices()
    assert notice["MessageAttributes"]["status"]["Value"] == "draft"
    assert notice["MessageAttributes"]["attention"]["Value"] == "true"
    assert stack.editions.get(CLIENT, EDITION)["status"] == "draft"


def test_unverified_sender_is_loud_and_neither_logs_nor_stores_an_address(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    stack.draft(READERS, from_address="other@example.org")
    stack.announce(message())
    records = stack.receive()
    assert stack.run(records) == [records[0]["messageId"]]
    assert stack.mailbox() == []
    (notice,) = stack.notices()
    assert notice["MessageAttributes"]["status"]["Value"] == "failed"
    assert stack.editions.get(CLIENT, EDITION)["status"] == "sending"
    output = log.getvalue() + capsys.readouterr().out
    assert "delivery failed" in output
    rows = repr(list(stack.table.query(f"DELIVERY#{EDITION}")))
    assert "@example.org" not in output + rows + notice["Message"]


def test_throttled_delivery_fails_its_message_and_resumes(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.draft(READERS)
    stack.announce(message())
    records, mailer, quota = stack.receive(), stack.publisher.parts.mailer, [1]

    class Throttled:
        def send(self, parcel: Any) -> str:
            if not quota[0]:
                raise MailThrottledError("TooManyRequestsException")
            quota[0] -= 1
            return mailer.send(parcel)

    object.__setattr__(stack.publisher.parts, "mailer", Throttled())
    assert stack.run(records) == [records[0]["messageId"]]
    assert len(stack.mailbox()) == 1
    quota[0] = 10
    assert stack.run(records, Context("request-2")) == []
    assert [address for address, _ in stack.mailbox()] == READERS


def test_killed_function_keeps_its_lease_until_it_is_over_and_its_intent_stays_in_doubt(stack: Stack) -> None:
    stack.draft(READERS)
    dead = TableLedger(stack.table, FixedClock(NOW))
    assert dead.claim(EDITION, "dead", 630)
    assert dead.intend(EDITION, recipient_key(CLIENT, READERS[0]), "dead")
    early = TableLedger(stack.table, FixedClock(NOW.replace(minute=10)))
    assert not early.claim(EDITION, "next", 630)
    stack.announce(message())
    assert stack.run(stack.receive()) == []
    assert [address for address, _ in stack.mailbox()] == READERS[1:]
    assert stack.editions.get(CLIENT, EDITION)["counts"]["unknown"] == 1
    (notice,) = stack.notices()
    assert notice["MessageAttributes"]["attention"]["Value"] == "true"


def test_ledger_admits_one_intent_and_frees_only_its_own_lease(stack: Stack) -> None:
    ledger, key = TableLedger(stack.table, FixedClock(NOW)), "0011223344556677"
    assert ledger.intend(EDITION, key, "a")
    assert not ledger.intend(EDITION, key, "b")
    ledger.settle(EDITION, key, "retry", reason="throttled")
    assert ledger.intend(EDITION, key, "b")
    assert ledger.claim(EDITION, "a", 60)
    ledger.release(EDITION, "b")
    assert not ledger.claim(EDITION, "b", 60)
    ledger.release(EDITION, "a")
    assert ledger.claim(EDITION, "b", 60)
    assert set(ledger.states(EDITION)) == {key}


def test_composition_builds_ses_in_its_own_region_without_retries(stack: Stack) -> None:
    environment = {
        "ENV": "test",
        "CONFIG_BUCKET": "c",
        "DATA_BUCKET": "d",
        "STATE_TABLE": "t",
        "NEWSLETTERS_BUCKET": "n",
        "NOTIFICATION_TOPIC_ARN": "arn:aws:sns:eu-west-3:123456789012:notices",
        "SES_REGION": SES_REGION,
        "SES_SEND_RATE": "14",
    }
    built = handler.build(PublisherSettings.load(environment))
    client = built.parts.mailer._client  # type: ignore[attr-defined]
    assert client.meta.region_name == SES_REGION
    assert client.meta.config.retries["total_max_attempts"] == 1
    assert built.parts.rate == 14
    with pytest.raises(ConfigError, match="SES_SEND_RATE"):
        PublisherSettings.load(environment | {"SES_SEND_RATE": "0"})
