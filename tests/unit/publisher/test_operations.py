"""The flow from message to closed edition, counted in the mailbox."""

import json

import pytest
from pydantic import ValidationError

from services.publisher.errors import (
    DeliveryFailedError,
    MailDoubtfulError,
    MailRefusedError,
    MailThrottledError,
    RetryLaterError,
    SenderBlockedError,
)
from services.publisher.operations import publish, read_message
from shared.contracts.delivery import DeliveryCounts, DeliveryReport
from shared.contracts.edition import Edition
from shared.errors import ConfigError, InputError, NotFoundError
from tests.unit.publisher.fakes import CLIENT, EDITION, PREFIX, Crash, World, message

READERS = tuple(f"reader{number}@example.org" for number in range(50))


def delivery_report(world: World) -> DeliveryReport:
    return DeliveryReport.model_validate_json(world.objects.files[f"{PREFIX}/delivery.json"])


def test_auto_client_gets_one_mail_per_recipient_and_the_edition_is_sent() -> None:
    world = World(recipients=("ann@example.org", "bob@example.org", "Ann@Example.org"))
    publish(message(), world.parts, world.limits())
    assert world.mailer.addresses() == ["ann@example.org", "bob@example.org"]
    assert world.row["status"] == "sent"
    assert world.notices() == ["sent"]
    assert Edition.model_validate_json(world.objects.files[f"{PREFIX}/newsletter.json"]).status == "sent"
    assert delivery_report(world).counts == DeliveryCounts(recipients=2, sent=2)


def test_each_mail_carries_client_edition_and_intent_as_tags() -> None:
    world = World()
    publish(message(), world.parts, world.limits())
    (parcel,) = world.mailer.mailbox
    (key,) = world.ledger.rows
    assert parcel.tags == {"client": CLIENT, "edition": EDITION, "intent": key}


def test_what_was_printed_is_remembered_for_the_next_edition() -> None:
    world = World(items=3)
    publish(message(items=3), world.parts, world.limits())
    assert set(world.editions.printed) == {"item0", "item1", "item2"}
    assert world.editions.printed["item0"] == {
        "item_id": "item0",
        "title": "Título 0: Depotex® 長効",
        "headline": "Source title 0",
        "url": "https://news.example.org/0",
        "published": "2026-02-27",
        "event_type": "regulatory",
        "companies": ("Acme",),
        "molecules": (),
        "trademarks": (),
        "technologies": (),
        "source_name": "Press",
        "summary": "A summary.",
    }


def test_review_client_gets_nothing_and_operators_hear_of_the_draft_once() -> None:
    world = World(delivery={"mode": "review"})
    for _ in range(3):
        publish(message(), world.parts, world.limits())
    assert world.mailer.attempts == []
    assert world.row["status"] == "draft"
    assert world.notices() == ["draft"]
    assert f"{PREFIX}/delivery.json" not in world.objects.files


def test_approved_draft_of_a_review_client_is_sent() -> None:
    world = World(delivery={"mode": "review"})
    publish(message(), world.parts, world.limits())
    world.row["status"] = "approved"
    publish(message(status="approved"), world.parts, world.limits())
    assert world.mailer.addresses() == ["ann@example.org"]
    assert world.notices() == ["draft", "sent"]


def test_repeated_message_changes_nothing() -> None:
    world = World(recipients=READERS[:3])
    publish(message(), world.parts, world.limits())
    before = world.digest()
    for owner in ("run-2", "run-3"):
        publish(message(), world.parts, world.limits(owner))
    assert len(world.mailer.attempts) == 3
    assert world.notices() == ["sent"]
    assert world.digest() == before


def test_second_invocation_keeps_out_while_the_first_delivers() -> None:
    world = World()
    assert world.ledger.claim(EDITION, "run-1", 60)
    with pytest.raises(RetryLaterError):
        publish(message(), world.parts, world.limits("run-2"))
    assert world.mailer.attempts == []


def test_superseded_edition_is_not_sent() -> None:
    world = World()
    world.row["status"] = "superseded"
    assert "superseded" in publish(message(), world.parts, world.limits()).reason
    assert world.mailer.attempts == []
    assert world.notices() == []


def test_quiet_week_is_skipped_without_a_mail_and_recorded() -> None:
    world = World(items=0, delivery={"quiet_week": "skip"})
    publish(message(items=0), world.parts, world.limits())
    assert world.mailer.attempts == []
    assert world.row["status"] == "sent"
    assert "quiet week" in delivery_report(world).note
    assert world.notices() == ["sent"]
    assert b"newsletter.html" not in world.objects.files[f"{CLIENT}/index.html"]


def test_quiet_week_is_mailed_where_the_client_wants_it() -> None:
    world = World(items=0)
    publish(message(items=0), world.parts, world.limits())
    assert world.mailer.addresses() == ["ann@example.org"]


def test_one_bad_address_of_fifty_fails_alone() -> None:
    world = World(recipients=READERS)
    world.mailer.trouble[READERS[17]] = [MailRefusedError("MessageRejected: no such (address)")]
    publish(message(), world.parts, world.limits())
    assert world.mailer.addresses() == [one for one in READERS if one != READERS[17]]
    report = delivery_report(world)
    assert report.counts == DeliveryCounts(recipients=50, sent=49, failed=1)
    (failed,) = [one for one in report.recipients if one.status == "failed"]
    assert "MessageRejected" in failed.reason
    assert world.notifier.notices[0].attention


def test_what_is_no_address_never_reaches_ses() -> None:
    world = World(recipients=("ann@example.org", "not an address"))
    publish(message(), world.parts, world.limits())
    assert world.mailer.attempts == ["ann@example.org"]
    assert delivery_report(world).counts.failed == 1


def test_crash_after_send_before_record_is_not_sent_again_and_is_reported() -> None:
    world = World(recipients=READERS[:4])
    killed: list[str] = []

    def die_once(key: str, status: str) -> None:
        if status == "sent" and len(world.mailer.mailbox) == 2 and not killed:
            killed.append(key)
            raise Crash

    world.ledger.before_settle = die_once
    with pytest.raises(Crash):
        publish(message(), world.parts, world.limits())
    publish(message(), world.parts, world.limits("run-2"))
    assert world.mailer.addresses() == list(READERS[:4])
    report = delivery_report(world)
    assert report.counts == DeliveryCounts(recipients=4, sent=3, unknown=1)
    assert [one.recipient for one in report.recipients if one.status == "unknown"] == killed
    (notice,) = world.notifier.notices
    assert notice.attention
    assert notice.counts.unknown == 1


