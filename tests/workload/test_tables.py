"""Own tables: names that need no quoting and tell two runs apart."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purreal_runner.workload.tables import OwnTables


@given(st.text(max_size=80))
def test_any_run_name_gives_a_plain_identifier(name: str) -> None:
    assert re.fullmatch(r"load_[a-z0-9_]+", OwnTables.named_after(name).prefix)


def test_two_runs_of_the_same_name_have_different_tables() -> None:
    assert OwnTables.named_after("a").prefix != OwnTables.named_after("a").prefix


def test_tables_are_made_and_removed_by_their_own_names() -> None:
    tables = OwnTables.named_after("Checkout 500", token="abc")

    assert tables.name("item") == "load_checkout_500_abc_item"
    assert all("load_checkout_500_abc_item" in text for text in tables.define(["item"]))
    assert tables.remove(["item"]) == ["REMOVE TABLE IF EXISTS load_checkout_500_abc_item"]


@pytest.mark.parametrize("name", ["", "a b", "a;REMOVE", "1a", "a`"])
def test_a_name_that_is_no_identifier_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        OwnTables("load_x").name(name)
