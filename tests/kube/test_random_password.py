"""Filling a Secret once: what is sent for which Secret, without an API server."""

from base64 import b64decode
from typing import Any

import pytest

from purreal_operator.random_password import Place, missing_entries

PLACE = Place("shop", "db", username_entry="user", password_entry="pass")


def secret(**entries: str) -> dict[str, Any]:
    metadata = {"name": "db", "resourceVersion": "7"}
    return {"metadata": metadata, "data": entries} if entries else {"metadata": metadata}


def test_an_empty_secret_gets_both_entries() -> None:
    change = missing_entries(secret(), PLACE, "new")

    assert change is not None
    assert {key: b64decode(value) for key, value in change["data"].items()} == {
        "user": b"root",
        "pass": b"new",
    }


def test_of_two_that_fill_it_at_once_one_is_refused() -> None:
    change = missing_entries(secret(), PLACE, "new")

    assert change is not None
    assert change["metadata"] == {"resourceVersion": "7"}


def test_a_filled_secret_stays_as_it_is() -> None:
    assert missing_entries(secret(**{"user": "YQ==", "pass": "Yg=="}), PLACE, "new") is None


@pytest.mark.parametrize("there", [{"user": "YQ=="}, {"pass": "Yg=="}, {"other": "Yw=="}])
def test_one_entry_alone_is_of_no_use(there: dict[str, str]) -> None:
    change = missing_entries(secret(**there), PLACE, "new")

    assert change is not None
    assert set(change["data"]) == {"user", "pass"}
