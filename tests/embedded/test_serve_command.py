"""`purreal serve`: what it prints, what it refuses, how it ends."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from purreal_runner.embedded import launch
from purreal_runner.embedded.launch import RunningTarget

COMMAND = [
    sys.executable,
    "-c",
    "import sys; from purreal_runner.cli import main; sys.exit(main())",
]
SOURCES = str(Path(launch.__file__).parents[2])


def read_private(file: Path) -> str:
    """The content of a file that only its owner can reach."""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    return file.read_text().strip()


def exists(file: Path) -> bool:
    return file.exists()


@asynccontextmanager
async def serving(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        "serve",
        "--bind",
        "127.0.0.1:0",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": SOURCES},
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        try:
            yield process, (await process.stdout.readline()).decode()
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()


def served(line: str, username: str, password: str) -> RunningTarget:
    url = line.partition(" at ")[2].partition(",")[0]
    return RunningTarget("embedded", url, username, password, 0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_serve_says_one_line_and_ends_cleanly_with_clients_connected(
    number: signal.Signals, open_wire: Any
) -> None:
    async with serving() as (process, line):
        file = Path(line.rpartition(" in ")[2].strip())
        target = served(line, "root", read_private(file))
        async with open_wire(target) as wire:
            assert "result" in await wire.sign_in(target)
            await wire.send("query", "SLEEP 1h")
            process.send_signal(number)
            await wire.socket.wait_closed()
            assert wire.socket.close_code == 1001
        rest, errors = await process.communicate()
        assert (process.returncode, rest, errors) == (0, b"", b"")
        assert not exists(file.parent)


async def test_serve_takes_user_and_password_file(tmp_path: Path, open_wire: Any) -> None:
    file = tmp_path / "password"
    file.write_text("from a file\nnot this\n")
    async with serving("--user", "ada", "--password-file", str(file)) as (_, line):
        target = served(line, "ada", "from a file")
        async with open_wire(target) as wire:
            assert "result" in await wire.sign_in(target)
    assert "from a file" not in line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "no password"),
        (b"\nsecond line\n", "no password"),
        (b"a\tb\n", "printed"),
        (b"\xff", "UTF-8"),
    ],
)
async def test_a_bad_password_file_is_one_clear_line(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    async with serving("--password-file", str(file)) as (process, line):
        _, errors = await process.communicate()
        assert line == ""
        assert process.returncode == 1
        assert errors.decode().startswith("purreal serve: ")
        assert message in errors.decode()
        assert errors.count(b"\n") == 1


async def test_a_busy_address_is_one_clear_line(embedded: RunningTarget) -> None:
    async with serving("--bind", embedded.url.removeprefix("ws://")) as (process, _):
        _, errors = await process.communicate()
        assert process.returncode == 1
        assert "in use" in errors.decode()
        assert errors.count(b"\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--bind", "8000"],
        ["--bind", "here:99999"],
        ["--path", "rocksdb://x"],
        ["--password", "x"],
        ["--user", ""],
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_a_usage_error(arguments: list[str]) -> None:
    ended = subprocess.run(
        [*COMMAND, "serve", *arguments],
        capture_output=True,
        timeout=30,
        check=False,
        env=os.environ | {"PYTHONPATH": SOURCES},
    )
    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr
