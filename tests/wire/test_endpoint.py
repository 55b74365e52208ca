"""Addresses and settings of a connector that can not work are refused before any I/O."""

import ssl

import pytest

from purreal._connector import WebSocketConnector
from purreal._credentials import Credentials
from purreal._errors import ConfigurationError

PASSWORD = "correct-horse"


@pytest.mark.parametrize(
    ("uri", "parameters", "message"),
    [
        ("http://db:8000", {}, "write ws://"),
        ("https://db", {}, "write wss://"),
        ("mem://", {}, "purreal serve"),
        ("db:8000", {}, "ws://"),
        ("ws://", {}, "no host"),
        ("ws://db:99999", {}, "port"),
        ("ws://db/rpc?x=1", {}, "after the path"),
        ("ws://db", {"database": "d"}, "needs a namespace"),
        ("ws://db", {"ssl": ssl.create_default_context()}, "wss://"),
        ("ws://db", {"credentials": Credentials("u", "p", level="namespace")}, "namespace"),
        ("ws://db", {"credentials": Credentials("u", "p", "database", "n")}, "database"),
    ],
)
def test_what_can_not_work_is_refused_at_once(uri, parameters, message):
    with pytest.raises(ConfigurationError, match=message):
        WebSocketConnector(uri, **parameters)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(ConfigurationError) as caught:
        WebSocketConnector(f"ws://app:{PASSWORD}@db")

    assert "credentials" in str(caught.value)
    assert "horse" not in str(caught.value)


@pytest.mark.parametrize(
    ("uri", "endpoint"),
    [
        ("ws://db:8000", "ws://db:8000/rpc"),
        ("ws://db:8000/", "ws://db:8000/rpc"),
        ("wss://db/surreal/rpc", "wss://db/surreal/rpc"),
        ("ws://[::1]:8000", "ws://[::1]:8000/rpc"),
    ],
)
def test_the_path_is_rpc_unless_there_is_one(uri, endpoint):
    assert WebSocketConnector(uri).endpoint == endpoint
