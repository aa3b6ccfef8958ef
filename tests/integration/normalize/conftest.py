from collections.abc import Iterator

import pytest

from tests.integration.normalize.stack import Stack, stack


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")


@pytest.fixture
def aws() -> Iterator[Stack]:
    with stack() as fresh:
        yield fresh
