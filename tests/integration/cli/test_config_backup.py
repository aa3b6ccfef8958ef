"""Backups of the configuration on moto's S3: complete, verified, and never half-restored."""

from collections.abc import Iterator
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws

from cli import config_backup, config_tree
from cli.config_backup import INDEX, backup, releases, restore, verified_backup
from cli.stacks import StackName
from shared.config.loader import DirectorySource
from shared.config.store import S3ConfigStore
from shared.errors import ConfigError, InputError

REGION = "eu-west-3"


class Stack:
    """A stack with what these commands need of it."""

    outputs: ClassVar[dict[str, str]] = {"ConfigBucketName": "lab-config"}

    def client(self, service: str, config: Any = None) -> Any:
        return boto3.client(service, region_name=REGION)


@pytest.fixture
def scheduled(monkeypatch) -> list[tuple[str, bool]]:
    """Release and dryness of each time that schedules were made those of a tree."""
    told: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        config_backup, "push_schedules", lambda _, __, tree, *, dry_run: told.append((tree.release, dry_run))
    )
    return told


@pytest.fixture
def store(monkeypatch, scheduled) -> Iterator[S3ConfigStore]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(config_backup, "connect", lambda name: Stack())
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="lab-config", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield S3ConfigStore(s3, "lab-config")


@pytest.fixture
def files():
    return DirectorySource(config_tree.DEFAULT).files()


def test_a_backup_holds_every_file_with_its_checksum_and_can_be_restored(store, files, tmp_path, capsys):
    first = store.push(files)
    backup(tmp_path / "kept", StackName.dev, None)
    assert verified_backup(tmp_path / "kept", StackName.dev) == files
    changed = {**files, "clients/demo.yaml": files["clients/demo.yaml"] + b"# another comment\n"}
    store.push(changed)

    restore(str(tmp_path / "kept"), StackName.dev, dry_run=True)
    assert store.current() != first
    restore(str(tmp_path / "kept"), StackName.dev, dry_run=False)
    assert store.current() == first
    assert "changed  clients/demo.yaml" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_a_backup_that_was_touched_is_refused_naming_the_file(store, files, tmp_path, damage):
    store.push(files)
    backup(tmp_path / "kept", StackName.dev, None)
    path = tmp_path / "kept" / "clients" / ("new.yaml" if damage == "added" else "demo.yaml")
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"changed: true\n")
    before = store.current()
    with pytest.raises(ConfigError, match=path.name):
        restore(str(tmp_path / "kept"), StackName.dev, dry_run=False)
    assert store.current() == before


def test_an_older_release_is_restored_by_its_id_with_its_schedules(store, files, scheduled):
    first = store.push(files)
    store.push({**files, "clients/demo.yaml": files["clients/demo.yaml"] + b"# another comment\n"})
    assert set(releases(boto3.client("s3", region_name=REGION), "lab-config")) == {first, store.current()}
    restore(first, StackName.dev, dry_run=True)
    restore(first, StackName.dev, dry_run=False)
    assert store.current() == first
    assert scheduled == [(first, True), (first, False)]
    restore(first, StackName.local, dry_run=False)
    restore(first, StackName.dev, dry_run=False, schedules=False)
    assert len(scheduled) == 2


def test_a_release_that_is_damaged_in_the_bucket_is_refused(store, files):
    release = store.push(files)
    key = f"releases/{release}/clients/demo.yaml"
    boto3.client("s3", region_name=REGION).put_object(Bucket="lab-config", Key=key, Body=b"other: true\n")
    with pytest.raises(ConfigError, match="damaged"):
        store.verified(release)


def test_what_is_neither_folder_nor_release_is_told_with_those_that_are(store, files, tmp_path):
    release = store.push(files)
    with pytest.raises(InputError, match=release):
        restore("0123456789abcdef", StackName.dev, dry_run=False)
    (tmp_path / "plain").mkdir()
    with pytest.raises(InputError, match=INDEX):
        restore(str(tmp_path / "plain"), StackName.dev, dry_run=False)


def test_a_folder_with_something_in_it_is_never_overwritten(store, files, tmp_path):
    store.push(files)
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        backup(tmp_path, StackName.dev, None)
