"""Builds and starts the instant server, a SurrealDB that answers at once; knows no clients."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

SOURCE = Path(__file__).with_name("instant_server.c")
PROGRAM = Path(__file__).parents[2] / "build" / "benchmarks" / "instant_server"

_START_SECONDS = 10.0
_FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror")


class NoInstantServer(RuntimeError):
    """It could not be built or started; the text says why."""


def find_compiler() -> str | None:
    """The system's C compiler, None where there is none."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def build() -> Path:
    """Compile the server unless that is done already, and return the program.

    Raises:
        NoInstantServer: there is no C compiler, or it fails.
    """
    if PROGRAM.exists() and PROGRAM.stat().st_mtime > SOURCE.stat().st_mtime:
        return PROGRAM
    compiler = find_compiler()
    if compiler is None:
        raise NoInstantServer("no C compiler (cc) on PATH; on Debian and Ubuntu: apt install gcc")
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    # Under another name first, so that two builds at the same time do not see half a program.
    fresh = PROGRAM.with_suffix(".new")
    done = subprocess.run(  # noqa: S603 (the compiler and our own source)
        [compiler, *_FLAGS, "-o", str(fresh), str(SOURCE)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoInstantServer(f"{compiler} can't build {SOURCE.name}: {done.stderr.strip()}")
    fresh.replace(PROGRAM)
    return PROGRAM


@dataclass(frozen=True, slots=True)
class InstantServer:
    """A running one, at `ws://127.0.0.1:PORT`."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Processor time that it has used so far."""
        status = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        user, system = status.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def run_instant_server(seconds: int = 3600) -> AsyncIterator[InstantServer]:
    """Run the server as long as the block lasts.

    Args:
        seconds: after which it ends in any case. It also ends with this process.

    Raises:
        NoInstantServer: it can't be built or does not start.
    """
    process = await asyncio.create_subprocess_exec(
        str(build()), str(seconds), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            line = await cast("asyncio.StreamReader", process.stdout).readline()
        if not line.strip().isdigit():
            raise NoInstantServer("the instant server ended before it listened")
        yield InstantServer(f"ws://127.0.0.1:{int(line)}", process.pid)
    finally:
        cast("asyncio.StreamWriter", process.stdin).close()
        await process.wait()
