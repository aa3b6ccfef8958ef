"""What an operator does, on a deployed local stack: schedules, dead letters, regions, backups, checks."""

import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from local.demo.gateway import demo_gateway
from shared import ids
from shared.clock import local_day
from shared.contracts.batch import Manifest, RawMessage
from shared.storage import keys
from shared.storage.editions import Editions
from shared.storage.objects import S3Objects, get_model
from shared.storage.table import StateTable
from tests.e2e.support import CONFIG, Machine, config_copy, run

SCHEDULED_SECONDS = 400
MOVE_SECONDS = 300


def until(seconds: float, holds: Callable[[], object]) -> object:
    """The first true answer. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.5)
    return answer


def today(timezone: str = "Europe/Paris") -> date:
    """The day at the demonstration's client, or elsewhere; not this machine's own."""
    return local_day(datetime.now(UTC), timezone)


def state(machine: Machine) -> StateTable:
    return StateTable(machine.resource("dynamodb"), machine.stack().outputs["StateTableName"])


def good(process) -> str:
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def demo(machine: Machine, tmp_path_factory):
    """An edition that was made by hand."""
    made = run(machine, tmp_path_factory.mktemp("demo") / "out", "demo")
    assert made.process.returncode == 0, made.text
    return made


@pytest.fixture
def minutely(tmp_path: Path) -> Path:
    """The configuration, with an edition of the demonstration every minute."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    file = folder / "clients" / "demo.yaml"
    file.write_text(file.read_text() + "\nschedule:\n  edition: rate(1 minute)\n")
    return folder


def test_nothing_starts_by_itself_unless_it_is_asked_for(machine):
    assert "no schedule: nothing starts by itself" in good(machine.vectora("schedules", "show"))
    good(machine.vectora("config", "push", CONFIG))
    assert "no schedule: nothing starts by itself" in good(machine.vectora("schedules", "show"))


def test_from_schedule_to_mail_without_a_call_by_hand(machine, minutely):
    editions = Editions(state(machine), None)
    before = {row["edition_id"] for row in editions.history("demo")}
    with demo_gateway(today()) as origin:
        dry = machine.vectora("config", "push", minutely, "--schedules", "--dry-run", VECTORA_FETCH_GATEWAY=origin)
        assert "schedule create  demo-edition  rate(1 minute) Europe/Paris" in good(dry)
        assert "no schedule" in good(machine.vectora("schedules", "show"))
        try:
            good(machine.vectora("config", "push", minutely, "--schedules", VECTORA_FETCH_GATEWAY=origin))
            again = machine.vectora("config", "push", minutely, "--schedules", VECTORA_FETCH_GATEWAY=origin)
            assert "no difference: the schedules are those of this tree" in good(again)
            shown = good(machine.vectora("schedules", "show", VECTORA_FETCH_GATEWAY=origin))
            assert "demo-edition" in shown and "Europe/Paris" in shown and "differs" not in shown
            sent = until(
                SCHEDULED_SECONDS,
                lambda: [
                    row
                    for row in editions.history("demo")
                    if row["edition_id"] not in before and row["status"] == "sent" and row["items"]
                ],
            )
        finally:
            good(machine.vectora("schedules", "clear"))
            good(machine.vectora("config", "push", CONFIG))
    until(SCHEDULED_SECONDS, lambda: idle(machine))  # a busy machine may have begun another one
    rows = list(state(machine).query(keys.delivery(sent[0]["edition_id"], "")[0]))
    assert [row["status"] for row in rows if "status" in row] == ["sent", "sent"]
    assert "no schedule" in good(machine.vectora("schedules", "show"))


def idle(machine: Machine) -> bool:
    """Whether no batch is open and no edition is under way."""
    under_way = ("building", "approved", "sending")
    editions = Editions(state(machine), None).history("demo")
    return not list(state(machine).query("OPEN")) and not any(row["status"] in under_way for row in editions)


def test_a_service_moves_to_another_region_and_back(machine, demo):
    moved = good(machine.vectora("region", "move", "--service", "normalize", "--region", "eu-west-3"))
    assert "one item went through the function" in moved
    assert "BedrockRegionNormalization=eu-west-3" in moved
    assert "in eu-west-3: answers" in good(machine.vectora("region", "show"))
    assert calls(machine)[-2:] == ["eu-west-3", "eu-west-3"]
    back = good(machine.vectora("region", "rollback", "--service", "normalize"))
    assert "normalize is back at us." in back
    assert calls(machine)[-1] == "us-east-1"
    assert machine.vectora("region", "rollback", "--service", "normalize").returncode == 2