@pytest.mark.parametrize("after", ["newsletter.json", "delivery.json", "index.html"])
def test_crash_while_closing_is_made_up_for_without_a_second_mail(after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(recipients=READERS[:2])
    real = world.objects.put

    def put_and_die(key: str, body: bytes, content_type: str = "", *, once: bool = False) -> None:
        real(key, body, content_type, once=once)
        if key.endswith(after):
            raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(world.objects, "put", put_and_die)
        with pytest.raises(Crash):
            publish(message(), world.parts, world.limits())
    publish(message(), world.parts, world.limits("run-2"))
    assert len(world.mailer.attempts) == 2
    assert world.row["status"] == "sent"
    assert world.notices() == ["sent"]
    assert set(world.editions.printed) == {"item0", "item1"}
    assert f"{CLIENT}/feed.xml" in world.objects.files


def test_short_throttling_is_waited_out() -> None:
    world = World(recipients=READERS[:2])
    world.mailer.trouble[READERS[0]] = [MailThrottledError("TooManyRequestsException")] * 3
    publish(message(), world.parts, world.limits())
    assert sorted(world.mailer.addresses()) == sorted(READERS[:2])
    assert delivery_report(world).counts.sent == 2


def test_long_throttling_pauses_and_the_redelivery_resumes_where_it_stopped() -> None:
    world = World(recipients=READERS[:5])
    world.mailer.trouble[READERS[2]] = [MailThrottledError("TooManyRequestsException")] * 5
    with pytest.raises(RetryLaterError) as paused:
        publish(message(), world.parts, world.limits())
    assert paused.value.seconds > 0
    assert world.row["status"] == "sending"
    assert world.notices() == []
    publish(message(), world.parts, world.limits("run-2"))
    assert world.mailer.addresses() == list(READERS[:5])
    assert delivery_report(world).counts.sent == 5


def test_end_of_the_invocations_time_pauses_before_the_next_mail() -> None:
    world = World(recipients=READERS[:5])
    world.seconds_left = lambda: 600.0 - 250 * len(world.mailer.mailbox)
    with pytest.raises(RetryLaterError):
        publish(message(), world.parts, world.limits())
    assert len(world.mailer.mailbox) == 3
    world.seconds_left = lambda: 600.0
    publish(message(), world.parts, world.limits("run-2"))
    assert world.mailer.addresses() == list(READERS[:5])


def test_mails_keep_the_send_rate() -> None:
    world = World(recipients=READERS[:4])
    publish(message(), world.parts, world.limits())
    assert world.pauses == [0.5, 0.5, 0.5]


def test_broken_answer_leaves_a_doubt_and_no_second_attempt() -> None:
    world = World(recipients=READERS[:3])
    world.mailer.trouble[READERS[1]] = [MailDoubtfulError("ReadTimeoutError")]
    publish(message(), world.parts, world.limits())
    assert world.mailer.attempts == list(READERS[:3])
    assert delivery_report(world).counts == DeliveryCounts(recipients=3, sent=2, unknown=1)


def test_outage_of_ses_does_not_put_every_reader_in_doubt() -> None:
    world = World(recipients=READERS)
    for reader in READERS:
        world.mailer.trouble[reader] = [MailDoubtfulError("InternalFailure")]
    with pytest.raises(RetryLaterError):
        publish(message(), world.parts, world.limits())
    assert world.statuses() == ["unknown"] * 3


def test_edition_that_reached_nobody_is_an_error_and_a_replay_delivers_it() -> None:
    world = World(recipients=READERS[:3])
    for reader in READERS[:3]:
        world.mailer.trouble[reader] = [MailRefusedError("MessageRejected: not verified")] * 2
    for owner in ("run-1", "run-2"):
        with pytest.raises(DeliveryFailedError, match="none of 3"):
            publish(message(), world.parts, world.limits(owner))
    assert world.row["status"] == "sending"
    assert world.notices() == ["failed"]
    assert world.editions.printed == {}
    publish(message(), world.parts, world.limits("run-3"))
    assert world.mailer.addresses() == list(READERS[:3])
    assert world.notices() == ["failed", "sent"]


def test_blocked_sender_stops_at_the_first_recipient_and_a_replay_skips_nobody() -> None:
    world = World(recipients=READERS[:3])
    world.mailer.trouble[READERS[0]] = [SenderBlockedError("AccountSuspendedException")]
    with pytest.raises(DeliveryFailedError, match="AccountSuspended"):
        publish(message(), world.parts, world.limits())
    assert world.mailer.attempts == [READERS[0]]
    publish(message(), world.parts, world.limits("run-2"))
    assert world.mailer.addresses() == list(READERS[:3])


def test_client_without_recipients_is_told_by_notification_only() -> None:
    world = World(recipients=())
    publish(message(), world.parts, world.limits())
    assert world.row["status"] == "sent"
    assert "no recipients" in delivery_report(world).note


@pytest.mark.parametrize("name", ["newsletter.json", "newsletter.txt", "newsletter.html"])
def test_edition_with_a_missing_file_is_not_begun(name: str) -> None:
    world = World()
    del world.objects.files[f"{PREFIX}/{name}"]
    with pytest.raises(NotFoundError, match=name):
        publish(message(), world.parts, world.limits())
    assert world.row["status"] == "draft"
    assert world.ledger.owner is None


def test_bad_sender_is_a_configuration_error_before_anything_is_sent() -> None:
    world = World(delivery={"from_address": "nobody"})
    with pytest.raises(ConfigError, match="from_address"):
        publish(message(), world.parts, world.limits())
    assert world.row["status"] == "draft"


def test_addresses_are_in_no_file_and_no_notice() -> None:
    world = World(recipients=READERS[:5])
    world.mailer.trouble[READERS[1]] = [MailRefusedError("MessageRejected: (address)")]
    publish(message(), world.parts, world.limits())
    stored = b"".join(world.objects.files.values()).decode() + repr(world.notifier.notices) + repr(world.row)
    assert "reader" not in stored
    assert "@example.org" not in stored


def test_message_is_read_bare_and_in_the_envelope_of_sns() -> None:
    bare = message().model_dump_json()
    assert read_message(bare) == message()
    assert read_message(json.dumps({"Type": "Notification", "MessageId": "1", "Message": bare})) == message()


@pytest.mark.parametrize("body", ["", "[]", "not json", '{"client_id": "ann@example.org"}', '{"Type": "Notification"}'])
def test_unreadable_message_is_an_input_error_that_quotes_nothing(body: str) -> None:
    with pytest.raises(InputError) as error:
        read_message(body)
    assert not isinstance(error.value.__cause__, ValidationError)
    assert "example.org" not in str(error.value)
