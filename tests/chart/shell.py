"""A shell that somebody types into: one process, so variables and activated environments last."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

_SAY_HOW_IT_ENDED = 'ended() { local code=$?; echo "$1 $code"; return $code; }\n'


@dataclass(frozen=True, slots=True)
class Shell:
    """Takes one command after the other.

    Attributes:
        commands: what it reads.
        output: what commands print, errors too.
    """

    commands: IO[str]
    output: IO[str]

    def run(self, command: str) -> tuple[str, int]:
        """Run a command, which has nothing to read; returns what it printed and its exit code.

        Raises:
            AssertionError: the shell itself has ended.
        """
        mark = uuid4().hex
        self.commands.write(f"{{ {command}\n}} </dev/null; ended {mark}\n")
        self.commands.flush()
        printed = ""
        for line in self.output:
            text, found, code = line.partition(mark)
            printed += text
            if found:
                return printed, int(code)
        raise AssertionError(f"the shell ended with {command!r}: {printed}")


@contextmanager
def open_shell(folder: Path, environment: Mapping[str, str]) -> Iterator[Shell]:
    """Start one; in the end it goes with all that still runs in it."""
    with subprocess.Popen(
        ["bash", "--noprofile", "--norc"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(_SAY_HOW_IT_ENDED)
            yield Shell(process.stdin, process.stdout)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
