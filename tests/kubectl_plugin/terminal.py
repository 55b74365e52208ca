"""A program in a terminal of its own: what it shows, and what is typed; knows no program."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

_SECONDS = 60.0
_TAKE_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""A terminal that a program is given is its own, Ctrl-C included, only when it takes it; and in
the background of a shell, where the tests may run, Ctrl-C is ignored by all that is started."""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """Runs a program in a terminal, at most as long as its `with` block.

    Args:
        command: the program and its arguments.
        environment: all of it.
        seconds: how long anything that is waited for may take.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], seconds: float = _SECONDS
    ) -> None:
        self._seconds = seconds
        self._shown = ""
        self._read_up_to = 0
        self._fd, other_side = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *command],
            stdin=other_side,
            stdout=other_side,
            stderr=other_side,
            env={**environment, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(other_side)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(self._seconds)
        os.close(self._fd)

    @property
    def shown(self) -> str:
        """Everything it has shown so far, without colours."""
        return _COLOURS.sub("", self._shown)

    def wait_for(self, words: str) -> None:
        """Read until it shows `words`, after what was waited for before.

        Raises:
            AssertionError: it never did.
        """
        deadline = time.monotonic() + self._seconds
        while words not in self.shown[self._read_up_to :]:
            if time.monotonic() > deadline or not self._read():
                raise AssertionError(f"{words!r} was not shown, but:\n{self.shown}")
        self._read_up_to = self.shown.index(words, self._read_up_to) + len(words)

    def type(self, keys: str) -> None:
        """Type something; `\\x03` is Ctrl-C."""
        os.write(self._fd, keys.encode())

    def end(self) -> int:
        """Read until it ends; returns its exit code."""
        deadline = time.monotonic() + self._seconds
        while time.monotonic() < deadline and self._read():
            pass
        return self._process.wait(self._seconds)

    def _read(self) -> bool:
        """Take in what there is; False: there is nothing more to come."""
        readable, _, _ = select.select([self._fd], [], [], 1.0)
        if not readable:
            return True
        try:
            content = os.read(self._fd, 65536)
        except OSError:  # so Linux says that the other side is closed
            return False
        self._shown += content.decode(errors="replace")
        return bool(content)
