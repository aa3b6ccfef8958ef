"""Every error is one message and an exit status."""

import errno

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from cli.errors import StalledError, message, report
from shared.contracts.events import IngestEvent
from shared.errors import ConfigError, InputError, NotFoundError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError("clients/x.yaml:3: wrong"), 2),
        (InputError("no client 'x'"), 2),
        (NotFoundError("nothing"), 1),
        (StalledError("engine", "it stands"), 1),
        (OSError(errno.ENOSPC, "No space left on device"), 1),
        (KeyError("x"), 1),
    ],
)
def test_bad_usage_and_configuration_exit_2_everything_else_1(error, status, capsys):
    assert report(error) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert "Traceback" not in captured.err


def test_the_traceback_is_shown_to_those_who_ask(capsys, monkeypatch):
    monkeypatch.setenv("VECTORA_DEBUG", "1")
    report(KeyError("x"))
    assert "KeyError: 'x'" in capsys.readouterr().err


def denied(code):
    return ClientError({"Error": {"Code": code, "Message": "because"}}, "PutObject")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "out/x"), "disk full (out/x)"),
        (OSError(errno.EADDRINUSE, "Address already in use"), "port taken"),
        (PermissionError(errno.EACCES, "Permission denied", "out"), "not permitted (out)"),
        (NoCredentialsError(), "AWS_PROFILE"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "vectora local status"),
        (denied("AccessDenied"), "AWS refused PutObject (AccessDenied): because"),
        (denied("ExpiredToken"), "sign in again"),
        (StalledError("engine", "it stands"), "engine stalled: it stands"),
        (RuntimeError("odd"), "VECTORA_DEBUG=1"),
    ],
)
def test_messages_name_the_cause_or_the_next_step(error, told):
    assert told in message(error)


def test_a_record_of_another_version_is_told_by_its_field():
    with pytest.raises(ValueError) as caught:
        IngestEvent.model_validate({"client": "x"})
    assert "IngestEvent" in message(caught.value)
    assert "client" in message(caught.value)
