"""Decisions about editions and recipients."""

import pytest

from services.publisher.delivery import count, decide, plan, reached_nobody
from services.publisher.recipients import normalise, problem_of, recipient_key, redact, resolve
from tests.unit.publisher.fakes import CLIENT, client_config, message


@pytest.mark.parametrize(
    ("status", "mode", "delivery", "items", "quiet_week", "action"),
    [
        ("draft", "auto", "client", 2, "send", "send"),
        ("draft", "review", "client", 2, "send", "hold"),
        ("draft", "review", "send", 2, "send", "send"),
        ("draft", "auto", "review", 2, "send", "hold"),
        ("approved", "review", "client", 2, "send", "send"),
        ("approved", "review", "review", 2, "send", "send"),
        ("draft", "auto", "client", 0, "send", "send"),
        ("draft", "auto", "client", 0, "skip", "skip"),
        ("draft", "review", "client", 0, "skip", "skip"),
        ("draft", "review", "review", 0, "skip", "hold"),
        ("draft", "review", "send", 0, "skip", "skip"),
        ("sending", "review", "client", 2, "send", "send"),
        ("building", "auto", "client", 2, "send", "wait"),
        ("superseded", "auto", "send", 2, "send", "ignore"),
        ("sent", "auto", "send", 2, "send", "announce"),
    ],
)
def test_action(status: str, mode: str, delivery: str, items: int, quiet_week: str, action: str) -> None:
    wishes = client_config([], mode=mode, quiet_week=quiet_week).newsletter_delivery
    assert decide({"status": status}, message(delivery=delivery, items=items), wishes).action == action


def test_message_about_a_rebuilt_draft_sends_nothing() -> None:
    wishes = client_config([]).newsletter_delivery
    assert decide({"status": "draft", "content_hash": "c2"}, message(content_hash="c1"), wishes).action == "ignore"
    assert decide({"status": "approved", "content_hash": "c2"}, message(content_hash="c1"), wishes).action == "ignore"


def test_announced_edition_is_left_alone() -> None:
    row = {"status": "sent", "notified_sent_at": "2026-03-02T09:00:00+00:00"}
    assert decide(row, message(), client_config([]).newsletter_delivery).action == "ignore"


def test_one_reader_written_three_ways_is_one_recipient() -> None:
    found = resolve(CLIENT, ["Ann <Ann@Example.org>", " ann@example.org ", "ANN@EXAMPLE.ORG", "", "bob@example.org"])
    assert [one.address for one in found] == ["ann@example.org", "bob@example.org"]


def test_international_domain_goes_out_in_ascii() -> None:
    assert normalise("ann@exämple.example.org") == "ann@xn--exmple-cua.example.org"


@pytest.mark.parametrize(
    "bad", ["ann", "ann@", "@example.org", "ann@localhost", "a b@example.org", "ann@example..org", "änn@example.org"]
)
def test_what_is_no_address_has_a_problem_that_does_not_quote_it(bad: str) -> None:
    (recipient,) = resolve(CLIENT, [bad])
    assert recipient.problem
    assert bad not in recipient.problem


def test_good_address_has_no_problem() -> None:
    assert problem_of("ann.o'neil+news@mail.example.org") == ""


def test_key_is_sixteen_hex_digits_and_differs_between_clients() -> None:
    key = recipient_key("a", "ann@example.org")
    assert len(key) == 16
    assert int(key, 16) >= 0
    assert key != recipient_key("b", "ann@example.org")


def test_redaction_takes_every_address_and_keeps_the_reason() -> None:
    text = "MessageRejected: Email address is not verified: Ann <ann@example.org>, bob@mail.example.org"
    assert redact(text) == "MessageRejected: Email address is not verified: Ann <(address)>, (address)"


def test_plan_serves_the_unserved_and_doubts_open_intents() -> None:
    ann, bob, cyd, dan, bad = resolve(CLIENT, [f"{name}@example.org" for name in ("ann", "bob", "cyd", "dan")] + ["x"])
    states = {ann.key: {"status": "sent"}, bob.key: {"status": "intent"}, cyd.key: {"status": "retry"}}
    made = plan([ann, bob, cyd, dan, bad], states)
    assert made.send == (cyd, dan)
    assert made.refuse == (bad,)
    assert made.doubt == (bob.key,)


def test_counting_refuses_unsettled_recipients() -> None:
    with pytest.raises(ValueError, match="intent"):
        count({"k": {"status": "intent"}})


def test_nobody_reached_means_all_refused() -> None:
    failed, unknown = {"status": "failed"}, {"status": "unknown"}
    assert reached_nobody(count({"a": failed}))
    assert not reached_nobody(count({"a": failed, "b": unknown}))
    assert not reached_nobody(count({}))
