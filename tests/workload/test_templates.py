"""Templates: what a placeholder becomes, what keeps its type, what is refused."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from purreal_runner.workload.errors import InvalidWorkload
from purreal_runner.workload.tables import OwnTables
from purreal_runner.workload.task import Task
from purreal_runner.workload.templates import compile_template, name_tables, tables_named

TABLES = OwnTables("load_x")
MakeTask = Callable[..., Task]


def made(template: Any, task: Task) -> Any:
    return compile_template(template, TABLES)(task)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("${worker}", 3),
        ("${iteration}", 4),
        ("${pool}", 2),
        ("${task}", 7),
        ("user${task}@test.com", "user7@test.com"),
        ("${pool}-${worker}-${iteration}", "2-3-4"),
        ("${table:item}", "load_x_item"),
        ("no placeholder", "no placeholder"),
        ("$name {a: 1}", "$name {a: 1}"),
        (42, 42),
        (None, None),
        ({"n": "${worker}", "list": ["${task}", "x"]}, {"n": 3, "list": [7, "x"]}),
    ],
)
def test_a_placeholder_stands_for_a_value_of_the_task(
    template: Any, value: Any, make_task: MakeTask
) -> None:
    assert made(template, make_task()) == value


@pytest.mark.parametrize(
    ("template", "kind", "pattern"),
    [
        ("${int:1:9}", int, r"[1-9]"),
        ("${float:0:1}", float, r"0\.\d+"),
        ("${string:12}", str, r"[a-z0-9]{12}"),
        ("${choice:red, green}", str, r"red|green"),
        ("${payload:2048}", str, r"[a-z0-9]{2048}"),
        ("${uuid}", UUID, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ],
)
def test_random_values_have_their_type_and_shape(
    template: str, kind: type, pattern: str, make_task: MakeTask
) -> None:
    value = made(template, make_task())

    assert isinstance(value, kind)
    assert re.fullmatch(pattern, str(value))


def test_the_same_seed_makes_the_same_values(make_task: MakeTask) -> None:
    template = {"a": "${int:1:1000000}", "b": "${uuid}", "c": "x${string:9}"}

    assert made(template, make_task(seed=5)) == made(template, make_task(seed=5))
    assert made(template, make_task(seed=5)) != made(template, make_task(seed=6))


@pytest.mark.parametrize(
    "template",
    [
        "${nothing}",
        "a ${nothing} b",
        "${int}",
        "${int:9:1}",
        "${int:1}",
        "${int:a:b}",
        "${string:0}",
        "${payload:99999999999}",
        "${table:no-name}",
        "${worker:3}",
        "half ${worker",
    ],
)
def test_a_wrong_placeholder_is_refused_by_name(template: str) -> None:
    with pytest.raises(InvalidWorkload, match=re.escape("${")):
        compile_template(template, TABLES)


def test_a_query_names_own_tables_and_nothing_else() -> None:
    assert name_tables("SELECT * FROM ${table:a}", TABLES) == "SELECT * FROM load_x_a"
    with pytest.raises(InvalidWorkload, match="params"):
        name_tables("SELECT ${worker}", TABLES)


def test_own_tables_are_found_wherever_they_are_mentioned() -> None:
    assert tables_named("SELECT * FROM ${table:a}, ${table:b}") == {"a", "b"}
    assert tables_named({"x": ["${table:c}", 1], "y": "${worker}"}) == {"c"}
