"""Who is not mailed, what SES says about mails, drafts by mail, and mails sent again."""

import json
import re
from typing import Any

import pytest

from services.publisher.feedback import CONNECTED
from services.publisher.hearing import hear
from services.publisher.operations import publish, read_content
from services.publisher.recipients import recipient_key
from services.publisher.resending import read_request, resend
from shared.contracts.delivery import DeliveryCounts, DeliveryReport
from shared.errors import InputError
from tests.unit.publisher.fakes import CLIENT, EDITION, PREFIX, Crash, World, message

READERS = ("ann@example.org", "bob@example.org", "cid@example.org")
ANN, BOB, CID = (recipient_key(CLIENT, one) for one in READERS)


def event(kind: str, key: str = ANN, ledger: str = "", **detail: Any) -> dict[str, Any]:
    """An event as SES publishes it to SNS."""
    tags: dict[str, list[str]] = {"client": [CLIENT], "edition": [EDITION], "intent": [key]} | (
        {"ledger": [ledger]} if ledger else {}
    )
    mail = {"messageId": "ses-1", "destination": ["ann@example.org"], "tags": tags}
    return {"eventType": kind, "mail": mail, kind.lower(): detail}


def report(world: World) -> DeliveryReport:
    return DeliveryReport.model_validate_json(world.objects.files[f"{PREFIX}/delivery.json"])


@pytest.mark.parametrize("standing", ["unsubscribed", "bounced", "complained"])
def test_who_left_bounced_or_complained_is_not_mailed_and_is_accounted_for(standing: Any) -> None:
    world = World(recipients=READERS)
    world.standings.known[BOB] = standing
    publish(message(), world.parts, world.limits())
    assert world.mailer.addresses() == [READERS[0], READERS[2]]
    assert report(world).counts == DeliveryCounts(recipients=3, sent=2, withheld=1)
    assert not world.notifier.notices[0].attention


def test_accounts_suppression_list_is_respected_and_remembered() -> None:
    world = World(recipients=READERS)
    world.suppression.listed["cid@example.org"] = "complained"
    publish(message(), world.parts, world.limits())
    assert world.mailer.addresses() == list(READERS[:2])
    assert world.standings.known == {ANN: "subscribed", BOB: "subscribed", CID: "complained"}


def test_edition_nobody_is_left_to_read_is_closed_without_a_mail() -> None:
    world = World()
    world.standings.known[ANN] = "unsubscribed"
    publish(message(), world.parts, world.limits())
    assert world.mailer.attempts == []
    assert world.row["status"] == "sent"


@pytest.mark.parametrize("kind", ["Bounce", "Complaint"])
def test_lasting_bounce_or_complaint_ends_the_subscription(kind: str) -> None:
    world = World(recipients=READERS)
    publish(message(), world.parts, world.limits())
    hear(event(kind, bounceType="Permanent", bounceSubType="General"), world.parts)
    assert world.standings.known[ANN] in ("bounced", "complained")
    (outcome,) = [one for one in report(world).recipients if one.recipient == ANN]
    assert outcome.status == "sent"
    assert outcome.feedback in ("bounced", "complained")


def test_full_mailbox_does_not_end_the_subscription() -> None:
    world = World(recipients=READERS)
    publish(message(), world.parts, world.limits())
    hear(event("Bounce", bounceType="Transient", bounceSubType="MailboxFull"), world.parts)
    assert world.standings.known[ANN] == "subscribed"


def test_event_tagged_with_the_intent_ends_the_doubt_of_a_crash() -> None:
    world = World(recipients=READERS)

    def die(key: str, status: str) -> None:
        if (key, status) == (BOB, "sent"):
            world.ledger.before_settle = lambda key, status: None
            raise Crash

    world.ledger.before_settle = die
    with pytest.raises(Crash):
        publish(message(), world.parts, world.limits())
    publish(message(), world.parts, world.limits("run-2"))
    assert report(world).counts.unknown == 1
    assert hear(event("Delivery", BOB), world.parts) == "MailsDelivered"
    assert report(world).counts == DeliveryCounts(recipients=3, sent=3)
    assert world.row["counts"] == DeliveryCounts(recipients=3, sent=3).model_dump()
    assert world.mailer.addresses() == list(READERS)


