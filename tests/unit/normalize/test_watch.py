from datetime import UTC, datetime, timedelta

import pytest

from services.normalize.watch import budget_used, failing, overdue, silent
from shared.config.client import ClientConfig
from shared.storage.sources import Health
from tests.unit.normalize.trees import client

NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)
ALLOWED = timedelta(days=8)


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param([], False, id="a new client owes nothing yet"),
        pytest.param([{"status": "sent", "sent_at": ago(7.9)}], False, id="in its rhythm"),
        pytest.param([{"status": "sent", "sent_at": ago(8.1)}], True, id="none for rhythm and grace"),
        pytest.param(
            [{"status": "sent", "sent_at": ago(15)}, {"status": "sent", "sent_at": ago(1)}], False, id="the last counts"
        ),
        pytest.param(
            [{"status": "sent", "sent_at": ago(9)}, {"status": "draft", "started_at": ago(2)}],
            True,
            id="a draft that nobody approved is no newsletter",
        ),
        pytest.param([{"status": "building", "started_at": ago(9)}], True, id="the first one never came"),
        pytest.param([{"status": "draft", "started_at": ago(2)}], False, id="the first one is on its way"),
    ],
)
def test_a_client_is_overdue_after_its_rhythm_and_the_grace(history: list[dict[str, str]], expected: bool) -> None:
    assert overdue(history, NOW, ALLOWED) is expected


def capped(usd: float | None) -> ClientConfig:
    return client(budget={"monthly_usd": usd})


def test_the_highest_share_of_a_budget_counts() -> None:
    assert budget_used([(capped(10), {"spent": 2}), (capped(4), {"spent": 3.0}), (capped(None), {"spent": 99})]) == 75
    assert budget_used([(capped(10), {})]) == 0
    assert budget_used([(capped(0), {"spent": 0.01})]) == 100
    assert budget_used([]) == 0


def test_silent_and_failing_sources_are_told_apart() -> None:
    health = {
        "quiet": Health(newest_at=ago(30)),
        "lively": Health(newest_at=ago(1)),
        "down": Health(failures=3),
        "hiccup": Health(failures=2, newest_at=ago(1)),
    }
    assert silent(health, NOW) == ("quiet",)
    assert failing(health) == ("down",)
