"""What the doctor compares: permissions with the template, packages with the checkout, resources with their record."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli import doctor_drift as drift
from cli.build_record import main as write_record
from cli.build_record import source_hash
from cli.builds import SERVICE_OF, Checkout, read_record
from cli.doctor_checks import FUNCTIONS
from cli.intrinsics import Values
from cli.inventory import code_gap
from cli.template import read_template
from shared.build import UNBUILT, Build, read_build

ACCOUNT = "111111111111"
PARAMETERS = {name: str(spec.get("Default", "")) for name, spec in read_template()["Parameters"].items()}


def physical(name: str, kind: str) -> str:
    """As CloudFormation reports it: queues by URL, topics by ARN, the rest by name."""
    if kind == "AWS::SQS::Queue":
        return f"https://sqs.eu-west-3.amazonaws.com/{ACCOUNT}/{name.lower()}"
    return f"arn:aws:sns:eu-west-3:{ACCOUNT}:{name.lower()}" if kind == "AWS::SNS::Topic" else name.lower()


def values(**parameters: str) -> Values:
    found = {name: (one["Type"], physical(name, one["Type"])) for name, one in read_template()["Resources"].items()}
    return Values(read_template(), PARAMETERS | {"Env": "dev"} | parameters, found, "eu-west-3", ACCOUNT)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_permission_of_the_template_is_understood(function: str) -> None:
    found = drift.needs(values(), function)
    assert found
    for need in found:
        assert all(":" in action for action in need.actions)
        assert all(one == "*" or one.startswith("arn:aws:") for one in need.resources)
        assert "${" not in "".join(need.resources)


def test_names_conditions_and_parts_of_parameters_are_resolved() -> None:
    by_sid = {need.sid: need for need in drift.needs(values(), "NormalizeFunction")}
    assert by_sid["HoldMessages"].resources == (f"arn:aws:sqs:eu-west-3:{ACCOUNT}:rawqueue",)
    assert by_sid["UseState"].resources == (f"arn:aws:dynamodb:eu-west-3:{ACCOUNT}:table/statetable",)
    us = by_sid["InvokeRoutedModel"].resources
    assert len(us) == 3
    assert us[0] == "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0*"
    moved = values(BedrockRoutingNormalization="eu", BedrockModelIdNormalization="eu.maker.model-2")
    eu = {need.sid: need for need in drift.needs(moved, "NormalizeFunction")}["InvokeRoutedModel"].resources
    assert "arn:aws:bedrock:eu-west-3::foundation-model/maker.model-2*" in eu
    own = {need.sid: need for need in drift.needs(values(PubmedApiKeyParamPath="/own"), "IngestFunction")}
    assert own["ReadPubmedKey"].resources == (f"arn:aws:ssm:eu-west-3:{ACCOUNT}:parameter/own",)


@pytest.mark.parametrize(("routing", "count"), [("us", 3), ("eu", 6)], ids=["three regions of us", "six regions of eu"])
def test_the_policy_names_the_cheaper_model_s_profile_and_the_model_in_every_routed_region(
    routing: str, count: int
) -> None:
    main, small = f"{routing}.maker.model-2", f"{routing}.maker.small-v1:0"
    given = {
        "BedrockRegionNormalization": f"{routing}-west-3",
        "BedrockRoutingNormalization": routing,
        "BedrockModelIdNormalization": main,
    }
    for first, name in ((small, "small-v1:0"), ("", "model-2")):
        found = values(**given, BedrockModelIdNormalizationFirst=first)
        needs = {need.sid: need for need in drift.needs(found, "NormalizeFunction")}
        profile = f"arn:aws:bedrock:{routing}-west-3:{ACCOUNT}:inference-profile/"
        assert needs["InvokeProfile"].resources == (profile + main,)
        assert needs["InvokeFirstProfile"].resources == (profile + (first or main),)
        routed = needs["InvokeFirstRoutedModel"]
        assert routed.actions == ("bedrock:InvokeModel",)
        assert len(routed.resources) == count
        assert all(one.endswith(f"::foundation-model/maker.{name}*") for one in routed.resources)
        assert len(needs["InvokeRoutedModel"].resources) == count


def test_an_unknown_name_is_an_error_and_not_a_silent_gap() -> None:
    with pytest.raises(ValueError, match="neither a parameter nor a resource"):
        values().resolve({"Ref": "Nobody"})
    with pytest.raises(ValueError, match="in a policy"):
        values().resolve({"Fn::ImportValue": "x"})


class Iam:
    """Allows everything but `denied`: action → decision."""

    def __init__(self, **denied: str) -> None:
        self.denied = {name.replace("_", ":"): decision for name, decision in denied.items()}

    def simulate_principal_policy(self, PolicySourceArn, ActionNames, ResourceArns) -> dict[str, Any]:
        assert PolicySourceArn.startswith("arn:")
        rows = [
            {"EvalActionName": action, "EvalResourceName": one, "EvalDecision": self.denied.get(action, "allowed")}
            for action in ActionNames
            for one in ResourceArns
        ]
        return {"EvaluationResults": rows}


ROLES = {"EngineFunction": "arn:aws:iam::111111111111:role/engine"}


def test_a_permission_that_is_missing_or_refused_is_broken_and_says_what_to_do() -> None:
    (fine,) = drift.permissions(Iam(), ROLES, values(), "dev")
    assert fine.level == "ok"
    missing, *_ = drift.permissions(Iam(sns_Publish="implicitDeny"), ROLES, values(), "dev")
    assert (missing.level, missing.about) == ("broken", "permissions of EngineFunction")
    assert "may not sns:Publish (AnnounceEditions)" in missing.told
    assert "sam deploy --config-env dev" in missing.todo
    refused, *_ = drift.permissions(Iam(sns_Publish="explicitDeny"), ROLES, values(), "dev")
    assert "permissions boundary" in refused.todo


def test_resources_that_were_changed_or_deleted_by_hand_are_told() -> None:
    def row(name: str, state: str, *paths: str) -> dict[str, Any]:
        differences = [{"PropertyPath": path} for path in paths]
        return {"LogicalResourceId": name, "StackResourceDriftStatus": state, "PropertyDifferences": differences}

    own = row("PublisherFunction", "MODIFIED", "/Environment/Variables/LINKS_URL")
    rows = [row("A", "IN_SYNC"), row("Role", "MODIFIED", "/Policies/0"), row("Queue", "DELETED"), own]
    found = {one.about: one for one in drift.resources(rows, "local")}
    assert found.keys() == {"Role", "Queue", "resources"}
    assert (found["Role"].level, found["Queue"].level) == ("look", "broken")
    assert "/Policies/0" in found["Role"].told
    assert "PublisherFunction" in {one.about for one in drift.resources(rows, "dev")}


class Detection:
    """A detection that takes two looks, and two pages of rows."""

    looks = 0

    def detect_stack_drift(self, StackName):
        return {"StackDriftDetectionId": StackName}

    def describe_stack_drift_detection_status(self, StackDriftDetectionId):
        self.looks += 1
        return {"DetectionStatus": "DETECTION_IN_PROGRESS" if self.looks < 3 else "DETECTION_COMPLETE"}

    def describe_stack_resource_drifts(self, StackName, NextToken=""):
        page = {"StackResourceDrifts": [{"LogicalResourceId": NextToken or "first"}]}
        return page if NextToken else page | {"NextToken": "second"}


def test_drift_is_waited_for_and_read_to_its_end() -> None:
    waits: list[float] = []
    rows = drift.detect_drift(Detection(), "stack", waits.append)
    assert [row["LogicalResourceId"] for row in rows] == ["first", "second"]
    assert len(waits) == 2


def test_a_package_of_other_source_is_told_with_both_commits() -> None:
    checkout = Checkout("c" * 40, False, dict.fromkeys(SERVICE_OF.values(), "new"))
    same = dict.fromkeys(SERVICE_OF, Build(commit="c" * 40, source="new"))
    (fine,) = drift.packages(same, checkout, "dev")
    assert fine.level == "ok"
    (stale,) = drift.packages(same | {"EngineFunction": Build(commit="b" * 40, source="old")}, checkout, "dev")
    assert stale.about == "package of EngineFunction"
    assert "built from bbbbbbbbbbbb; this checkout is cccccccccccc" in stale.told


def test_the_build_record_changes_with_the_source_and_not_without(tmp_path: Path) -> None:
    for name in ("requirements.lock", "pyproject.toml", "Makefile", "services/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for name in ("services/engine/handler.py", "services/ingest/handler.py", "shared/ids.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    before = {name: source_hash(name, tmp_path) for name in ("engine", "ingest")}
    (tmp_path / "services/engine/cached.pyc").write_bytes(b"x")
    assert source_hash("engine", tmp_path) == before["engine"]
    (tmp_path / "services/engine/handler.py").write_text("two")
    assert source_hash("engine", tmp_path) != before["engine"]
    assert source_hash("ingest", tmp_path) == before["ingest"]
    (tmp_path / "shared/ids.py").write_text("two")
    assert source_hash("ingest", tmp_path) != before["ingest"]


def test_the_build_writes_a_record_that_the_package_reads(tmp_path: Path) -> None:
    write_record(str(tmp_path), "engine")
    assert read_build(tmp_path).source == source_hash("engine")
    assert read_build(tmp_path).commit not in ("", UNBUILT)


@pytest.fixture(params=[True, False], ids=["ranges", "no ranges"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[str], bytes]]:
    """An archive with a record at its front, behind a server; its address and the spans that were asked for."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("BUILD.json", json.dumps({"commit": "abc", "source": "s"}))
        archive.writestr("big.bin", bytes(1_000_000))
    content, spans = buffer.getvalue(), list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers["Range"].removeprefix("bytes=")
            spans.append(span)
            first, _, last = span.partition("-")
            start, end = (int(first), int(last) + 1) if first else (max(0, len(content) - int(last)), len(content))
            body = content[start:end] if request.param else content
            self.send_response(206 if request.param else 200)
            if request.param:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/package.zip", spans, content
    server.shutdown()
    server.server_close()


def test_a_record_is_read_out_of_a_package_without_loading_all_of_it(served: tuple[str, list[str], bytes]) -> None:
    url, spans, content = served
    assert read_record(url) == Build(commit="abc", source="s")
    asked = [span.split("-") for span in spans[1:]]
    assert sum(int(last) - int(first) + 1 for first, last in asked) < len(content) / 10


def test_the_gap_of_code_names_both_commits_and_what_differs() -> None:
    checkout = Checkout("c" * 40, True, dict.fromkeys(SERVICE_OF.values(), "new"))
    builds = dict.fromkeys(SERVICE_OF, Build(commit="b" * 40, source="new"))
    (same,) = code_gap(builds, checkout)
    assert same == "code: the same as this checkout (built from bbbbbbbbbbbb; HEAD is cccccccccccc+)"
    (stale,) = code_gap(builds | {"LinksFunction": Build(commit="b" * 40, source="old")}, checkout)
    assert stale.endswith("HEAD is cccccccccccc+, and the source of LinksFunction differs")
