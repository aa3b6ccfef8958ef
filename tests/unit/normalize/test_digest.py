"""The operators' mail from facts: every trouble with its next action, nothing that a mail must not hold."""

import shlex
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalize.digest import (
    BatchFacts,
    ClientFacts,
    EditionFacts,
    Facts,
    NearMiss,
    SourceFacts,
    write,
)
from services.normalize.digest_facts import Gatherer, batch_facts, edition_facts, is_told, source_facts
from services.normalize.entities import Cause
from shared.config.tree import ConfigTree
from shared.storage.batches import Batch
from shared.storage.sources import Health
from tests.unit.normalize.trees import client, tree
from tests.vectora_words import commands_in, lacks_stack, problem_of

END = datetime(2026, 3, 16, 7, tzinfo=UTC)
START = END - timedelta(days=7)
SENT = EditionFacts("ed-1", "sent", "2026-03-16", 6, {"recipients": 3, "sent": 3})


def facts(*clients: ClientFacts, sources: tuple[SourceFacts, ...] = (), letters: dict[str, int] | None = None) -> Facts:
    return Facts("prod", START, END, clients, sources, letters or {})


def line(text: str, word: str) -> tuple[str, str]:
    """The line that has `word` in it, and the next one."""
    lines = text.splitlines()
    at = next(number for number, one in enumerate(lines) if word in one)
    return lines[at], lines[at + 1]


def test_a_good_week_asks_for_nothing() -> None:
    batch = BatchFacts("edition-1", "edition", 40, 40)
    digest = write(facts(ClientFacts("acme", (SENT,), (batch,), spent=3.0, calls=90, cap=20.0), letters={"raw": 0}))
    assert digest.actions == 0
    assert digest.subject == "Vectora Inbox prod, week to 2026-03-16: nothing to do"
    assert "- acme: ed-1 of 2026-03-16 sent, 6 items, 3 readers" in digest.text
    assert "- acme: $3.00 in 2026-03, 90 calls, 15 % of $20.00; at this pace $6.08 by the month's end" in digest.text
    assert "->" not in digest.text
    for title in ("EDITIONS", "COST", "LOSSES AND RECOVERIES", "SOURCES", "NEAR MISSES"):
        assert f"\n{title}\n" in digest.text


