"""The state table's conditions: recipients, labels, reservations, approvals and SES's word, on DynamoDB's own terms."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from services.publisher.adapters import SesSuppression, TableLedger
from services.publisher.errors import MailError
from services.publisher.recipients import recipient_key
from shared.approval import approve, drop
from shared.clock import SystemClock
from shared.contracts.edition import EditionMessage
from shared.errors import ConflictError, InputError
from shared.storage.labels import Label, Labels
from shared.storage.recipients import Recipients
from tests.integration.publisher.conftest import Stack
from tests.unit.publisher.fakes import CLIENT, EDITION, PREFIX, digest_of, message

KEY = "00112233aabbccdd"
FACTS = {
    "prefix": PREFIX,
    "edition_date": "2026-03-02",
    "as_of": "2026-03-02T08:00:00+00:00",
    "config_release": "r1",
    "delivery": "client",
    "items": 2,
    "item_ids": ["item0", "item1"],
}


def test_stronger_facts_about_a_recipient_win_in_any_order(stack: Stack) -> None:
    store = Recipients(stack.table, SystemClock())
    assert store.record(CLIENT, KEY, "subscribed", "listed")
    assert not store.record(CLIENT, KEY, "subscribed", "listed")
    assert store.record(CLIENT, KEY, "complained", "abuse")
    for weaker in ("subscribed", "bounced", "unsubscribed"):
        assert not store.record(CLIENT, KEY, weaker, "late")
    assert store.standings(CLIENT) == {KEY: "complained"}
    assert store.standings("another") == {}
    store.subscribe(CLIENT, KEY, "by the operator")
    assert store.standings(CLIENT) == {KEY: "subscribed"}


def label(verdict: str) -> Label:
    facts = {"title": "T", "url": "https://x.example.org", "published": "2026-01-01", "event_type": "conference"}
    return Label.model_validate({"item_id": "i1", "source_key": "s", "verdict": verdict, "companies": ("A",), **facts})


def test_last_judgement_on_an_item_counts(stack: Stack) -> None:
    labels = Labels(stack.table, SystemClock())
    labels.put(CLIENT, [label("drop")])
    assert labels.dropped(CLIENT)["i1"]["companies"] == ["A"]
    labels.put(CLIENT, [label("keep")])
    assert labels.dropped(CLIENT) == {}
    assert labels.all(CLIENT) == {"i1": label("keep")}
    labels.remove(CLIENT, "i1")
    assert labels.all(CLIENT) == {}


def test_of_many_editions_that_want_the_same_items_at_once_exactly_one_gets_them(stack: Stack) -> None:
    items = [f"i{number}" for number in range(5)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: stack.editions.reserve(CLIENT, f"ed-{n}", items), range(8)))
    assert [not conflicts for conflicts in found].count(True) == 1
    winner = f"ed-{[not conflicts for conflicts in found].index(True)}"
    assert stack.editions.reserve(CLIENT, winner, items) == {}
    stack.editions.free(CLIENT, winner, items)
    assert stack.editions.reserve(CLIENT, "ed-next", items) == {}


def test_what_was_printed_cannot_be_reserved_by_another_edition(stack: Stack) -> None:
    stack.editions.mark_printed(CLIENT, "ed-old", [{"item_id": "i1"}])
    assert stack.editions.reserve(CLIENT, "ed-new", ["i1", "i2"]) == {"i1": "ed-old"}
    assert stack.editions.reserve(CLIENT, "ed-old", ["i1"]) == {}


def test_draft_revised_while_it_is_approved_is_either_revised_or_approved(stack: Stack) -> None:
    stack.draft([])
    stack.editions.update(CLIENT, EDITION, FACTS)
    objects, told = stack.publisher.parts.objects, list[EditionMessage]()
    stack.editions.revise(CLIENT, EDITION, digest_of(), "new")
    with pytest.raises(InputError, match="rebuilt or edited"):
        approve(stack.editions, objects, (CLIENT, EDITION), digest_of(), "test", told.append)
    with pytest.raises(InputError, match="not saved to its end"):
        approve(stack.editions, objects, (CLIENT, EDITION), "new", "test", told.append)
    stack.editions.revise(CLIENT, EDITION, "new", digest_of())
    approve(stack.editions, objects, (CLIENT, EDITION), digest_of(), "test", told.append)
    with pytest.raises(ConflictError):
        stack.editions.revise(CLIENT, EDITION, digest_of(), "newer")
    with pytest.raises(InputError, match="approved, not a draft"):
        drop(stack.editions, (CLIENT, EDITION), digest_of(), "test")
    assert [one.status for one in told] == ["approved"]


def test_dropped_draft_gives_its_items_back(stack: Stack) -> None:
    stack.draft([])
    stack.editions.update(CLIENT, EDITION, FACTS)
    assert stack.editions.reserve(CLIENT, EDITION, FACTS["item_ids"]) == {}  # type: ignore[arg-type]
    drop(stack.editions, (CLIENT, EDITION), digest_of(), "test")
    assert stack.editions.reserve(CLIENT, "ed-next", ["item0"]) == {}


def test_word_of_ses_ends_a_doubt_once_and_late_weaker_words_change_nothing(stack: Stack) -> None:
    ledger = TableLedger(stack.table, SystemClock())
    assert ledger.intend(EDITION, KEY, "run")
    ledger.settle(EDITION, KEY, "unknown", reason="crash")
    assert ledger.learn(EDITION, KEY, "delivered", "", "m1", took=True)
    assert not ledger.learn(EDITION, KEY, "complained", "abuse", "m1", took=True)
    assert not ledger.learn(EDITION, KEY, "sent", "", "m1", took=True)
    row = ledger.states(EDITION)[KEY]
    assert (row["status"], row["feedback"], row["message_id"]) == ("sent", "complained", "m1")


def test_doubt_is_not_written_over_what_ses_said_meanwhile(stack: Stack) -> None:
    ledger = TableLedger(stack.table, SystemClock())
    assert ledger.intend(EDITION, KEY, "run")
    assert ledger.learn(EDITION, KEY, "sent", "", "m1", took=True)
    ledger.settle(EDITION, KEY, "unknown", reason="the answer was lost")
    assert ledger.states(EDITION)[KEY]["status"] == "sent"


def test_word_about_an_unknown_mail_makes_no_record(stack: Stack) -> None:
    ledger = TableLedger(stack.table, SystemClock())
    assert not ledger.learn(EDITION, KEY, "delivered", "", "m1", took=True)
    assert ledger.states(EDITION) == {}


def test_event_through_the_handler_is_acted_on(stack: Stack) -> None:
    stack.draft(["ann@example.org"])
    stack.announce(message())
    assert stack.run(stack.receive()) == []
    key = recipient_key(CLIENT, "ann@example.org")
    tags = {"client": [CLIENT], "edition": [EDITION], "intent": [key]}
    bounce = {"bounceType": "Permanent", "bounceSubType": "General"}
    event = {"eventType": "Bounce", "mail": {"messageId": "m1", "tags": tags}, "bounce": bounce}
    stack.sns.publish(TopicArn=stack.newsletter_topic, Message=json.dumps(event))
    assert stack.run(stack.receive()) == []
    assert Recipients(stack.table, SystemClock()).standings(CLIENT) == {key: "bounced"}
    report = json.loads(stack.read(f"{PREFIX}/delivery.json"))
    assert [one["feedback"] for one in report["recipients"]] == ["bounced"]


class Listed:
    """SES v2's suppression list, as botocore answers."""

    def __init__(self, code: str = "", reason: str = "BOUNCE") -> None:
        self._code, self._reason = code, reason

    def get_suppressed_destination(self, EmailAddress: str) -> dict[str, dict[str, str]]:
        if self._code:
            raise ClientError(
                {
                    "Error": {"Code": self._code, "Message": f"about {EmailAddress}"},
                    "ResponseMetadata": {"HTTPStatusCode": 400},
                },
                "GetSuppressedDestination",
            )
        return {"SuppressedDestination": {"EmailAddress": EmailAddress, "Reason": self._reason}}


def test_suppression_list_is_read_and_an_unanswered_question_is_an_error_without_the_address() -> None:
    assert SesSuppression(Listed("NotFoundException")).reason("ann@example.org") is None
    assert SesSuppression(Listed()).reason("ann@example.org") == "bounced"
    assert SesSuppression(Listed(reason="COMPLAINT")).reason("ann@example.org") == "complained"
    with pytest.raises(MailError) as error:
        SesSuppression(Listed("AccessDeniedException")).reason("ann@example.org")
    assert "ann@" not in str(error.value)
