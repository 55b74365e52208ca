"""Completion: what may come next, and real shells that ask for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from purreal_kubectl.completing.candidates import Candidates, candidates
from purreal_kubectl.completing.scripts import SCRIPTS
from purreal_kubectl.main import COMMANDS, main, parser
from purreal_kubectl.options import Kind
from purreal_runner.report.formats import Format
from tests.kubectl_plugin.api_server import TESTS, ApiServer
from tests.kubectl_plugin.conftest import Plugin
from tests.kubectl_plugin.stored import ended, resource

BIN = Path(sys.executable).parent


def offered(*words: str) -> Candidates:
    *before, current = words
    return candidates(parser(), before, current)


def test_the_first_word_is_a_command() -> None:
    assert set(offered("").words) == set(COMMANDS)


def test_options_before_the_command_do_not_count_as_words() -> None:
    assert set(offered("-n", "team", "--context=here", "").words) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_offered_with_its_meaning(command: str) -> None:
    words = offered(command, "--").words

    assert {"--namespace", "--context", "--kubeconfig", "--help"} <= set(words)
    assert all(words.values())


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (("run", ""), Kind.FILE),
        (("run", "--wait", ""), Kind.FILE),
        (("run", "x.yaml", "--report-dir", ""), Kind.FILE),
        (("status", ""), Kind.TEST),
        (("cancel", "--timeout", "5m", ""), Kind.TEST),
        (("report", "shop", ""), Kind.RUN),
        (("compare", "a.json", ""), Kind.TEST_OR_FILE),
        (("list", "-n", ""), Kind.NAMESPACE),
        (("list", "--context", ""), Kind.CONTEXT),
        (("status", "shop", ""), None),
        (("list", ""), None),
    ],
)
def test_names_are_completed_by_what_they_name(line: tuple[str, ...], kind: Kind | None) -> None:
    assert offered(*line).kind is kind


def test_values_that_are_known_are_offered() -> None:
    assert "json" in offered("report", "shop", "-o", "").words
    assert set(offered("completion", "").words) == {"bash", "zsh", "fish"}
    assert "--output=json" in offered("report", "shop", "--output=").words


def test_the_cluster_is_asked_for_names(
    plugin: Plugin, server: ApiServer, kubeconfig: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer("GET", TESTS, (200, {"items": [resource(ended()), resource(name="new")]}))
    server.answer("GET", f"{TESTS}/shop", (200, resource(ended(run=3))))
    server.answer("GET", "/api/v1/namespaces", (200, {"items": [{"metadata": {"name": "team"}}]}))
    option = f"--kubeconfig={kubeconfig}"

    answers = []
    for line in (["status", "s"], ["report", "shop", ""], ["list", "-n", ""], ["--context", ""]):
        assert main(["__complete", option, *line]) == 0
        answers.append(capsys.readouterr().out.splitlines())

    assert answers == [
        ["shop\tPassed", ":4"],
        ["3\tPassed", ":4"],
        ["team", ":4"],
        ["here", "there", ":4"],
    ]


def test_a_cluster_that_does_not_answer_offers_nothing_and_says_nothing(
    plugin: Plugin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["__complete", f"--kubeconfig={tmp_path / 'none'}", "status", ""]) == 0

    assert capsys.readouterr() == (":4\n", "")


def in_shell(shell: str, script: str, folder: Path) -> list[str]:
    """The lines that a shell prints, with the plugin on its path."""
    done = subprocess.run(
        [shell, "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wa", ["watch"]),
        ("run lo", ["load test.yaml"]),
        ("run --rep", ["--report-dir"]),
        ("report shop -o js", ["json"]),
        ("report shop --output = js", ["json"]),
        ("report shop --output =", [*Format]),
    ],
)
def test_bash_completes(tmp_path: Path, line: str, expected: list[str]) -> None:
    (tmp_path / "load test.yaml").touch()
    (tmp_path / "completion").write_text(SCRIPTS["bash"])

    script = (
        f"source ./completion; COMP_WORDS=(kubectl-purreal {line}); "
        'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _kubectl_purreal; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert in_shell("bash", script, tmp_path) == expected


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_fish_completes(tmp_path: Path) -> None:
    (tmp_path / "load.yaml").touch()
    (tmp_path / "completion").write_text(SCRIPTS["fish"])

    asked = "; ".join(f"complete -C 'kubectl-purreal {line}'" for line in ("wa", "run lo"))
    lines = in_shell("fish", f"source ./completion; {asked}", tmp_path)
    assert [line.split("\t")[0] for line in lines] == ["watch", "load.yaml"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
def test_zsh_asks_for_what_may_come_next(tmp_path: Path) -> None:
    (tmp_path / "completion").write_text(SCRIPTS["zsh"])

    script = (
        "compdef() { :; }; _files() { print files; }; _describe() { print -l -- ${(P)2}; }; "
        "source ./completion; words=(kubectl-purreal wa); CURRENT=2; _kubectl_purreal; "
        "words=(kubectl-purreal run ''); CURRENT=3; _kubectl_purreal"
    )
    lines = in_shell("zsh", script, tmp_path)
    assert lines == ["watch:follow the present run of a test to its end", "files"]