TROUBLES = [
    pytest.param(facts(ClientFacts("acme", overdue=True)), "overdue", "vectora edition list acme", id="overdue"),
    pytest.param(
        facts(ClientFacts("acme", (EditionFacts("ed-2", "draft", "2026-03-16", 4),))),
        "ed-2",
        "vectora review acme ed-2 --stack prod",
        id="a draft waits",
    ),
    pytest.param(
        facts(ClientFacts("acme", (EditionFacts("ed-3", "building", "2026-03-16", 0),))),
        "ed-3",
        "vectora dlq show --queue engine --stack prod",
        id="an edition is stuck",
    ),
    pytest.param(
        facts(ClientFacts("acme", (EditionFacts("ed-5", "sending", "2026-03-16", 4),))),
        "ed-5",
        "vectora dlq replay --queue publisher --stack prod",
        id="a delivery is stuck",
    ),
    pytest.param(
        facts(ClientFacts("acme", (EditionFacts("ed-4", "sent", "2026-03-16", 4, {"sent": 2, "unknown": 1}),))),
        "1 not reached",
        "vectora edition show acme ed-4 --recipients --stack prod",
        id="a reader was not reached",
    ),
    pytest.param(
        facts(ClientFacts("acme", spent=12.0, cap=20.0)), "60 % of", "vectora costs", id="the pace is too high"
    ),
    pytest.param(facts(ClientFacts("acme", spent=0.5, cap=0.0)), "100 % of", "vectora costs", id="a cap of nothing"),
    pytest.param(
        facts(ClientFacts("acme", batches=(BatchFacts("b-1", "edition", 9, 6, {"throttled": 3}, recovered=2),))),
        "3 of 9 items lost (throttled 3), 2 throttled items came back by themselves",
        "vectora dlq replay --queue raw --only throttled --stack prod",
        id="items were lost",
    ),
    pytest.param(
        facts(ClientFacts("acme", batches=(BatchFacts("b-2", "collect", 9, 6, {"deadline": 3}, late=True),))),
        "closed at its deadline",
        "vectora dlq show --queue raw --only deadline",
        id="a deadline passed",
    ),
    pytest.param(
        facts(ClientFacts("acme", batches=(BatchFacts("b-3", "edition", 9, 6, {"refused": 2, "throttled": 1}),))),
        "refused 2, throttled 1",
        "vectora run acme --kind collect --period-days 14 --stack prod",
        id="some are put back, some asked for again",
    ),
    pytest.param(
        facts(ClientFacts("acme", batches=(BatchFacts("b-5", "collect", 9, 6, {"answer": 3}, restricted=True),))),
        "answer 3",
        "vectora redo acme --stack prod",
        id="items that were made anew",
    ),
    pytest.param(
        facts(ClientFacts("acme", batches=(BatchFacts("b-4", "edition", 9, 6, open=True),))),
        "still open",
        "vectora doctor",
        id="a batch does not end",
    ),
    pytest.param(
        facts(letters={"engine": 2}), "2 messages were given up", "dlq list --queue engine", id="dead letters"
    ),
    pytest.param(
        facts(sources=(SourceFacts("wire", failures=4, error="HTTP 403"),)), "HTTP 403", "sources check", id="failing"
    ),
    pytest.param(facts(sources=(SourceFacts("wire", silent_days=30),)), "30 days", "open its page", id="silent"),
    pytest.param(
        facts(sources=(SourceFacts("wire", gaps=2, poll_hours=6.0),)), "2 gaps", "poll every 6 hours", id="gapped"
    ),
]


@pytest.mark.parametrize(("found", "told", "action"), TROUBLES)
def test_every_trouble_is_told_with_its_next_action(found: Facts, told: str, action: str) -> None:
    digest = write(found)
    happened, following = line(digest.text, told)
    assert happened.startswith("- ")
    assert following.startswith("  -> ")
    assert action in following
    assert digest.actions == 1
    assert digest.subject.endswith("1 thing to do")
    commands = commands_in(following)
    assert commands
    assert {one: problem_of(one) for one in commands} == dict.fromkeys(commands, "")
    assert not [one for one in commands if lacks_stack(one)]


@pytest.mark.parametrize("cause", [*get_args(Cause), "deadline", "unknown"])
@pytest.mark.parametrize("restricted", [False, True])
def test_what_is_kept_is_put_back_and_what_is_gone_is_asked_for_again(cause: str, restricted: bool) -> None:
    lost = BatchFacts("b-1", "collect", 3, 0, {cause: 3}, restricted=restricted)
    following = line(write(facts(ClientFacts("acme", batches=(lost,), rhythm=14))).text, "3 of 3 items lost")[1]
    commands = commands_in(following)
    assert {one: problem_of(one) for one in commands} == dict.fromkeys(commands, "")
    replay = f"vectora dlq replay --queue raw --only {cause} --stack prod"
    again = "vectora run acme --kind collect --period-days 21 --stack prod"
    kept = cause in ("throttled", "unavailable", "taken", "config", "internal", "deadline")
    assert (replay in commands, again in commands) == (kept, not kept)
    assert ("vectora redo acme --stack prod" in commands) == (restricted and not kept)


