"""`purreal validate`: one line per valid file, one per problem, and the exit code."""

import argparse
from pathlib import Path

import pytest

from purreal_runner.cli.validate_command import add_parser

GOOD = """\
apiVersion: purreal.dev/v1alpha1
kind: PoolLoadTest
metadata: {name: good}
spec:
  runners: {replicas: 2}
  load: {closed: {workers: 500}, stop: {operations: 5000}}
"""


def validate(*files: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["validate", *files])
    return int(arguments.func(arguments))


def test_a_valid_file_is_summed_up_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD)

    code = validate("good.yaml")

    assert code == 0
    assert capsys.readouterr().out == (
        "good.yaml: valid (scenario Sustained, 500 workers, 5,000 operations, "
        "2 pools of each 5–50 leases, 0 thresholds)\n"
    )


def test_one_bad_file_makes_the_exit_code_and_the_others_are_still_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(GOOD.replace("replicas", "replcas"))

    code = validate("bad.yaml", "missing.yaml", "good.yaml")

    output = capsys.readouterr()
    assert code == 104
    assert output.out.startswith("good.yaml: valid")
    assert output.err.splitlines() == [
        "bad.yaml:5: spec.runners.replcas: there is no such field; did you mean replicas?",
        "missing.yaml: can't be read: No such file or directory",
    ]


def test_a_template_that_a_run_would_refuse_is_refused_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    mix = "  workload: {type: Mix, mix: [{name: a, query: 'SELECT * FROM ${foo}'}]}\n"
    Path("mix.yaml").write_text(GOOD + mix)

    assert validate("mix.yaml") == 104
    assert capsys.readouterr().err.startswith(
        "mix.yaml:7: spec.workload.mix[0].query: ${foo} can't"
    )
