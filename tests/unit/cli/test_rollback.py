"""Verified states: what is kept, which one a rollback goes to, and what it says."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cli.rollback import described
from cli.verified import Kept, State, Verified, choose, template_key
from shared.errors import ConfigError
from shared.storage.memory import MemoryObjects

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def state(text: str = "one", release: str = "r1", **parameters: str) -> State:
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return State(digest, {"BedrockRpm": "200", **parameters}, release, {"EngineFunction": f"commit-{text}"})


def kept_after(*texts: str) -> Verified:
    verified = Verified(MemoryObjects())
    for number, text in enumerate(texts):
        verified.keep(state(text), text, NOW + timedelta(days=number))
    return verified


def test_a_rollback_goes_to_the_newest_verified_state_that_the_stack_is_not_in() -> None:
    kept = kept_after("one", "two").all()
    assert choose(kept, state("bad")) == kept[-1]
    assert choose(kept, state("two")) == kept[0], "a state that passed and is found wanting later goes back too"
    assert choose(kept, state("two", release="r2")) == kept[-1], "the configuration alone may be what is bad"
    assert choose(kept, state("two", BedrockRpm="9")) == kept[-1]
    assert choose(kept_after("one").all(), state("one")) is None
    assert choose([], state("one")) is None


def test_a_state_that_is_verified_again_is_the_newest_and_kept_once() -> None:
    verified = kept_after("one", "two", "one")
    assert [one.state.builds["EngineFunction"] for one in verified.all()] == ["commit-two", "commit-one"]
    assert verified.all()[-1].at == (NOW + timedelta(days=2)).isoformat()
    assert len(kept_after(*map(str, range(14))).all()) == 10


def test_a_template_that_is_not_what_was_kept_is_refused() -> None:
    objects = MemoryObjects()
    verified = Verified(objects)
    verified.keep(state("one"), "one", NOW)
    assert verified.template(state("one")) == "one"
    objects.put(template_key(state("one")), b"other", "text/plain")
    with pytest.raises(ConfigError, match="damaged"):
        verified.template(state("one"))


def test_what_would_change_is_told() -> None:
    chosen = Kept("2026-03-02T09:00:00+00:00", state("one", release="r1"))
    lines = described(chosen, replace(state("bad", BedrockRpm="9"), release="r2"))
    assert lines[0] == "back to the state verified at 2026-03-02T09:00:00+00:00"
    assert lines[1].startswith("code: commit-bad → commit-one")
    assert lines[2:] == ["  BedrockRpm: 9 → 200", "configuration: r2 → r1"]
    assert len(described(chosen, state("one", release="r2"))) == 2
