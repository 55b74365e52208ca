"""A child process that says when it is ready and never outlives us; knows nothing of databases.

The child runs in a session of its own: Ctrl-C in the terminal reaches us alone, so that we can
finish our work with the child before we end it. Its standard input is a pipe that we hold: when it
closes, we are gone.
"""

import asyncio
import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

_SHOWN_LINES: Final = 12
_SHOWN_LINE_LENGTH: Final = 400
_TERMINATE_SECONDS: Final = 15.0


class ChildFailed(Exception):
    """The child ended, or said nothing in time; the text carries the end of what it wrote to
    standard error.
    """


class Child:
    """A running child process; made by `Child.start`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        # Pipes by construction, see `start`.
        self._input = cast("asyncio.StreamWriter", process.stdin)
        self._output = cast("asyncio.StreamReader", process.stdout)
        self._errors = cast("asyncio.StreamReader", process.stderr)
        self._lines: deque[str] = deque(maxlen=_SHOWN_LINES)
        self._reader = asyncio.get_running_loop().create_task(self._read_errors())

    @classmethod
    async def start(
        cls, command: Sequence[str], hello: Mapping[str, Any], environment: Mapping[str, str]
    ) -> "Child":
        """Start `command`, add `environment` to ours, and send `hello` with our process id as a
        line of JSON.

        Secrets belong into `hello`. Raises OSError when the command can't be started.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | environment,
            start_new_session=True,
        )
        child = cls(process)
        child._input.write(json.dumps({**hello, "parent": os.getpid()}).encode() + b"\n")
        return child

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the child is gone."""
        return self._process.returncode is not None

    async def first_line(self, seconds: float) -> dict[str, Any]:
        """What the child says, as JSON, on its first line of output. Raises `ChildFailed`."""
        try:
            async with asyncio.timeout(seconds):
                line = await self._output.readline()
        except TimeoutError:
            raise ChildFailed(self.described(f"was not ready within {seconds:g} s")) from None
        if not line:
            await self.stop()
            raise ChildFailed(self.described("ended before it was ready"))
        said: dict[str, Any] = json.loads(line)
        return said

    def described(self, what: str) -> str:
        """A sentence about the child, followed by the last lines it wrote to standard error."""
        return "\n  ".join((f"{what}; it wrote:" if self._lines else what, *self._lines))

    async def stop(self) -> None:
        """End the child: politely, then not. Bounded in time; safe to call again."""
        self._input.close()
        try:
            if not self.ended:
                self._process.terminate()
            async with asyncio.timeout(_TERMINATE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        except BaseException:
            self._kill()
            raise
        finally:
            await self._reader

    def _kill(self) -> None:
        if not self.ended:
            self._process.kill()

    async def _read_errors(self) -> None:
        try:
            while line := await self._errors.readline():
                self._lines.append(line.decode(errors="replace").rstrip()[:_SHOWN_LINE_LENGTH])
        except ValueError:  # a line without an end; nothing we could show
            self._lines.append("(a very long line)")
