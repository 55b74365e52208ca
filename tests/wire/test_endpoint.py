"""Addresses and settings of a connector that can not work are refused before any I/O."""

import ssl
import traceback

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


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (f"ws://app:{PASSWORD}@db", "credentials"),
        (f"ws://app:#{PASSWORD}@db:8000", "credentials"),
        (f"ws://app:a/{PASSWORD}@db:8000", "credentials"),
        (f"http://app:#{PASSWORD}@db", "credentials"),
        (f"app:{PASSWORD}@db:8000", "credentials"),
        (f"ws://[app:{PASSWORD}@db", "credentials"),
        (f"ws://db:8000/rpc?token={PASSWORD}", "after the path"),
        (f"ws://db:8000/rpc#{PASSWORD}", "after the path"),
        (f"https://db:8000/rpc?token={PASSWORD}", "write wss://"),
        (f"ws://app:{PASSWORD}%40db", "port"),
        (f"app:{PASSWORD}", "begin with"),
        (f"ws://[{PASSWORD}", "can not be read"),
        (f"ws://{PASSWORD}\u2100/", "can not be read"),
        ("ws://[::1", "can not be read"),
        ("ws://db/?", "after the path"),
    ],
)
def test_no_part_of_an_address_that_may_be_secret_is_repeated(uri, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        WebSocketConnector(uri)

    shown = traceback.format_exception(caught.value)
    # The line of this file that the traceback quotes holds no password.
    assert "horse" not in "".join(shown)


def test_a_harmless_address_is_quoted():
    with pytest.raises(ConfigurationError, match=r"'http://db\.example:8000/rpc'"):
        WebSocketConnector("http://db.example:8000/rpc")


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
