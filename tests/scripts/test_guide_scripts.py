"""The guide's three scripts, run as the guide runs them."""

import os
import pstats
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from purreal import Lease
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.exit_codes import ExitCode
from purreal_runner.scripts import quick_stress
from purreal_runner.workload.task import Task

pytestmark = pytest.mark.timeout(50)

At = Callable[[RunningTarget], list[str]]
TESTS = Path(__file__).parent.parent


def run(*command: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *prefix, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=TESTS.parent,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )


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


@pytest.mark.parametrize(
    "script", ["stress_test_simple.py", "monitor_pool.py", "load_test_pool.py"]
)
def test_a_mistake_is_one_line(script: str) -> None:
    done = run(f"tests/{script}", "--min-size", "9", "--max-size", "3")

    assert done.returncode == ExitCode.INVALID_DOCUMENT
    [line] = done.stderr.splitlines()
    assert "--max-size" in line
