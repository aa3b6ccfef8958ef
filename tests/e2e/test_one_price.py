"""An article is paid for once, whoever wants it; and again only where somebody asked for a newer normalizer."""

import json
import re
import shutil
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.normalize.prompt import TOOL
from shared.contracts.batch import Manifest
from shared.storage.objects import S3Objects, get_model
from tests.e2e.support import CONFIG, Machine, Outcome, Replay, run

CLIENTS = ("lai_weekly", "lai_weekly_v3")
PERIOD = ("--as-of", "2025-12-10", "--period-days", "90")
DAYS = ("--from", "2025-09-01", "--to", "2025-12-11")


def questions(machine: Machine) -> int:
    """Calls about items, as the model endpoint counted them."""
    with urllib.request.urlopen(f"{machine.stack().model_endpoint}/_control/calls", timeout=30) as answer:
        return sum(call["purpose"] == TOOL for call in json.load(answer))


def manifests(machine: Machine) -> list[Manifest]:
    stack = machine.stack()
    bucket = stack.outputs["DataBucketName"]
    objects = stack.client("s3").list_objects_v2(Bucket=bucket, Prefix="batches/").get("Contents", [])
    data = S3Objects(stack.client("s3"), bucket)
    return [get_model(data, one["Key"], Manifest) for one in objects if one["Key"].endswith("manifest.json")]


@pytest.fixture(scope="module")
def both(machine: Machine, replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """Two clients that share sources, collected at the same time."""
    folder = tmp_path_factory.mktemp("both")

    def collect(client: str) -> Outcome:
        arguments = (client, "--kind", "collect", *PERIOD)
        return run(machine, folder / client, *arguments, VECTORA_FETCH_GATEWAY=replay.origin)

    with ThreadPoolExecutor(len(CLIENTS)) as pool:
        return list(pool.map(collect, CLIENTS))


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration whose taxonomy says something else, which makes every normalizer of today an older one."""
    folder = tmp_path_factory.mktemp("changed") / "config"
    shutil.copytree(CONFIG, folder)
    types = folder / "canonical" / "events" / "event_types.yaml"
    types.write_text(re.sub(r"description: (?=\w)", "description: Mainly ", types.read_text(), count=1))
    return folder


def items(made: Sequence[Manifest]) -> set[str]:
    return {item.item_id for one in made for item in one.items}


def test_two_clients_with_the_same_sources_pay_once_for_each_article(machine: Machine, both: list[Outcome]) -> None:
    assert [one.process.returncode for one in both] == [0, 0], [one.text for one in both]
    made = manifests(machine)
    assert {one.client_id for one in made} == set(CLIENTS)
    wanted = sum(len(one.items) for one in made)
    assert wanted > len(items(made)) > 0, "they share articles"
    assert questions(machine) == len(items(made))


def test_a_forecast_counts_what_is_new_and_spends_nothing(
    machine: Machine, replay: Replay, both: list[Outcome], tmp_path: Path
) -> None:
    before = questions(machine)
    arguments = ("lai_weekly", *PERIOD, "--forecast")
    told = run(machine, tmp_path / "out", *arguments, VECTORA_FETCH_GATEWAY=replay.origin)
    assert told.process.returncode == 0, told.text
    assert told.process.stdout.startswith("0 items for "), told.text
    assert "measured on the last" in told.process.stdout
    assert questions(machine) == before


def test_items_of_an_older_normalizer_are_redone_once_and_after_a_forecast(
    machine: Machine, replay: Replay, both: list[Outcome], changed: Path, tmp_path: Path
) -> None:
    count = len(items([one for one in manifests(machine) if one.client_id == "lai_weekly"]))
    before = questions(machine)
    pushed = machine.vectora("config", "push", changed)
    assert pushed.returncode == 0, pushed.stderr

    arguments = ("lai_weekly", *PERIOD, "--config", changed, "--max-cost", "0")
    stopped = run(machine, tmp_path / "out", *arguments, VECTORA_FETCH_GATEWAY=replay.origin)
    assert stopped.process.returncode == 2, stopped.text
    assert f"{count} items is above $0.00; repeat with --yes" in stopped.process.stderr

    rehearsed = machine.vectora("redo", "lai_weekly", *DAYS, "--dry-run")
    assert rehearsed.stdout.startswith(f"{count} items for "), rehearsed.stdout + rehearsed.stderr
    assert questions(machine) == before

    redone = machine.vectora("redo", "lai_weekly", *DAYS, "--yes")
    assert redone.returncode == 0, redone.stdout + redone.stderr
    assert f"{count} of {count} done" in redone.stdout
    assert questions(machine) == before + count

    again = machine.vectora("redo", "lai_weekly", *DAYS)
    assert again.stdout.startswith("nothing to redo"), again.stdout + again.stderr
    assert questions(machine) == before + count
