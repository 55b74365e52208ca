"""Credentials: what fits together, how the server reads it, and that secrets stay hidden."""

import pytest

from purreal._credentials import Credentials


@pytest.mark.parametrize(
    ("credentials", "parameters"),
    [
        (Credentials("u", "p"), {"user": "u", "pass": "p"}),
        (Credentials("u", "p", "namespace"), {"user": "u", "pass": "p", "ns": "N"}),
        (Credentials("u", "p", "database"), {"user": "u", "pass": "p", "ns": "N", "db": "D"}),
        (
            Credentials("u", "p", "database", "n", "d"),
            {"user": "u", "pass": "p", "ns": "n", "db": "d"},
        ),
        (
            Credentials(level="record", access="acc", variables={"email": "e"}),
            {"ns": "N", "db": "D", "ac": "acc", "email": "e"},
        ),
    ],
)
def test_each_level_is_spelled_as_the_server_reads_it(credentials, parameters):
    assert credentials.sign_in_parameters("N", "D") == parameters


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"username": "u"},
        {"username": "u", "password": "p", "level": "emperor"},
        {"username": "u", "password": "p", "access": "a"},
        {"level": "record"},
        {"level": "record", "access": "a", "username": "u"},
        {"level": "record", "access": "a", "variables": {"ns": 1}},
    ],
)
def test_credentials_that_do_not_fit_together_are_refused(parts):
    with pytest.raises(ValueError, match=r"credentials|reserved|belong"):
        Credentials(**parts)


def test_credentials_hide_their_secrets():
    user = Credentials("app", "s3cret")
    record = Credentials(level="record", access="acc", variables={"pass": "s3cret"})

    shown = f"{user!r} {user} {user.describe()} {record!r} {record} {record.describe()}"

    assert "s3cret" not in shown
    assert "app" in shown
    assert "acc" in shown
