import pytest

from local.emulator import neutral_environment
from local.errors import LocalStackError, os_errors
from local.layout import layout


@pytest.mark.parametrize("text", ["0", "70000", "-1", "http", "4566.0"])
def test_a_port_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(LocalStackError, match="VECTORA_LOCAL_PORT"):
        layout({"VECTORA_LOCAL_PORT": text})


def test_no_profile_or_credential_of_the_user_reaches_the_stack() -> None:
    user = {"AWS_PROFILE": "prod", "AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_ENDPOINT_URL_S3": "https://x", "PATH": "/bin"}

    given = neutral_environment(user)

    assert given["AWS_ACCESS_KEY_ID"] == "test"
    assert not {"AWS_PROFILE", "AWS_ENDPOINT_URL_S3"} & given.keys()
    assert given["PATH"] == "/bin"


def test_a_full_disk_is_said_in_one_line() -> None:
    with pytest.raises(LocalStackError, match="the disk is full while deploying"), os_errors("deploying"):
        raise OSError(28, "No space left on device")