def test_event_before_the_retry_leaves_no_doubt_at_all() -> None:
    world = World(recipients=READERS)
    world.ledger.rows[ANN] = {"status": "intent"}
    hear(event("Send"), world.parts)
    publish(message(), world.parts, world.limits())
    assert report(world).counts.sent == 3
    assert world.mailer.addresses() == list(READERS[1:])


def test_rejected_mail_in_doubt_is_a_failure() -> None:
    world = World(recipients=READERS)
    world.ledger.rows[ANN] = {"status": "unknown"}
    hear(event("Reject", reason="Bad content"), world.parts)
    assert world.ledger.rows[ANN]["status"] == "failed"


def test_events_hold_no_address_in_what_is_recorded() -> None:
    world = World(recipients=READERS)
    publish(message(), world.parts, world.limits())
    hear(event("Complaint", complaintFeedbackType="abuse by ann@example.org"), world.parts)
    assert "ann@" not in repr(world.ledger.rows) + repr(world.objects.files)


def test_events_of_other_mails_and_of_the_connection_are_no_errors() -> None:
    world = World()
    assert hear(read_content(CONNECTED), world.parts) == "SesConnected"
    assert hear(read_content(json.dumps({"Type": "Notification", "Message": CONNECTED})), world.parts) == "SesConnected"
    assert hear({"eventType": "Send", "mail": {"messageId": "1"}}, world.parts) == "SesEventsOfOthers"
    assert hear({"client_id": "x"}, world.parts) == ""


def test_unknown_kind_of_event_is_an_input_error() -> None:
    with pytest.raises(InputError, match="not an event of SES"):
        hear({"eventType": "Teleport", "mail": {}}, World().parts)


def test_draft_goes_to_its_reviewers_once_for_each_content_with_signed_links() -> None:
    world = World(recipients=READERS, delivery={"mode": "review", "reviewers": ["owner@example.org"]})
    for owner in ("run-1", "run-2"):
        publish(message(), world.parts, world.limits(owner))
    (parcel,) = world.mailer.mailbox
    assert parcel.address == "owner@example.org"
    text = parcel.raw.decode()
    assert b"List-Unsubscribe" not in parcel.raw
    assert world.row["status"] == "draft"
    assert world.notices() == ["draft"]
    assert len(re.findall(r"/approve\?t", text)) >= 1
    assert parcel.tags["ledger"].startswith(f"{EDITION}-draft-")


def request(number: int = 1) -> dict[str, str]:
    return {
        "client_id": CLIENT,
        "edition_id": EDITION,
        "resend_to": "new@example.org",
        "request_id": f"{number:016x}",
    }


def test_sent_edition_goes_out_again_once_for_each_request() -> None:
    world = World()
    publish(message(), world.parts, world.limits())
    for number in (1, 1, 2):
        wanted = read_request(request(number))
        assert wanted is not None
        resend(wanted, world.parts, world.limits())
    assert world.mailer.addresses() == ["ann@example.org", "new@example.org", "new@example.org"]
    assert report(world).counts.recipients == 1


def test_draft_is_not_sent_again_and_who_unsubscribed_is_not_mailed_on_request_either() -> None:
    world = World()
    wanted = read_request(request())
    assert wanted is not None
    with pytest.raises(InputError, match="only a sent one"):
        resend(wanted, world.parts, world.limits())
    publish(message(), world.parts, world.limits())
    world.standings.known[recipient_key(CLIENT, "new@example.org")] = "unsubscribed"
    resend(wanted, world.parts, world.limits())
    assert world.mailer.addresses() == ["ann@example.org"]


def test_of_two_editions_with_a_common_item_only_one_is_sent() -> None:
    world = World()
    world.editions.reserved["item1"] = "ed-ffffffffffffffff"
    publish(message(), world.parts, world.limits())
    assert world.mailer.attempts == []
    assert world.row["status"] == "superseded"
    assert world.notices() == ["failed"]
