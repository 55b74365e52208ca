"""`purreal run` as a user meets it: output, exit codes, one line for each mistake."""

import json
import os
import pstats
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from purreal_runner.cli.main import main
from purreal_runner.embedded.launch import RunningTarget
from purreal_runner.exit_codes import ExitCode
from purreal_runner.load.spread import usable_cores
from purreal_runner.report.formats import FILE_NAMES

pytestmark = pytest.mark.timeout(40)

At = Callable[[RunningTarget], list[str]]
SMALL = ["--workers", "5", "--operations", "100"]

DOCUMENT = """\
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata: {name: small}
spec:
  pool: {minSize: 2, maxSize: 6}
  load:
    closed: {workers: 5}
    stop: {operations: 100}
  thresholds: [{metric: SuccessRatio, atLeast: "99.9%"}]
"""


def one_line(text: str) -> str:
    [line] = text.splitlines()
    assert "Traceback" not in line
    return line


def started(*options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "purreal_runner.cli", "run", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(happened: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    while not happened() and process.poll() is None:
        os.sched_yield()


def test_a_document_is_run_on_an_engine_of_its_own_and_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "test.yaml"
    file.write_text(DOCUMENT)

    assert main(["run", str(file)]) == ExitCode.OK

    output = capsys.readouterr().out
    assert "PASSED" in output
    assert "surrealdb-3.2.4" in output


def test_the_report_is_written_as_json(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    output = tmp_path / "report.json"

    assert main(["run", *SMALL, *at(embedded_target), "--output", str(output)]) == ExitCode.OK

    report = json.loads(output.read_text())
    assert report["operations"]["succeeded"] == 100
    assert embedded_target.password not in output.read_text()


def test_the_report_is_written_in_every_format_also_when_a_threshold_is_missed(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    folder = tmp_path / "not" / "there"
    missed = ["--threshold", "throughput > 900000/s"]

    code = main(["run", *SMALL, *at(embedded_target), *missed, "--report-dir", str(folder)])

    assert code == ExitCode.THRESHOLD_FAILED
    assert {file.name for file in folder.iterdir()} == set(FILE_NAMES.values())
    assert "Failed" in (folder / "report.md").read_text()
    assert not any(embedded_target.password in file.read_text() for file in folder.iterdir())


def test_a_github_job_gets_a_summary_and_annotations(
    embedded_target: RunningTarget,
    at: At,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    main(["run", *SMALL, *at(embedded_target)])

    assert summary.read_text().startswith("## ☑️ Completed")
    assert "::notice title=" in capsys.readouterr().out


def test_options_win_over_the_document(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    file, output = tmp_path / "test.yaml", tmp_path / "report.json"
    file.write_text(DOCUMENT)
    given = ["--operations", "30", "--max-size", "9", "--scenario", "churn"]

    main(["run", str(file), *given, *at(embedded_target), "--output", str(output)])

    report = json.loads(output.read_text())
    assert report["operations"]["issued"] == 30
    assert report["limits"]["maxSize"] == 9
    assert report["run"]["scenario"] == "Churn"


@pytest.mark.parametrize(("asked", "lent"), [("session", "Session"), ("connection", "Connection")])
def test_what_a_lease_is_can_be_chosen(
    asked: str,
    lent: str,
    embedded_target: RunningTarget,
    at: At,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", *SMALL, "--lend", asked, *at(embedded_target)]) == ExitCode.OK

    assert f"lend {lent}" in capsys.readouterr().out


def test_a_missed_threshold_is_an_exit_code_of_its_own(
    embedded_target: RunningTarget, at: At
) -> None:
    code = main(["run", *SMALL, *at(embedded_target), "--threshold", "throughput > 900000/s"])

    assert code == ExitCode.THRESHOLD_FAILED


def test_a_python_function_is_run_and_what_it_prints_goes_through(
    embedded_target: RunningTarget, at: At, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "async def work(conn, task_id):\n"
        "    assert await conn.query('RETURN $n', {'n': task_id}) == task_id\n"
    )

    code = main(["run", *SMALL, *at(embedded_target), "--workload", f"{file}:work"])

    assert code == ExitCode.OK
    assert "mine.py:work" in capsys.readouterr().out


def test_the_work_can_be_profiled(embedded_target: RunningTarget, at: At, tmp_path: Path) -> None:
    file = tmp_path / "profile.stats"

    assert main(["run", *SMALL, *at(embedded_target), "--profile", str(file)]) == ExitCode.OK

    seen = {key[2] for key in vars(pstats.Stats(str(file)))["stats"]}
    assert "perform" in seen


def test_deliberate_stress_is_named_in_the_report(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    output = tmp_path / "report.json"

    main(["run", *SMALL, *at(embedded_target), "--cpu-stress", "1", "--output", str(output)])

    assert "cpu-stress" in json.loads(output.read_text())["run"]["deliberateStress"]


def ended(*options: str) -> tuple[int, str]:
    """Exit code and standard error of a process: there, logs show as they do to a user."""
    with started(*options) as process:
        _, errors = process.communicate()
    return process.returncode, errors


def test_a_wrong_password_is_one_line(target: RunningTarget, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("wrong-password\n")

    code, errors = ended(*SMALL, "--url", target.url, "--password-file", str(file))

    assert code == ExitCode.ERROR
    assert "root" in one_line(errors)
    assert "wrong-password" not in errors


def test_an_unreachable_host_is_one_line(unused_tcp_port: int) -> None:
    code, errors = ended(*SMALL, "--url", f"ws://127.0.0.1:{unused_tcp_port}")

    assert code == ExitCode.ERROR
    assert str(unused_tcp_port) in one_line(errors)


def test_a_certificate_authority_that_is_none_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("not a certificate\n")

    code, errors = ended(*SMALL, "--url", "wss://127.0.0.1:1", "--ca-file", str(file))

    assert code == ExitCode.ERROR
    assert "ca.pem" in one_line(errors)


def test_a_typo_in_the_document_is_one_line_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "test.yaml"
    file.write_text(DOCUMENT.replace("maxSize", "maxSise"))

    code = main(["run", str(file)])

    assert code == ExitCode.INVALID_DOCUMENT
    line = one_line(capsys.readouterr().err)
    assert "test.yaml:5" in line
    assert "maxSize" in line


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--min-size", "10", "--max-size", "5"], "--max-size"),
        (["--threshold", "acquire_p59 < 20ms"], "acquire_p59"),
        (["--scenario", "sustaned"], "--scenario"),
        (["--workload", "no/such/file.py"], "no/such/file.py"),
        (["--replicas", "9"], "9"),
    ],
)
def test_options_that_make_no_sense_are_one_line(
    options: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["run", *SMALL, *options])

    assert code == ExitCode.INVALID_DOCUMENT
    assert named in one_line(capsys.readouterr().err)


@pytest.mark.parametrize("option", ["--output", "--profile"])
@pytest.mark.parametrize("file", ["no/such/directory/report.json", "", "/proc/version"])
def test_a_file_that_can_not_be_written_is_found_out_before_the_run(
    option: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", *SMALL, option, file])

    assert left.value.code == ExitCode.USAGE
    assert f"{option}: {file or '.'} can't be written" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize("folder", ["/proc/reports", "/dev/null", "/proc/version/x"])
def test_a_folder_that_can_not_be_made_is_found_out_before_the_run(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", *SMALL, "--report-dir", folder])

    assert left.value.code == ExitCode.USAGE
    assert f"--report-dir: {folder} can't be made" in one_line(capsys.readouterr().err)


def test_a_report_that_could_not_be_replaced_is_found_out_before_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = tmp_path / "report.md"
    in_the_way.mkdir()

    with pytest.raises(SystemExit) as left:
        main(["run", *SMALL, "--report-dir", str(tmp_path)])

    assert left.value.code == ExitCode.USAGE
    assert f"{in_the_way} can't be written: Is a directory" in one_line(capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == [in_the_way]


def test_a_report_that_got_lost_is_one_line_and_no_success(
    embedded_target: RunningTarget, at: At, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = tmp_path / "reports", tmp_path / "mine.py"
    file.write_text(
        "import pathlib, shutil\n"
        "async def teardown(conn):\n"
        f"    shutil.rmtree({str(folder)!r})\n"
        f"    pathlib.Path({str(folder)!r}).touch()\n"
        "async def work(conn, task_id):\n"
        "    await conn.query('RETURN 1')\n"
    )
    given = ["--workload", f"{file}:work", "--report-dir", str(folder)]

    code = main(["run", *SMALL, *at(embedded_target), *given])

    assert code == ExitCode.ERROR
    shown = capsys.readouterr()
    assert f"{folder} can't be written" in one_line(shown.err)
    assert "COMPLETED" in shown.out


def test_looking_whether_a_file_can_be_written_leaves_it_as_it_was(tmp_path: Path) -> None:
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    old.write_text("the last report")

    for file in (new, old):
        main(["run", *SMALL, "--scenario", "none", "--output", str(file)])

    assert not new.exists()
    assert old.read_text() == "the last report"


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["run"], ["--password", "a secret"]),
        (["run"], ["--dur", "3"]),
        (["serve"], ["--password", "a secret"]),
        (["validate", "file.yaml"], ["--he"]),
        ([], ["--vers"]),
    ],
)
def test_an_abbreviated_option_is_refused_in_one_line(
    command: list[str], option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([*command, *option])

    assert left.value.code == ExitCode.USAGE
    assert one_line(capsys.readouterr().err).startswith("purreal")


def test_a_loop_that_is_not_installed_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    assert main(["run", *SMALL, "--loop", "uvloop"]) == ExitCode.USAGE
    assert "pip install 'purreal[speed]'" in one_line(capsys.readouterr().err)


def test_ctrl_c_while_the_command_is_still_loading_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", interrupted)

    assert main(["run", *SMALL]) == ExitCode.CANCELLED
    assert one_line(capsys.readouterr().err) == "purreal: interrupted"


def test_an_unexpected_error_is_one_line_with_a_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("something nobody thought of")

    monkeypatch.setattr("purreal_runner.load.run.run_locally", broken)

    assert main(["run", *SMALL]) == ExitCode.ERROR

    line = one_line(capsys.readouterr().err)
    assert "something nobody thought of" in line
    assert "--log-level DEBUG" in line


def test_the_version_needs_nothing_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out.startswith("purreal 1.")


def test_without_the_extra_the_command_says_which_one_to_install() -> None:
    hide = "import sys; sys.modules['pydantic'] = None\n"
    code = "from purreal_runner.cli import main; sys.exit(main(['run']))"

    done = subprocess.run(
        [sys.executable, "-c", hide + code], capture_output=True, text=True, check=False
    )

    assert done.returncode == ExitCode.ERROR
    assert "pip install 'purreal[runner" in one_line(done.stderr)


def test_a_second_ctrl_c_aborts_in_one_line(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    hanging, file = tmp_path / "hanging", tmp_path / "mine.py"
    file.write_text(
        "import asyncio, pathlib\n"
        "async def simulate_work(conn, task_id):\n"
        f"    pathlib.Path({str(hanging)!r}).touch()\n"
        "    await asyncio.Event().wait()\n"
    )
    with started(*SMALL, *at(embedded_target), "--workload", str(file)) as process:
        wait_until(hanging.exists, process)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()

    assert process.returncode == ExitCode.CANCELLED
    assert "Traceback" not in errors
    assert "interrupted" in errors


def test_nothing_survives_a_run_that_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    file = tmp_path / "mine.py"
    file.write_text(
        "import os, pathlib\n"
        "async def simulate_work(conn, task_id):\n"
        f"    pathlib.Path({str(pids)!r}, str(os.getpid())).touch()\n"
        "    await conn.query('RETURN 1')\n"
    )
    load = ["--workers", "4", "--replicas", "2", "--duration", "30", "--cpu-stress", "1"]
    with started(*load, "--workload", str(file)) as process:
        wait_until(lambda: any(pids.iterdir()), process)
        family = children(process.pid)
        process.kill()

    assert len(family) == 4 or usable_cores() == 1, "engine, two worker processes, the stress"
    while any(alive(pid) for pid in family):
        os.sched_yield()


def test_no_password_is_on_a_command_line_or_in_an_environment(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    ready, file = tmp_path / "ready", tmp_path / "mine.py"
    file.write_text(
        "import pathlib\n"
        "async def simulate_work(conn, task_id):\n"
        f"    pathlib.Path({str(ready)!r}).touch()\n"
        "    await conn.query('RETURN 1')\n"
    )
    load = ["--workers", "4", "--replicas", "2", "--duration", "30", "--workload", str(file)]
    with started(*load, *at(embedded_target)) as process:
        wait_until(ready.exists, process)
        family = [process.pid, *children(process.pid)]
        shown = [
            Path(f"/proc/{pid}/{what}").read_bytes()
            for pid in family
            for what in ("cmdline", "environ")
        ]
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert len(family) == 3 or usable_cores() == 1
    assert not any(embedded_target.password.encode() in text for text in shown)


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in tasks for child in file.read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_ctrl_c_drains_and_still_reports(
    embedded_target: RunningTarget, at: At, tmp_path: Path
) -> None:
    ready, folder = tmp_path / "ready", tmp_path / "reports"
    file = tmp_path / "mine.py"
    file.write_text(
        "import pathlib\n"
        "async def simulate_work(conn, task_id):\n"
        "    await conn.query('RETURN 1')\n"
        f"    pathlib.Path({str(ready)!r}).touch()\n"
    )
    given = ["--workload", str(file), "--report-dir", str(folder)]

    with started("--workers", "5", "--duration", "30", *at(embedded_target), *given) as process:
        wait_until(ready.exists, process)
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert process.returncode == ExitCode.CANCELLED
    operations = json.loads((folder / "report.json").read_text())["operations"]
    assert operations["issued"] == operations["succeeded"] > 0
    assert "Cancelled" in (folder / "report.junit.xml").read_text()
