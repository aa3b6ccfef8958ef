"""The run's clock."""

import subprocess
import sys
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared.clock import FixedClock, local_day, parse_as_of

ROOT = Path(__file__).resolve().parents[3]
NOW = FixedClock(datetime(2025, 12, 8, 23, 30, tzinfo=UTC))


def test_a_date_is_the_start_of_that_day_at_the_clients_place():
    assert parse_as_of("2025-12-10", NOW, "Europe/Paris") == datetime(2025, 12, 9, 23, tzinfo=UTC)


def test_no_text_is_the_present():
    assert parse_as_of(None, NOW, "UTC") == NOW.now()


def test_a_naive_time_is_the_clients_local_time():
    assert parse_as_of("2025-07-01T08:00", NOW, "Europe/Paris") == datetime(2025, 7, 1, 6, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2025-13-01", "10/12/2025"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError):
        parse_as_of(text, NOW, "UTC")


def test_the_calendar_day_depends_on_the_place():
    assert local_day(NOW.now(), "UTC") == date(2025, 12, 8)
    assert local_day(NOW.now(), "Europe/Paris") == date(2025, 12, 9)


def test_a_clock_needs_a_time_zone():
    with pytest.raises(ValueError):
        FixedClock(datetime(2025, 1, 1))


def test_time_zones_need_nothing_of_the_operating_system():
    asked = "from datetime import *; from shared.clock import local_day as d; print(d(datetime.now(UTC), 'Asia/Seoul'))"
    environment = {"PYTHONTZPATH": "", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=False)
    assert date.fromisoformat(done.stdout.strip()), done.stderr


def test_every_service_brings_the_time_zones():
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    assert any(str(one).startswith("tzdata") for one in groups["shared"])
    for service in ("ingest", "normalize", "engine", "publisher"):
        assert {"include-group": "shared"} in groups[service]
