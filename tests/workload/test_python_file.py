"""Python workloads: which functions are taken, how they are called, what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from purreal_runner.workload.errors import InvalidWorkload
from purreal_runner.workload.python_file import (
    FunctionReference,
    function_workload,
    python_workload,
)
from purreal_runner.workload.task import Task


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], FunctionReference]:
    def write(text: str) -> FunctionReference:
        path = tmp_path / "load.py"
        path.write_text(text)
        return FunctionReference(path, "simulate_work")

    return write


async def test_a_function_gets_its_lease_and_the_number_of_the_operation(
    make_task: Callable[..., Task], recording: Any
) -> None:
    async def simulate_work(conn: Any, task_id: int) -> None:
        await conn.query("RETURN $n", {"n": task_id})

    lease = recording()
    await function_workload(simulate_work).work(lease, make_task(number=12))

    assert lease.asked == [("RETURN $n", {"n": 12})]


async def test_a_function_that_declares_pool_gets_it(
    make_task: Callable[..., Task], recording: Any
) -> None:
    seen: list[Any] = []

    async def simulate_work(conn: Any, task_id: int, *, pool: Any) -> None:
        seen.append(pool)

    await function_workload(simulate_work).work(recording(), make_task(pool="the pool"))

    assert seen == ["the pool"]


async def test_a_file_may_set_up_and_tear_down(
    file: Callable[[str], FunctionReference], recording: Any
) -> None:
    workload = python_workload(
        file(
            "async def setup(conn): await conn.query('set up')\n"
            "async def simulate_work(conn, task_id): pass\n"
            "async def teardown(conn): await conn.query('tear down')\n"
        )
    )
    lease = recording()
    assert workload.set_up is not None
    assert workload.tear_down is not None

    await workload.set_up(lease)
    await workload.tear_down(lease)

    assert [text for text, _ in lease.asked] == ["set up", "tear down"]


def test_a_file_may_import_its_neighbours(
    file: Callable[[str], FunctionReference], tmp_path: Path
) -> None:
    (tmp_path / "neighbour_of_load.py").write_text("VALUE = 1\n")

    python_workload(
        file("import neighbour_of_load\nasync def simulate_work(conn, task_id): pass\n")
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def simulate_work(conn, task_id): pass", "async def simulate_work"),
        ("async def simulate_work(conn): pass", "must take"),
        ("async def simulate_work(conn, task_id, other): pass", "must take"),
        ("async def other(conn, task_id): pass", "no function simulate_work"),
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("this is no python", "SyntaxError"),
        (
            "async def simulate_work(conn, task_id): pass\ndef setup(conn): pass",
            "async def setup",
        ),
    ],
)
def test_what_can_not_be_used_is_refused_in_words(
    file: Callable[[str], FunctionReference], text: str, words: str
) -> None:
    with pytest.raises(InvalidWorkload, match=words):
        python_workload(file(text))


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidWorkload, match=r"nowhere\.py"):
        python_workload(FunctionReference(Path("nowhere.py"), "simulate_work"))