def test_a_cheaper_model_is_asked_first_and_one_command_takes_it_back(machine, demo):
    small = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    moved = good(machine.vectora("region", "move", "--service", "normalize", "--first-model", small))
    assert "both models answer there" in moved
    assert f"BedrockModelIdNormalizationFirst={small}" in moved
    assert questions(machine)[-1] == small
    assert f"{small}, then us." in good(machine.vectora("region", "show"))
    back = good(machine.vectora("region", "rollback", "--service", "normalize"))
    assert small not in back
    assert questions(machine)[-1] != small


def questions(machine: Machine) -> list[str]:
    """Models that were asked about an item."""
    calls = map(json.loads, (machine.home / "model-calls.jsonl").read_text().splitlines())
    return [call["model"] for call in calls if call["purpose"] == "record_item"]


def test_the_engine_moves_too_and_its_next_edition_is_written_there(machine, demo, tmp_path):
    text = (CONFIG / "clients" / "demo.yaml").read_text()
    clients = {
        f"clients/{name}.yaml": text.replace("client_id: demo", f"client_id: {name}") for name in ("moved", "returned")
    }
    folder = config_copy(tmp_path / "config", clients)
    moved = good(machine.vectora("region", "move", "--service", "engine", "--region", "us-west-2"))
    assert seconds(moved, "moved in ") < MOVE_SECONDS
    assert "BedrockRegionNewsletter=us-west-2" in moved
    before = len(calls(machine))
    made = run(machine, tmp_path / "moved", "moved", "--config", folder)
    assert made.process.returncode == 0, made.text
    assert "us-west-2" in calls(machine)[before:], "the engine itself called there"
    assert made.newsletter["editorial"] == "model"
    back = good(machine.vectora("region", "rollback", "--service", "engine"))
    assert seconds(back, ", in ") < MOVE_SECONDS
    before = len(calls(machine))
    again = run(machine, tmp_path / "returned", "returned", "--config", folder)
    assert again.process.returncode == 0, again.text
    assert "eu-west-3" in calls(machine)[before:]
    assert "us-west-2" not in calls(machine)[before:]
    good(machine.vectora("config", "push", CONFIG))


def seconds(told: str, before: str) -> int:
    """The number of seconds that stands in a command's words."""
    return int(told.split(before, 1)[1].split(" s", 1)[0])


def calls(machine: Machine) -> list[str]:
    """Regions for which calls were signed."""
    return [json.loads(line)["region"] for line in (machine.home / "model-calls.jsonl").read_text().splitlines()]


def test_a_region_in_which_the_model_does_not_answer_changes_nothing(machine):
    control = machine.stack().model_endpoint
    from cli.model_endpoint import configure

    configure(control, {"routes": {"us": ["us-east-1"], "eu": ["eu-west-3"]}})
    try:
        before = good(machine.vectora("region", "show", "--no-call"))
        moved = machine.vectora("region", "move", "--service", "normalize", "--region", "us-west-2")
        assert moved.returncode == 1
        assert "is not served in us-west-2" in moved.stderr
        assert good(machine.vectora("region", "show", "--no-call")) == before
    finally:
        configure(control, {"routes": {"us": ["us-east-1", "us-west-2", "us-east-2"], "eu": ["eu-west-3"]}})


def test_a_check_leaves_no_item_behind(machine, demo):
    table = state(machine)
    good(machine.vectora("region", "move", "--service", "normalize", "--region", "us-west-2"))
    good(machine.vectora("region", "rollback", "--service", "normalize"))
    rows = list(table.query(keys.lake_day(today("UTC").isoformat(), "")[0]))
    assert not [row for row in rows if "operator-check" in row["sources"]]
    assert not list(table.query("OPEN"))


