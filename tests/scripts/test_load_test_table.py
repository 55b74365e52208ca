"""The table of the comprehensive load test: the run's own, whatever else is in the database."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from purreal import Credentials, SurrealDBConnectionPool
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.exit_codes import ExitCode

pytestmark = pytest.mark.timeout(50)

At = Callable[[RunningTarget], list[str]]
TESTS = Path(__file__).parent.parent
NAMESPACE = "guide"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, cwd=TESTS.parent
    )


def own_database(options: list[str]) -> list[str]:
    """Nobody else's, so that a test can say what is in it."""
    return [*options, "--database", f"guide_{uuid4().hex[:8]}"]


async def ask(target: RunningTarget, database: str, query: str) -> object:
    credentials = Credentials(target.username, target.password)
    async with SurrealDBConnectionPool(
        target.url, credentials=credentials, namespace=NAMESPACE, database=database, min_size=1
    ) as pool:
        return await pool.query(query)


@pytest.mark.parametrize(
    "command",
    [
        "tests/load_test_pool.py --percent 2 --only sustained",
        "-m purreal_runner.cli run --workload tests/load_test_pool.py"
        " --workers 4 --operations 40 --processes 2",
    ],
    ids=["script", "two processes"],
)
async def test_the_load_test_leaves_nothing_behind_and_no_table_of_others_away(
    target: RunningTarget, at: At, command: str
) -> None:
    options = own_database(at(target))
    database = options[-1]
    await ask(target, database, "CREATE purreal_load_test:mine")

    done = run(*command.split(), "--namespace", NAMESPACE, *options)

    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    assert await ask(target, database, "SELECT VALUE record::id(id) FROM purreal_load_test") == [
        "mine"
    ]
    tables = await ask(target, database, "RETURN object::keys((INFO FOR DB).tables)")
    assert tables == ["purreal_load_test"]


async def test_a_table_that_exists_already_is_refused_and_kept(
    embedded_target: RunningTarget, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = own_database(at(embedded_target))
    database = options[-1]
    await ask(embedded_target, database, "CREATE precious:mine")
    monkeypatch.setenv("PURREAL_LOAD_TEST_TABLE", "precious")
    given = ["--only", "sustained", "--percent", "2", "--namespace", NAMESPACE, *options]

    done = run("tests/load_test_pool.py", *given)

    assert "'precious' already exists" in done.stderr
    assert done.returncode == ExitCode.ERROR
    kept = await ask(embedded_target, database, "SELECT VALUE record::id(id) FROM precious")
    assert kept == ["mine"]


GUIDES_OWN_WORK = '''\
    await conn.query("""
        CREATE user:test SET
            email = $email,
            data = $data,
            created = time::now()
    """, {
        "email": f"user{task_id}@test.com",
        "data": {"key": "value" * 100}  # Realistic payload size
    })
'''


def test_the_query_of_the_guide_can_be_put_in_place(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    script = tmp_path / "load_test_pool.py"
    text = (TESTS / "load_test_pool.py").read_text()
    head, _, tail = text.partition("    [user] = await")
    script.write_text(f"{head}{GUIDES_OWN_WORK}{tail[tail.index(chr(10) * 3 + 'if __name__') :]}")
    options = own_database(at(embedded_target))

    done = run(str(script), "--percent", "2", "--only", "sustained", *options)

    assert "  Successful: 1\n  Failed:     99\n" in done.stdout, done.stdout + done.stderr
    assert "`user:test` already exists" in done.stderr
