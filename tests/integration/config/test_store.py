"""Releases in a bucket: verified before they are current, loaded once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.config.loader import DirectorySource
from shared.config.sources import release_sha
from shared.config.store import S3ConfigStore
from shared.errors import ConfigError, NotFoundError

FILES = DirectorySource(Path(__file__).parents[3] / "config").files()
BUCKET = "vectora-inbox-config-test"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


class DyingS3:
    """Passes calls on until `puts` objects were written, then fails."""

    def __init__(self, client: Any, puts: int) -> None:
        self._client, self._puts = client, puts

    def put_object(self, **arguments: Any) -> Any:
        self._puts -= 1
        if self._puts < 0:
            raise ConnectionError("killed half-way")
        return self._client.put_object(**arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def changed(files: dict[str, bytes]) -> dict[str, bytes]:
    return {**files, "clients/demo.yaml": files["clients/demo.yaml"] + b"notes: changed\n"}


def test_push_makes_a_release_current_and_it_loads_once(s3: Any) -> None:
    store = S3ConfigStore(s3, BUCKET)
    release = store.push(FILES)
    assert store.current() == release
    tree = store.load(release)
    assert tree.release == release
    assert store.load(release) is tree
    assert not store.diff(FILES)
    assert store.diff(changed(FILES)).changed == ("clients/demo.yaml",)


def test_a_push_killed_half_way_leaves_the_old_release_current(s3: Any) -> None:
    old = S3ConfigStore(s3, BUCKET).push(FILES)
    for puts in (0, 3, len(FILES)):
        with pytest.raises(ConnectionError):
            S3ConfigStore(DyingS3(s3, puts), BUCKET).push(changed(FILES))
        assert S3ConfigStore(s3, BUCKET).current() == old


def test_an_invalid_tree_is_refused_before_anything_is_written(s3: Any) -> None:
    with pytest.raises(ConfigError, match=r"clients/demo\.yaml"):
        S3ConfigStore(s3, BUCKET).push({**FILES, "clients/demo.yaml": b"nonsense: 1\n"})
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_what_was_never_pushed_is_said_with_the_next_step(s3: Any) -> None:
    store = S3ConfigStore(s3, BUCKET)
    with pytest.raises(NotFoundError, match="vectora config push"):
        store.current()
    with pytest.raises(NotFoundError, match="no release feed"):
        store.load("feed")


def test_an_older_release_is_made_current_by_its_checksum_though_this_code_cannot_read_it(s3: Any) -> None:
    store = S3ConfigStore(s3, BUCKET)
    present = store.push(FILES)
    foreign = {**FILES, "clients/demo.yaml": FILES["clients/demo.yaml"] + b"of_another_version: 1\n"}
    older = release_sha(foreign)
    for path, body in foreign.items():
        s3.put_object(Bucket=BUCKET, Key=f"releases/{older}/{path}", Body=body)
    store.make_current(older)
    assert store.current() == older
    with pytest.raises(ConfigError):
        store.load(older)
    store.make_current(present)
    s3.put_object(Bucket=BUCKET, Key=f"releases/{older}/clients/demo.yaml", Body=b"damaged")
    for damaged in (older, "feed"):
        with pytest.raises(ConfigError, match="damaged or absent"):
            store.make_current(damaged)
    assert store.current() == present
