"""The guide's common issues: each example shows its issue, and its advice names the guide's fix."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from purreal_runner.embedded.launch import RunningTarget

pytestmark = pytest.mark.timeout(40)

ROOT = Path(__file__).parent.parent.parent
ISSUES = "examples/common-issues"


@pytest.fixture
def report(embedded_target: RunningTarget, at: Any, tmp_path: Path) -> Any:
    def run(*what: str) -> dict[str, Any]:
        output = tmp_path / "report.json"
        options = [*what, *at(embedded_target)]
        command = [sys.executable, "-m", "purreal_runner.cli", "run", *options]
        done = subprocess.run(
            [*command, "--output", str(output)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )
        assert output.exists(), done.stderr
        loaded: dict[str, Any] = json.loads(output.read_text())
        return loaded

    return run


def fixes(report: dict[str, Any]) -> set[str]:
    return {advice["fix"] for advice in report["advice"]}


def test_connection_exhaustion_times_out_and_is_advised_to_raise_max_size(report: Any) -> None:
    seen = report(f"{ISSUES}/connection-exhaustion.yaml")

    assert seen["operations"]["timedOut"] > 0
    assert seen["verdict"] == "Failed"
    assert "RaiseMaxSize" in fixes(seen)


def test_following_the_advice_ends_the_exhaustion(report: Any) -> None:
    seen = report(f"{ISSUES}/connection-exhaustion.yaml", "--max-size", "60")

    assert seen["operations"]["succeeded"] == 60
    assert seen["verdict"] == "Passed"


def test_slow_acquisition_is_advised_to_raise_min_size(report: Any) -> None:
    seen = report(f"{ISSUES}/slow-acquisition.yaml")

    assert seen["operations"]["succeeded"] == 200
    assert seen["latencies"]["acquire"]["p95"] > 0.020
    assert "RaiseMinSize" in fixes(seen)


def test_memory_growth_is_noticed_and_advised_to_lower_idle_time_and_lifetime(report: Any) -> None:
    given = ["--workers", "10", "--operations", "600"]

    seen = report("--workload", f"{ISSUES}/memory_growth.py", *given)

    assert any("memory" in sign["message"].lower() for sign in seen["warningSigns"])
    assert "LowerIdleTimeAndLifetime" in fixes(seen)


def test_leaked_leases_are_counted_and_advised_to_be_given_back(report: Any) -> None:
    given = ["--workers", "5", "--operations", "100", "--max-size", "20"]

    seen = report("--workload", f"{ISSUES}/leaked_leases.py", *given)

    [pool] = seen["pool"]["pools"]
    assert pool["afterLoad"]["used"] == 5
    assert "GiveLeasesBack" in fixes(seen)


def test_nested_acquires_end_at_once_and_are_advised_to_be_checked(report: Any) -> None:
    given = ["--workers", "10", "--operations", "100", "--max-size", "10"]

    seen = report("--workload", f"{ISSUES}/nested_acquire.py", *given)

    assert "NestedAcquireError" in {error["type"] for error in seen["errors"]}
    [advice] = [advice for advice in seen["advice"] if advice["fix"] == "AvoidNestedAcquire"]
    assert "nested acquire()" in advice["action"]
    assert "nested_acquire.py" in advice["because"]
