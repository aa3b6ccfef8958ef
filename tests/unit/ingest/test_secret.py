"""PubMed's key: read once; without it PubMed is read more slowly, and nothing else is touched."""

import logging

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from services.ingest.adapters import SsmSecret


class Ssm:
    def __init__(self, answer: str | Exception) -> None:
        self.answer, self.calls = answer, 0

    def get_parameter(self, **_: object) -> dict[str, dict[str, str]]:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Parameter": {"Value": self.answer}}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetParameter")


def test_the_key_is_read_once() -> None:
    ssm = Ssm("k")
    secret = SsmSecret(ssm, "/key")
    assert (secret(), secret(), ssm.calls) == ("k", "k", 1)


def test_without_a_path_or_a_parameter_there_is_none(caplog: pytest.LogCaptureFixture) -> None:
    assert SsmSecret(Ssm("k"), "")() == ""
    assert SsmSecret(Ssm(refused("ParameterNotFound")), "/key")() == ""
    assert caplog.records == []


@pytest.mark.parametrize(
    "error", [refused("AccessDeniedException"), EndpointConnectionError(endpoint_url="https://ssm")]
)
def test_a_key_that_cannot_be_read_is_told_and_done_without(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert SsmSecret(Ssm(error), "/key")() == ""
    assert "could not be read" in caplog.text
