"""`purreal compare` and `purreal report` as a user meets them: output, exit codes, mistakes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from purreal_runner.cli.main import main
from purreal_runner.exit_codes import ExitCode
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report.comparison import Comparison
from purreal_runner.report.formats import Format, rendered
from purreal_runner.report.model import Effective, Limits, Operations, Report, Run, Target

Write = Callable[..., Path]


def report_with(**changes: Any) -> Report:
    content: dict[str, Any] = {
        "name": "small",
        "verdict": Verdict.PASSED,
        "reason": "1 threshold met",
        "run": Run(scenario="Sustained", workers=5, operations=100, seed=1),
        "target": Target(kind="embedded"),
        "limits": Limits(min_size=2, max_size=6),
        "effective": Effective(pools=1, processes=1, max_leases=6, peak_leases=5, lend="Session"),
        "operations": Operations(
            issued=100, succeeded=100, failed=0, timed_out=0, cancelled=0, success_ratio=1.0
        ),
        "duration_seconds": 0.5,
        "throughput": 200.0,
        "peak_concurrent": 5,
    }
    return Report(**(content | changes))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, **changes: Any) -> Path:
        path = tmp_path / name
        path.write_text(report_with(**changes).to_json())
        return path

    return written


def one_line(text: str) -> str:
    [line] = text.splitlines()
    assert "Traceback" not in line
    return line


def test_two_reports_are_compared(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = write("before.json"), write("after.json", throughput=100.0)

    assert main(["compare", str(before), str(after)]) == ExitCode.OK

    throughput = next(
        line for line in capsys.readouterr().out.splitlines() if line.startswith("throughput")
    )
    assert throughput.split() == ["throughput", "200/s", "100/s", "-100/s", "-50.0", "%", "worse"]


def test_differences_are_no_failure(write: Write) -> None:
    before, after = write("before.json"), write("after.json", verdict=Verdict.FAILED)

    assert main(["compare", str(before), str(after)]) == ExitCode.OK


def test_a_comparison_can_be_had_as_json(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = write("before.json"), write("after.json", throughput=100.0)

    assert main(["compare", str(before), str(after), "-o", "json"]) == ExitCode.OK

    comparison = Comparison.model_validate_json(capsys.readouterr().out)
    assert [each.difference for each in comparison.results if each.name == "throughput"] == [-100]


def test_a_comparison_can_be_had_as_markdown(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    before = str(write("before.json"))

    assert main(["compare", before, before, "--output", "markdown"]) == ExitCode.OK

    assert capsys.readouterr().out.startswith("## Comparison of small and small\n")


@pytest.mark.parametrize("format", sorted(set(Format) - {Format.TEXT}))
def test_a_report_is_shown_in_any_format(
    write: Write, capsys: pytest.CaptureFixture[str], format: Format
) -> None:
    assert main(["report", str(write("report.json")), "-o", format]) == ExitCode.OK

    assert capsys.readouterr().out == rendered(report_with(), format)


def test_a_report_is_shown_as_text_unless_told_otherwise(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = write("report.json", verdict=Verdict.FAILED, reason="1 of 1 threshold missed")

    assert main(["report", str(failed)]) == ExitCode.OK

    assert "FAILED  small: 1 of 1 threshold missed" in capsys.readouterr().out


def another_version(content: dict[str, Any]) -> str:
    return json.dumps(content | {"schemaVersion": 2})


def another_field(content: dict[str, Any]) -> str:
    return json.dumps(content | {"new\x1b[2J": True})


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (another_version, "is a report of schema version 2, this purreal reads 1"),
        (another_field, "is no report that this version of purreal can read: new\\x1b[2J: "),
        (lambda content: json.dumps([content]), "is no report"),
        (lambda _: "{}", "is no report"),
        (lambda _: "kind: PoolLoadTest", "is not JSON"),
        (lambda _: "[" * 100_000, "is not JSON"),
        (lambda _: "", "is not JSON"),
    ],
)
@pytest.mark.parametrize("command", ["compare", "report"])
def test_what_is_no_report_is_refused_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    broken: Callable[[dict[str, Any]], str],
    said: str,
) -> None:
    file = tmp_path / "file"
    file.write_text(broken(json.loads(report_with().to_json())))
    files = [str(file)] * (2 if command == "compare" else 1)

    assert main([command, *files]) == ExitCode.INVALID_DOCUMENT

    assert one_line(capsys.readouterr().err).startswith(f"purreal {command}: {file} {said}")


def test_a_file_that_is_not_there_is_named(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.json"

    code = main(["compare", str(write("before.json")), str(missing)])

    assert code == ExitCode.INVALID_DOCUMENT
    words = f"purreal compare: {missing} can't be read: No such file or directory"
    assert one_line(capsys.readouterr().err) == words


@pytest.mark.parametrize(
    "arguments", [["compare", "one.json"], ["report"], ["report", "one.json", "-o", "pdf"]]
)
def test_a_wrong_command_line_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)

    assert left.value.code == ExitCode.USAGE
    assert one_line(capsys.readouterr().err)
