"""Verified states: what is kept, which one a rollback goes to, and what it says."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, WaiterError

from cli import rollback
from cli.rollback import Part, check, described, packages, refuse_half, settled, unfinished
from cli.stacks import StackName
from cli.verified import Kept, State, Verified, choose, template_key
from shared.errors import ConfigError, InputError, VectoraError
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


class Account:
    """An account whose CloudFormation, config bucket and packages are as told; `calls` is what was changed."""

    def __init__(self, now: State, *, update: Exception | None = None, status: str = "UPDATE_COMPLETE") -> None:
        self.now, self.update, self.status = now, update, status
        self.calls: list[str] = []
        self.outputs = {"ConfigBucketName": "config", "EngineFunctionName": "vectora-inbox-engine-prod"}
        self.meta = SimpleNamespace(endpoint_url="https://s3.example.org")

    def client(self, service: str, config: object = None) -> "Account":
        return self

    def describe_stacks(self, **_: str) -> dict:
        return {"Stacks": [{"StackStatus": self.status}]}

    def update_stack(self, **_: object) -> None:
        self.calls.append("code")
        if self.update:
            raise self.update

    def get_waiter(self, name: str) -> "Account":
        assert name == "stack_update_complete"
        return self

    def wait(self, **_: object) -> None: ...

    def make_current(self, release: str) -> None:
        self.calls.append(f"configuration {release}")

    def labels(self, _: object) -> dict[str, str]:
        return dict(state("one").builds if "code" in self.calls else self.now.builds)


def roll_back(monkeypatch: pytest.MonkeyPatch, account: Account, only: Part = Part.all) -> None:
    verified = kept_after("one")
    monkeypatch.setattr(rollback, "connect", lambda stack: account)
    monkeypatch.setattr(rollback, "config_store", lambda deployed: account)
    monkeypatch.setattr(rollback, "labels", account.labels)
    monkeypatch.setattr(rollback, "present", lambda *_: (account.now, ""))
    monkeypatch.setattr(rollback, "packages", lambda template: {})
    monkeypatch.setattr(Verified, "of", classmethod(lambda cls, deployed: verified))
    rollback.command(StackName.prod, only, dry_run=False)


def test_the_configuration_goes_back_before_the_code_that_could_not_read_the_newer_one(monkeypatch) -> None:
    account = Account(state("bad", release="r2"))
    roll_back(monkeypatch, account)
    assert account.calls == ["configuration r1", "code"]


def test_code_alone_does_not_go_back_to_where_another_configuration_was(monkeypatch) -> None:
    account = Account(state("bad", release="r2"))
    with pytest.raises(InputError, match=r"verified with configuration r1.*`vectora rollback --stack prod`"):
        roll_back(monkeypatch, account, Part.code)
    assert account.calls == []
    refuse_half(Part.code, state("one"), state("bad"), StackName.prod)
    roll_back(monkeypatch, same := Account(state("bad")), Part.code)
    assert same.calls == ["code"]


def test_nothing_goes_back_while_cloudformation_is_at_work() -> None:
    busy = Account(state("bad"), status="UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    with pytest.raises(VectoraError, match="wait stack-update-complete --stack-name vectora-inbox-prod"):
        settled(busy, StackName.prod)
    settled(Account(state("bad"), status="UPDATE_ROLLBACK_COMPLETE"), StackName.prod)


def waited(status: str) -> WaiterError:
    return WaiterError("StackUpdateComplete", "over", {"Stacks": [{"StackStatus": status}]})


def test_a_wait_that_ends_too_early_says_that_cloudformation_goes_on(monkeypatch) -> None:
    account = Account(state("bad", release="r2"), update=waited("UPDATE_IN_PROGRESS"))
    with pytest.raises(VectoraError, match=r"after 300 s .* goes on by itself.*`vectora smoke --stack prod`"):
        roll_back(monkeypatch, account)
    assert account.calls == ["configuration r1", "code"]


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED"])
def test_an_update_that_cloudformation_undoes_is_told_as_that(status: str) -> None:
    told = unfinished(waited(status), "vectora-inbox-prod", StackName.prod)
    assert f"({status}): the code is what it was" in told
    assert "`vectora rollback --stack prod`" in told


def test_what_cloudformation_refuses_is_told(monkeypatch) -> None:
    refusal = {"Error": {"Code": "ValidationError", "Message": "no such parameter"}}
    with pytest.raises(VectoraError, match="no such parameter"):
        roll_back(monkeypatch, Account(state("bad"), update=ClientError(refusal, "UpdateStack")))
    same = {"Error": {"Code": "ValidationError", "Message": "No updates are to be performed."}}
    roll_back(monkeypatch, Account(state("bad"), update=ClientError(same, "UpdateStack")))


PACKAGED = """
Resources:
  EngineFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: "s3://packages/vectora/0123", Role: !GetAtt EngineRole.Arn}
  IngestFunction:
    Properties: {CodeUri: {Bucket: packages, Key: vectora/4567}}
  DataBucket: {Type: AWS::S3::Bucket}
"""


def test_another_package_in_place_of_the_verified_one_is_named_with_how_to_put_that_back() -> None:
    places = packages(PACKAGED)
    assert places == {"EngineFunction": ("packages", "vectora/0123"), "IngestFunction": ("packages", "vectora/4567")}
    outputs = {"EngineFunctionName": "vectora-inbox-engine-prod"}
    good = state("one")
    check(good, {**good.builds, "NewFunction": "x"}, places, outputs, StackName.prod)
    with pytest.raises(VectoraError) as caught:
        check(good, {"EngineFunction": "commit-bad"}, places, outputs, StackName.prod)
    told = str(caught.value)
    assert "EngineFunction is built from commit-bad instead of commit-one" in told
    assert "--function-name vectora-inbox-engine-prod --s3-bucket packages --s3-key vectora/0123`" in told
    assert "vectora rollback" not in told, "template and parameters are the chosen ones: that would go further back"