def test_one_burst_at_a_months_beginning_is_no_pace() -> None:
    def cost(day: int, **values: float) -> tuple[str, int]:
        end = datetime(2026, 3, day, 7, tzinfo=UTC)
        found = Facts("prod", end - timedelta(days=7), end, (ClientFacts("acme", (SENT,), **values),), (), {})  # type: ignore[arg-type]
        digest = write(found)
        return line(digest.text, "in 2026-03")[0], digest.actions

    told, actions = cost(2, spent=0.6, calls=9, cap=20.0, before=8.0)
    assert told == "- acme: $0.60 in 2026-03, 9 calls, $8.00 in 2026-02, 3 % of $20.00"
    assert actions == 0
    assert "at this pace" not in cost(7, spent=6.0, cap=20.0)[0]
    assert cost(8, spent=6.0, cap=20.0) == (
        "- acme: $6.00 in 2026-03, 0 calls, 30 % of $20.00; at this pace $25.51 by the month's end",
        1,
    )
    assert cost(2, spent=21.0, cap=20.0)[1] == 1, "what is used up needs no pace"


def test_what_came_back_by_itself_is_told_and_asks_for_nothing() -> None:
    digest = write(facts(ClientFacts("acme", batches=(BatchFacts("b-1", "edition", 9, 9, recovered=2),))))
    assert "b-1: nothing lost, 2 throttled items came back by themselves" in digest.text
    assert digest.actions == 0


def test_a_near_miss_says_how_near_and_how_to_look_at_it() -> None:
    near = NearMiss("Northwind buys a plant", "https://example.org/plant", 11.25, 12.0, "below the floor")
    edition = EditionFacts("ed-1", "sent", "2026-03-16", 6, near=(near,))
    digest = write(facts(ClientFacts("acme", (edition,))))
    told, following = line(digest.text, "11.2 of 12.0")
    assert '"Northwind buys a plant": below the floor' in told
    assert "vectora explain https://example.org/plant --client acme --stack prod" in following
    assert digest.actions == 0


def test_a_near_miss_address_is_one_word_of_the_command() -> None:
    near = NearMiss("Plant", "https://example.org/?a=1&b=2;reboot", 11.0, 12.0, "below the floor")
    digest = write(facts(ClientFacts("acme", (EditionFacts("ed-1", "sent", "2026-03-16", 6, near=(near,)),))))
    command = line(digest.text, "11.0 of 12.0")[1].split("`")[1]
    assert shlex.split(command)[2] == near.url
    assert list(shlex.shlex(command, posix=True, punctuation_chars=True))[2] == near.url


def test_a_link_with_a_name_in_it_stays_whole() -> None:
    near = NearMiss("Plant", "https://example.org/@jane.doe/plant", 11.0, 12.0, "below the floor")
    digest = write(facts(ClientFacts("acme", (EditionFacts("ed-1", "sent", "2026-03-16", 6, near=(near,)),))))
    assert "vectora explain https://example.org/@jane.doe/plant --client" in digest.text


@given(st.text(max_size=300), st.emails())
def test_no_address_and_no_long_text_gets_into_the_mail(text: str, address: str) -> None:
    note = f"{text} {address} {text}"
    edition = EditionFacts("ed-1", "sent", "2026-03-16", 1, note=note, near=(NearMiss(note, "u", 1.0, None, note),))
    digest = write(facts(ClientFacts("acme", (edition,)), sources=(SourceFacts("wire", failures=3, error=note),)))
    assert (
        "reader@example.org"
        not in write(facts(sources=(SourceFacts("w", failures=3, error="reader@example.org"),))).text
    )
    assert all(len(one) < 500 for one in digest.text.splitlines())
    assert digest.subject.isascii()
    assert len(digest.subject) <= 100


def batch(**changes) -> Batch:
    values = {
        "client_id": "acme",
        "batch_id": "b-1",
        "kind": "edition",
        "status": "complete",
        "expected": 4,
        "done": 2,
        "failed": 2,
        "deadline": int(START.timestamp()),
        "as_of": "",
        "delivery": "client",
        "restricted": False,
        "edition_id": None,
    }
    return Batch(**{**values, **changes})


