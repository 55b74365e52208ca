"""The guide's three scripts, run as the guide runs them."""

import os
import pstats
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from purreal import Credentials, Lease, SurrealDBConnectionPool
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.exit_codes import ExitCode
from purreal_runner.scripts import quick_stress
from purreal_runner.workload.task import Task

pytestmark = pytest.mark.timeout(50)

At = Callable[[RunningTarget], list[str]]
TESTS = Path(__file__).parent.parent
NAMESPACE = "guide"


def run(*command: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *prefix, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS.parent,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )


def own_database(options: list[str]) -> list[str]:
    """Nobody else's, so that a test can say what is in it."""
    return [*options, "--database", f"guide_{uuid4().hex[:8]}"]


QUICK_STRESS = r"""={80}
QUICK STRESS TEST: 20 concurrent connections
={80}

✓ Pool initialized: 2 initial connections

Launching 20 concurrent workers\.\.\.

={80}
RESULTS:
  Duration:    \d+\.\d\ds
  Operations:  200 total
  Successful:  200 \(100\.0%\)
  Failed:      0 \(0\.0%\)
  Throughput:  \d+ ops/sec
  Pool stats:  2\d connections, \d available

✓ SUCCESS: Pool handled 20 concurrent connections!
={80}
"""


def test_the_quick_stress_test_prints_the_guides_layout(target: RunningTarget, at: At) -> None:
    done = run("tests/stress_test_simple.py", "20", *at(target))

    assert re.fullmatch(QUICK_STRESS, done.stdout), done.stdout + done.stderr
    assert done.returncode == ExitCode.OK


def test_five_hundred_connections_at_once_all_succeed(target: RunningTarget, at: At) -> None:
    done = run("tests/stress_test_simple.py", "500", *at(target))

    assert "  Successful:  5000 (100.0%)\n" in done.stdout, done.stdout + done.stderr
    assert "  Pool stats:  500 connections, 0 available\n" in done.stdout
    assert done.returncode == ExitCode.OK


def test_a_failed_operation_shows_in_the_results_and_the_exit_code(
    embedded_target: RunningTarget,
    at: At,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def every_fourth_fails(conn: Lease, task: Task) -> float:
        if task.number % 4 == 0:
            raise RuntimeError("a fourth of them")
        return 0.0

    monkeypatch.setattr(quick_stress, "record_work", lambda _tables: every_fourth_fails)

    code = quick_stress.main(["8", *at(embedded_target)])

    shown = capsys.readouterr()
    assert "  Successful:  60 (75.0%)\n  Failed:      20 (25.0%)\n" in shown.out
    assert "✗ FAILED" in shown.out
    assert "20 × RuntimeError (application): a fourth of them" in shown.err
    assert code == ExitCode.ERROR


def test_without_a_url_the_monitor_has_a_load_of_its_own_and_ends_by_itself() -> None:
    done = run("tests/monitor_pool.py", "--workers", "10", "--duration", "1")

    bars = re.findall(
        r"^\[[█░]{40}\] Total: +\d+ \| Used: +\d+ \| Free: +\d+ \| Util: +\d+\.\d%$",
        done.stdout,
        re.MULTILINE,
    )
    assert bars, done.stdout + done.stderr
    assert done.returncode == ExitCode.OK


LOAD_TEST = r"""={80}
LOAD TEST REPORT
={80}

Operations:
  Total:      [\d,]+
  Successful: [\d,]+
  Failed:     0
  Success Rate: 100\.00%

Throughput:
  Duration: \d+\.\d\ds
  Ops/sec:  \d+\.\d\d
  Peak Concurrent: \d+

Connection Acquisition \(ms\):
  MIN:  \d+\.\d\d
  MAX:  \d+\.\d\d
  AVG:  \d+\.\d\d
  P50:  \d+\.\d\d
  P95:  \d+\.\d\d
  P99:  \d+\.\d\d

Query Execution \(ms\):
  MIN:  \d+\.\d\d
  MAX:  \d+\.\d\d
  AVG:  \d+\.\d\d
  P50:  \d+\.\d\d
  P95:  \d+\.\d\d
  P99:  \d+\.\d\d
"""


def test_the_comprehensive_test_reports_each_scenario_in_the_guides_layout(
    target: RunningTarget, at: At
) -> None:
    done = run("tests/load_test_pool.py", "--percent", "4", *at(target))

    assert len(re.findall(LOAD_TEST, done.stdout)) == 4, done.stdout + done.stderr
    assert done.returncode == ExitCode.OK


def test_an_edited_simulate_work_is_what_the_sustained_scenario_does(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    script = tmp_path / "load_test_pool.py"
    text = (TESTS / "load_test_pool.py").read_text()
    head, _, tail = text.partition("    [user] = await")
    end = tail.index("\n\n\nif __name__")
    script.write_text(f"{head}    raise RuntimeError('edited')\n{tail[end:]}")

    done = run(str(script), "--percent", "2", "--only", "sustained", *at(embedded_target))

    assert "100 × RuntimeError (application): edited" in done.stderr, done.stderr
    assert done.returncode == ExitCode.ERROR


def test_a_profile_of_the_comprehensive_test_shows_the_work(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    file = tmp_path / "profile.stats"
    given = ["--percent", "2", "--only", "sustained", *at(embedded_target)]

    done = run("tests/load_test_pool.py", *given, prefix=("-m", "cProfile", "-o", str(file)))

    assert done.returncode == ExitCode.OK, done.stderr
    seen = {key[2] for key in vars(pstats.Stats(str(file)))["stats"]}
    assert "simulate_work" in seen


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


@pytest.mark.parametrize(
    "script", ["stress_test_simple.py", "monitor_pool.py", "load_test_pool.py"]
)
def test_a_mistake_is_one_line(script: str) -> None:
    done = run(f"tests/{script}", "--min-size", "9", "--max-size", "3")

    assert done.returncode == ExitCode.INVALID_DOCUMENT
    [line] = done.stderr.splitlines()
    assert "--max-size" in line
