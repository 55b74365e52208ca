"""What goes wrong with a script or its command line is one line for whoever started it."""

import argparse
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.exit_codes import ExitCode
from purreal_runner.load import run as run_module
from purreal_runner.scripts import full_load, monitored_load, quick_stress
from purreal_runner.scripts.script_process import run_script
from purreal_runner.scripts.script_run import script_parser
from purreal_runner.workload.python_file import function_workload

pytestmark = pytest.mark.timeout(50)

At = Callable[[RunningTarget], list[str]]
Main = Callable[[list[str]], int]
ROOT = Path(__file__).parent.parent.parent
STRESS = (sys.executable, "tests/stress_test_simple.py")


async def nothing(conn: object, task_id: int) -> None:
    pass


def full_load_main(argv: list[str]) -> int:
    return full_load.main(function_workload(nothing), argv)


@pytest.fixture(params=[quick_stress.main, monitored_load.main, full_load_main])
def main(request: pytest.FixtureRequest) -> Main:
    """Each script in turn."""
    chosen: Main = request.param
    return chosen


@pytest.mark.parametrize(
    "options", [["--password", "s3cret"], ["--password=s3cret"], ["--pass", "s3cret"]]
)
def test_a_password_on_the_command_line_is_refused(main: Main, options: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)

    assert ended.value.code == ExitCode.USAGE


def test_a_refused_password_is_not_repeated(main: Main, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--password", "s3cret"])

    [line] = capsys.readouterr().err.splitlines()
    assert "s3cret" not in line
    assert "use --password-file" in line


@pytest.mark.parametrize("number", ["0", "100001", "ten"])
def test_the_quick_stress_test_complains_about_its_own_argument(
    number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        quick_stress.main([number])

    assert ended.value.code == ExitCode.USAGE
    assert f"argument N: must be a whole number from 1 to 100,000, not '{number}'" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("percent", ["0", "-5"])
def test_a_share_of_nothing_is_refused(percent: str) -> None:
    with pytest.raises(SystemExit) as ended:
        full_load_main([f"--percent={percent}"])

    assert ended.value.code == ExitCode.USAGE


def test_an_event_loop_that_is_not_installed_is_one_line(
    main: Main, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "uvloop" else find_spec(name, *rest),
    )

    code = main(["--loop", "uvloop"])

    [line] = capsys.readouterr().err.splitlines()
    assert "uvloop is not installed" in line
    assert code == ExitCode.USAGE


def test_what_nobody_expected_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_: argparse.Namespace) -> int:
        raise RuntimeError("of all things")

    code = run_script(broken, script_parser(""), [])

    [line] = capsys.readouterr().err.splitlines()
    assert line == "unexpected RuntimeError: of all things (more with --log-level DEBUG)"
    assert code == ExitCode.ERROR


def test_a_reader_that_goes_away_is_no_traceback(embedded_target: RunningTarget, at: At) -> None:
    process = subprocess.Popen(
        [*STRESS, "2", *at(embedded_target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()

    assert told == b""
    assert process.returncode == ExitCode.ERROR


def test_a_terminal_without_the_guides_signs_gets_question_marks(
    embedded_target: RunningTarget, at: At
) -> None:
    done = subprocess.run(
        [*STRESS, "2", *at(embedded_target)],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )

    assert b"\n? SUCCESS: Pool handled 2 concurrent connections!\n" in done.stdout, done.stderr
    assert done.returncode == ExitCode.OK


def test_a_table_that_could_not_be_dropped_is_told(
    embedded_target: RunningTarget,
    at: At,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def in_vain(*_: object, **__: object) -> str:
        return "tables load_x_* could not be dropped: of all things"

    monkeypatch.setattr(run_module, "clean_up", in_vain)

    quick_stress.main(["2", *at(embedded_target)])

    assert "tables load_x_* could not be dropped: of all things\n" in capsys.readouterr().err


def test_what_is_kept_is_told(
    embedded_target: RunningTarget, at: At, capsys: pytest.CaptureFixture[str]
) -> None:
    quick_stress.main(["2", "--keep-data", *at(embedded_target)])

    assert "kept: tables load_stress_2_" in capsys.readouterr().err


def test_a_pool_smaller_than_the_test_is_not_said_to_have_had_that_many_connections(
    embedded_target: RunningTarget, at: At, capsys: pytest.CaptureFixture[str]
) -> None:
    quick_stress.main(["8", "--max-size", "3", *at(embedded_target)])

    success = "✓ SUCCESS: Pool handled 8 concurrent workers on 3 connections!\n"
    assert success in capsys.readouterr().out