def test_losses_are_read_from_the_items_own_rows() -> None:
    rows = {
        "a": {"status": "done"},
        "b": {"status": "done", "recoveries": 1},
        "c": {"status": "failed", "cause": "throttled", "reason": "throttled: slow down"},
        "d": {"status": "failed", "reason": "deadline: the batch's time was over"},
    }
    found = batch_facts(batch(), rows, END)
    assert (found.done, found.recovered, found.late, found.open) == (2, 1, True, False)
    assert found.causes == {"throttled": 1, "deadline": 1}
    assert batch_facts(batch(status="open"), {}, END).open
    assert not batch_facts(batch(status="open", deadline=int(END.timestamp()) + 9), {}, END).open


def test_only_gaps_of_the_period_and_lasting_failures_count() -> None:
    gaps = tuple((END - timedelta(days=days)).isoformat() for days in (9, 6, 1))
    found = source_facts("wire", Health(gaps=gaps, failures=2, last_error="x", span_hours=12.0), START, END)
    assert (found.gaps, found.failures, found.error, found.poll_hours) == (2, 0, "", 6.0)
    assert source_facts("wire", Health(failures=3, last_error="x"), START, END).error == "x"


def test_an_edition_that_was_never_finished_has_its_day_from_its_start() -> None:
    record = {"edition_id": "e", "status": "building", "started_at": "2026-03-15T08:00:00+00:00"}
    found = edition_facts(record, START)
    assert (found.day, found.items, found.near) == ("2026-03-15", 0, ())


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("draft", True),
        ("approved", True),
        ("sending", True),
        ("building", False),
        ("sent", False),
        ("superseded", False),
    ],
)
def test_what_waits_for_somebody_is_told_however_old_it_is(status: str, told: bool) -> None:
    near = [{"title": "t", "url": "u", "score": 1.0, "reason": "r"}]
    record = {"edition_id": "e", "status": status, "draft_at": "2026-01-05T08:00:00+00:00", "near_misses": near}
    assert is_told(record, START) is told
    assert edition_facts(record, START).near == (), "its near misses were told in its own week"
    assert is_told({**record, "draft_at": END.isoformat()}, START)


class World:
    """The stores of a client that made items anew, and whose month began within the period."""

    now_ = datetime(2026, 3, 3, 7, tzinfo=UTC)

    def current(self) -> str:
        return "r1"

    def load(self, release: str) -> ConfigTree:
        return tree(client("acme", pipeline={"default_period_days": 14}))

    def history(self, client_id: str) -> list[dict[str, object]]:
        return [{"edition_id": "old", "status": "draft", "draft_at": "2026-01-05T08:00:00+00:00"}]

    def since(self, client_id: str, moment: datetime) -> list[Batch]:
        return [batch(client_id=client_id, status="complete", kind="collect", restricted=True)]

    def items(self, client_id: str, batch_id: str) -> dict[str, dict[str, str]]:
        return {"a": {"status": "failed", "cause": "answer"}}

    def month(self, client_id: str, month: str) -> dict[str, float]:
        return {"2026-03": {"spent": 0.6, "calls": 9}, "2026-02": {"spent": 8.0}}[month]

    def health(self, source_key: str) -> Health:
        raise AssertionError(source_key)

    def depths(self) -> dict[str, int]:
        return {}

    def now(self) -> datetime:
        return self.now_


def test_nothing_that_waits_or_was_lost_is_left_out_of_the_facts() -> None:
    world = World()
    found = Gatherer("prod", world, world, world, world, world, world, world, grace_hours=24).gather()
    (acme,) = found.clients
    assert [one.edition_id for one in acme.editions] == ["old"]
    assert [(one.restricted, one.causes) for one in acme.batches] == [(True, {"answer": 1})]
    assert (acme.spent, acme.before, acme.rhythm) == (0.6, 8.0, 14)
    world.now_ = datetime(2026, 3, 9, 7, tzinfo=UTC)
    found = Gatherer("prod", world, world, world, world, world, world, world, grace_hours=24).gather()
    assert found.clients[0].before is None
