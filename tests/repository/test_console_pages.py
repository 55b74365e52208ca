"""Commands and outputs are read from pages, compared and typed as the tests of pages rely on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart.console import Step, steps_of
from tests.chart.shell import Shell, open_shell

QUICKSTART = Path(__file__).parents[2] / "docs" / "quickstart.md"
PAGE = """# Page
## First
```sh
make cluster
```
```console
$ one --two \\
    --three
## a heading that it prints
$ four
```
## Second
```console
$ five
…
```
"""


def test_commands_come_with_their_output_and_section() -> None:
    assert list(steps_of(PAGE)) == [
        Step("First", "one --two \\\n    --three", "## a heading that it prints\n"),
        Step("First", "four", ""),
        Step("Second", "five", "…\n"),
    ]


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("NAME   AGE\nshop   21s\n", "NAME    AGE\nshop    2m5s\n"),
        ("Throughput  > 50/s  3,719/s  +3,669/s\n", "Throughput  > 50/s  812/s  +762/s\n"),
        ("p95  66.9 µs\n", "p95  1.02 ms\n"),
        ("p95  27.8 µs  30.1 µs  +2.3 µs  +8 %\n", "p95  27.8 µs  27.8 µs  -  -\n"),
        ("success  91.33 %  -7.67 %\n", "success  100 %  +1 %\n"),
        ("1/1  228  91.33%  Excellent\n", "1/1  1,228  90%  Below\n"),
        ("run 1, 2026-11-26T01:59:15.151Z\n", "run 2, 2026-01-01T11:00:00.000Z\n"),
        ("…\nlast\n", "first\nsecond\nlast\n"),
        ("first\n…\nlast\n", "first\nlast\n"),
        ("first\n…\n", "first\n\nlast\n"),
    ],
)
def test_what_differs_from_run_to_run_may_differ(said: str, printed: str) -> None:
    assert Step("", "a command", said).is_printed_by(printed)


@pytest.mark.parametrize(
    ("said", "printed"),
    [
        ("Passed: 3 thresholds met\n", "Failed: 1 of 3 thresholds missed\n"),
        ("first\n", "first\nsecond\n"),
        ("", "a warning\n"),
        ("first\n…\nlast\n", "first\nlast\nmore\n"),
        ("first\n…\nlast\n", "last\n"),
        ("5 workers\n", "workers\n"),
        ("5 moments\n", "5 m\n"),
    ],
)
def test_what_is_said_may_not_differ(said: str, printed: str) -> None:
    assert not Step("", "a command", said).is_printed_by(printed)


def test_an_exit_code_may_not_differ() -> None:
    asked = Step("", "echo $?", "99\n")

    assert asked.is_printed_by("99\n")
    assert not asked.is_printed_by("98\n")


def test_the_quickstart_asks_how_a_good_and_a_bad_run_ended() -> None:
    steps = list(steps_of(QUICKSTART.read_text(encoding="utf-8")))

    assert [step.output for step in steps if step.asks_for_exit_code] == ["0\n", "99\n"]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """One with nothing to remember."""
    with open_shell(tmp_path, {"PATH": os.environ["PATH"]}) as shell:
        yield shell


def test_a_shell_tells_what_was_printed_and_how_it_ended(shell: Shell) -> None:
    assert shell.run("echo out; echo µ >&2") == ("out\nµ\n", 0)
    assert shell.run("printf 'no end of line'; (exit 99)") == ("no end of line", 99)
    assert shell.run("echo $?") == ("99\n", 0)


def test_a_shell_remembers(shell: Shell) -> None:
    shell.run("export WHERE=here; mkdir folder; cd folder")

    assert shell.run('echo "$WHERE"; basename "$PWD"') == ("here\nfolder\n", 0)


def test_a_command_finds_nothing_to_read(shell: Shell) -> None:
    assert shell.run("cat") == ("", 0)
    assert shell.run("echo next") == ("next\n", 0)


def test_a_shell_that_ends_says_so(shell: Shell) -> None:
    with pytest.raises(AssertionError, match="the shell ended with 'exit 3'"):
        shell.run("exit 3")
