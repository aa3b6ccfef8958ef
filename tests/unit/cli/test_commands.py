"""The command line itself: what can be refused is refused before anything is started."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli import config_tree, run
from cli.main import main
from cli.run import Request, is_demo, plan, stall_seconds
from cli.stacks import StackName, _outputs
from shared.errors import InputError, NotFoundError

CONFIG = config_tree.DEFAULT


@pytest.fixture(autouse=True)
def nothing_is_started(monkeypatch, tmp_path):
    """The local stack's folder and ports lie where nothing is."""
    monkeypatch.setenv("VECTORA_LOCAL_DIR", str(tmp_path / "stack"))
    for name in ("VECTORA_FETCH_GATEWAY", run.STALL_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    yield
    assert not (tmp_path / "stack").exists()


def vectora(monkeypatch, capsys, *arguments):
    """Exit status, standard output, standard error."""
    monkeypatch.setattr("sys.argv", ["vectora", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        main()
    captured = capsys.readouterr()
    return caught.value.code, captured.out, captured.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "nobody"], f"Clients: {', '.join(sorted(config_tree.load(CONFIG).clients))}."),
        (["run", "demo", "--sources", "nowhere"], "demo has no source nowhere. Its sources: demo_corporate"),
        (["run", "demo", "--as-of", "yesterday"], "--as-of 'yesterday' is no date"),
        (["run", "demo", "--period-days", "0"], "--period-days"),
        (["run", "demo", "--kind", "party"], "--kind"),
        (["run", "demo", "--stack", "moon"], "--stack"),
        (["run", "demo", "--config", "nowhere"], "has no folder canonical"),
        (["run"], "Missing argument"),
        (["config", "check", "nowhere"], "has no folder canonical"),
    ],
)
def test_bad_usage_exits_2_with_one_message_and_leaves_nothing(monkeypatch, capsys, tmp_path, arguments, told):
    monkeypatch.chdir(tmp_path)
    status, out, err = vectora(monkeypatch, capsys, *arguments)
    assert status == 2
    assert told in " ".join(err.split())
    assert (out, "Traceback" in err) == ("", False)
    assert not (tmp_path / "out").exists()


def test_every_defect_of_a_configuration_is_told_with_file_and_line(monkeypatch, capsys, tmp_path):
    tree = tmp_path / "config"
    shutil.copytree(CONFIG, tree)
    for name in ("demo", "lai_weekly"):
        file = tree / "clients" / f"{name}.yaml"
        file.write_text(f"{file.read_text()}colour: blue\n")
    lines = {name: len((tree / "clients" / f"{name}.yaml").read_text().splitlines()) for name in ("demo", "lai_weekly")}
    status, _, err = vectora(monkeypatch, capsys, "run", "demo", "--config", tree)
    assert status == 2
    for name, line in lines.items():
        assert f"clients/{name}.yaml:{line}: colour: nothing reads this key" in err


@pytest.mark.parametrize(
    "expression", ["every monday", "rate(0 hours)", "cron(0 8 * * * *)", "cron(0 8 31 2 ? *)", "cron(0 8 ? * MON 2020)"]
)
def test_a_schedule_that_never_runs_is_told_with_its_line(monkeypatch, capsys, tmp_path, expression):
    tree = tmp_path / "config"
    shutil.copytree(CONFIG, tree)
    file = tree / "clients" / "lai_weekly.yaml"
    lines = file.read_text().splitlines()
    line = next(number for number, text in enumerate(lines) if text.startswith("  edition:"))
    lines[line] = f'  edition: "{expression}"'
    file.write_text("\n".join(lines))
    status, _, err = vectora(monkeypatch, capsys, "config", "check", tree)
    assert status == 2
    assert f"clients/lai_weekly.yaml:{line + 1}: schedule: {expression!r}" in err


def test_a_gateway_that_does_not_answer_is_told_before_anything_is_started(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VECTORA_FETCH_GATEWAY", "http://127.0.0.1:1")
    status, _, err = vectora(monkeypatch, capsys, "run", "lai_weekly")
    assert status == 1
    assert "http://127.0.0.1:1 does not answer" in err
    assert not (tmp_path / "out").exists()


def test_what_nothing_names_is_told_with_its_line(monkeypatch, capsys, tmp_path):
    tree = tmp_path / "config"
    shutil.copytree(CONFIG, tree)
    file = tree / "canonical" / "scopes" / "exclusion_scopes.yaml"
    line = len(file.read_text().splitlines()) + 1
    file.write_text(f"{file.read_text()}  forgotten: {{terms: [some noise]}}\n")
    status, out, _ = vectora(monkeypatch, capsys, "config", "check", tree)
    assert status == 0
    told = "no domain and no profile names the scope 'forgotten'"
    assert f"note: canonical/scopes/exclusion_scopes.yaml:{line}: {told}" in out
    assert out.count("exclusion_scopes.yaml") == 1


def test_the_configuration_of_the_checkout_has_nothing_wrong(monkeypatch, capsys):
    status, out, _ = vectora(monkeypatch, capsys, "config", "check")
    assert status == 0
    assert "nothing wrong\n" in out


def request(**changes):
    values = {
        "client_id": "demo",
        "kind": "edition",
        "stack": StackName.local,
        "as_of": None,
        "period_days": None,
        "config": CONFIG,
        "output": Path("out"),
        "review": False,
        "sources": (),
    }
    return Request(**{**values, **changes})


def test_repeating_a_command_is_another_run_and_never_the_same_batch():
    tree = config_tree.load(CONFIG)
    first, second = (plan(request(), tree.client("demo"), None) for _ in range(2))
    assert first.run_id != second.run_id


@pytest.mark.parametrize(
    ("changes", "delivery", "goal"),
    [
        ({}, "send", "sent"),
        ({"review": True}, "review", "draft"),
        ({"kind": "collect"}, "send", "collected"),
        ({"sources": ("demo_press",)}, "send", "collected"),
    ],
)
def test_a_run_delivers_whatever_the_client_s_mode_unless_a_review_is_asked_for(changes, delivery, goal):
    made = plan(request(**changes), config_tree.load(CONFIG).client("lai_weekly"), "http://127.0.0.1:1")
    assert (made.event.delivery, made.goal) == (delivery, goal)
    assert made.event.fetch_gateway == "http://127.0.0.1:1"


def test_the_demo_is_known_by_its_reserved_host_names():
    tree = config_tree.load(CONFIG)
    assert is_demo(tree, tree.client("demo"))
    assert not is_demo(tree, tree.client("lai_weekly"))


def test_patience_is_set_by_a_variable(monkeypatch):
    assert stall_seconds(StackName.local) < stall_seconds(StackName.prod)
    monkeypatch.setenv(run.STALL_VARIABLE, "7.5")
    assert stall_seconds(StackName.prod) == 7.5
    for wrong in ("soon", "0", "-1", "nan", "inf"):
        monkeypatch.setenv(run.STALL_VARIABLE, wrong)
        with pytest.raises(InputError, match=run.STALL_VARIABLE):
            stall_seconds(StackName.local)


def test_a_stack_that_was_never_deployed_is_told_with_region_and_next_step():
    from botocore.exceptions import ClientError

    class Absent:
        meta = SimpleNamespace(region_name="eu-west-3")

        def describe_stacks(self, StackName):
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStacks")

    with pytest.raises(NotFoundError, match="no stack vectora-inbox-dev in eu-west-3: deploy it with `sam build`"):
        _outputs(Absent(), StackName.dev)
