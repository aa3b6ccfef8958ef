"""The fetch gateway from the environment: checked before anything is started."""

import socket

import pytest

from cli import gateway
from cli.stacks import StackName
from shared.errors import InputError, VectoraError


def test_no_variable_means_no_gateway(monkeypatch):
    monkeypatch.delenv(gateway.VARIABLE, raising=False)
    assert gateway.from_environment(StackName.local) is None


def test_an_origin_is_taken_without_its_slash(monkeypatch):
    monkeypatch.setenv(gateway.VARIABLE, "http://127.0.0.1:8640/")
    assert gateway.from_environment(StackName.local) == "http://127.0.0.1:8640"


@pytest.mark.parametrize("value", ["127.0.0.1:8640", "https://127.0.0.1:1", "http://", "http://127.0.0.1:1/path"])
def test_what_is_no_http_origin_is_refused(monkeypatch, value):
    monkeypatch.setenv(gateway.VARIABLE, value)
    with pytest.raises(InputError, match="not an http origin"):
        gateway.from_environment(StackName.local)


def test_a_gateway_never_goes_to_aws(monkeypatch):
    monkeypatch.setenv(gateway.VARIABLE, "http://127.0.0.1:8640")
    with pytest.raises(InputError, match="local stack only"):
        gateway.from_environment(StackName.prod)


def test_any_http_answer_shows_that_the_gateway_is_there(httpserver):
    gateway.check(httpserver.url_for("").rstrip("/"))  # it answers 500 here: nothing is expected


def test_a_silent_gateway_is_named_with_its_variable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(VectoraError, match=f"{origin} does not answer.*{gateway.VARIABLE}"):
            gateway.check(origin)