def test_dead_letters_are_listed_by_reason_and_replayed(machine, demo):
    stack, table = machine.stack(), state(machine)
    sqs, outputs = stack.client("sqs"), stack.outputs
    batch = demo.report["batch_id"]
    data = S3Objects(stack.client("s3"), outputs["DataBucketName"])
    manifest = get_model(data, keys.manifest("demo", batch), Manifest)
    done, failed = (
        RawMessage(
            client_id="demo",
            batch_id=batch,
            config_release=manifest.config_release,
            as_of=manifest.as_of,
            kind="edition",
            **item.model_dump(),
        )
        for item in manifest.items[:2]
    )
    row = keys.batch_item("demo", batch, failed.item_id)
    table.update(row, {"status": "failed", "cause": "refused", "reason": "refused: no access", "ended_at": "2020"})
    event = {"client_id": "demo", "kind": "collect", "sources": ["demo_press"]}
    record = {"requestContext": {"requestId": "req-1"}, "requestPayload": event, "responsePayload": None}
    for body in (done.model_dump_json(), failed.model_dump_json()):
        sqs.send_message(QueueUrl=outputs["RawDeadLetterQueueUrl"], MessageBody=body)
    listed = good(machine.vectora("dlq", "list"))
    assert "refused" in listed and "done already" in listed
    assert "refused: no access" in good(machine.vectora("dlq", "show", "--only", "refused"))
    assert "raw, refused: 1 would be put back" in good(machine.vectora("dlq", "replay", "--dry-run"))
    replayed = good(machine.vectora("dlq", "replay", "--queue", "raw"))
    assert "1 put back, 1 done, 1 removed, done already" in replayed
    assert table.get(row)["status"] == "done"

    with demo_gateway(today()) as origin:
        body = json.dumps({**record, "requestPayload": {**event, "fetch_gateway": origin}})
        sqs.send_message(QueueUrl=outputs["IngestFailureQueueUrl"], MessageBody=body)
        assert "ingest: 1 put back, 1 done" in good(machine.vectora("dlq", "replay"))
    assert table.get(keys.batch_meta("demo", ids.batch_id("demo", "collect", "req-1")))
    assert "nothing was given up" in good(machine.vectora("dlq", "list"))


def test_a_backup_brings_the_configuration_back(machine, minutely, tmp_path):
    folder = tmp_path / "backup"
    good(machine.vectora("config", "push", CONFIG))
    good(machine.vectora("config", "backup", folder))
    good(machine.vectora("config", "push", minutely))
    assert "changed  clients/demo.yaml" in good(machine.vectora("config", "restore", folder, "--dry-run"))
    assert "is current on local again" in good(machine.vectora("config", "restore", folder))
    assert "no difference" in good(machine.vectora("config", "diff", CONFIG))


def test_edited_files_are_tried_on_past_editions_without_asking_the_model(machine, demo, tmp_path):
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    file = folder / "clients" / "demo.yaml"
    file.write_text(file.read_text().replace("[regulatory, safety_signal]", "[safety_signal]"))
    before = machine.model_calls()
    tried = good(machine.vectora("config", "try", folder, "--client", "demo", "--last", "1"))
    assert "no section takes event type regulatory" in tried
    assert " lost; no model was asked" in tried and " 0 lost" not in tried
    same = good(machine.vectora("config", "try", CONFIG, "--client", "demo", "--last", "1"))
    assert "0 items gained, 0 lost" in same
    assert machine.model_calls() == before


def test_the_doctor_finds_the_stack_well_and_says_what_is_broken(machine, demo):
    well = good(machine.vectora("doctor"))
    assert "BROKEN" not in well
    functions, name = machine.stack().client("lambda"), machine.stack().outputs["EngineFunctionName"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    wrong = {**before, "BEDROCK_REGION_NEWSLETTER": "ap-south-1"}
    del wrong["NEWSLETTER_TOPIC_ARN"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": wrong})
    try:
        sick = machine.vectora("doctor")
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})
    assert sick.returncode == 1
    assert "BROKEN variables of EngineFunction: missing NEWSLETTER_TOPIC_ARN" in sick.stdout
    assert "not served in ap-south-1" in sick.stdout


def test_inventory_costs_and_smoke_answer(machine, demo):
    listed = good(machine.vectora("inventory"))
    assert "engine-local" in listed and "configuration: the same as this checkout" in listed
    assert "demo" in good(machine.vectora("costs", "--client", "demo"))
    assert machine.vectora("costs", "--month", "soon").returncode == 2
    assert "smoke: it works" in good(machine.vectora("smoke"))
