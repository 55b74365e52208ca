"""Databases started for a run: how they start, fail to start, and end with us."""

import asyncio
import json
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from purreal import Credentials
from purreal_runner.embedded import launch
from purreal_runner.embedded.http_probe import http_get
from purreal_runner.embedded.launch import (
    RunningTarget,
    TargetUnavailable,
    find_server_binary,
    start_embedded,
    start_server,
)

ENGINES = [start_embedded, start_server] if find_server_binary() else [start_embedded]
SOURCES = str(Path(launch.__file__).parents[2])


async def gone(pid: int) -> None:
    """Wait for the end of any process."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(10):
            await ended.wait()
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


def all_command_lines() -> str:
    lines = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # a process that has just ended
            lines.append(each.read_text(errors="replace"))
    return "\n".join(lines)


@pytest.mark.parametrize("start", ENGINES)
async def test_a_target_lives_as_long_as_its_block(
    start: Any, alive: Callable[[int], bool]
) -> None:
    async with start() as target:
        assert alive(target.pid)
        assert target.version.startswith("surrealdb-")
        assert target.username == "root"
        assert len(target.password) >= 20
        assert target.password not in repr(target)
    assert not alive(target.pid)


@pytest.mark.parametrize("start", ENGINES)
async def test_the_given_user_can_sign_in(start: Any, open_wire: Any) -> None:
    login = Credentials(username="o'brien`\\", password='it\'s \\a\\ "pass" `word` ✓ $p --')
    async with start(credentials=login) as target, open_wire(target) as wire:
        assert "result" in await wire.sign_in(target)


@pytest.mark.parametrize("start", ENGINES)
async def test_no_password_is_on_a_command_line(start: Any) -> None:
    async with start() as target:
        lines = all_command_lines()
        assert "purreal_runner" in lines or "surreal" in lines
        assert target.password not in lines


@pytest.mark.parametrize("start", ENGINES)
async def test_an_error_in_the_block_ends_the_target_too(
    start: Any, alive: Callable[[int], bool]
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with start() as target:
            raise ZeroDivisionError
    assert not alive(target.pid)


@pytest.mark.parametrize("start", ENGINES)
async def test_a_target_that_dies_by_itself_does_not_disturb_the_end_of_the_block(
    start: Any,
) -> None:
    async with start() as target:
        os.kill(target.pid, signal.SIGKILL)
        await gone(target.pid)


@pytest.mark.parametrize("start", ENGINES)
async def test_a_target_can_come_back_on_the_same_port(start: Any, open_wire: Any) -> None:
    login = Credentials(username="root", password="the same")
    port = 0
    for _ in range(2):
        async with start(credentials=login, port=port) as target, open_wire(target) as wire:
            port = int(target.url.rpartition(":")[2])
            assert "result" in await wire.sign_in(target)


@pytest.mark.parametrize("start", ENGINES)
async def test_a_busy_port_is_said_in_one_sentence(start: Any, embedded: RunningTarget) -> None:
    port = int(embedded.url.rpartition(":")[2])
    with pytest.raises(TargetUnavailable, match=r"(?i)address.* in use"):
        async with start(port=port):
            pass


# A program that starts a target, tells its process id, and then waits to be killed.
_HOLDER = """
import asyncio, os, time
from purreal_runner.embedded.launch import start_embedded, start_server

async def hold():
    async with {start}() as target:
        if {fork} and not os.fork():
            os.closerange(0, 3)
            time.sleep(12)  # a sibling that inherited the pipe to the target
            os._exit(0)
        print(target.pid, flush=True)
        await asyncio.sleep(3600)

asyncio.run(hold())
"""


@asynccontextmanager
async def holder(
    start: Any, *, fork: bool
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    program = _HOLDER.format(start=start.__name__, fork=fork)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": SOURCES},
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        yield process, int(await process.stdout.readline())
        await process.wait()


@pytest.mark.parametrize("start", ENGINES)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("fork", [False, True], ids=["alone", "with a forked sibling"])
async def test_a_target_dies_with_its_parent(
    start: Any, number: signal.Signals, fork: bool, alive: Callable[[int], bool]
) -> None:
    async with holder(start, fork=fork) as (process, pid):
        assert alive(pid)
        process.send_signal(number)
        await gone(pid)


@pytest.mark.parametrize("start", ENGINES)
async def test_ctrl_c_does_not_reach_the_target(start: Any) -> None:
    async with start() as target:
        assert os.getsid(target.pid) != os.getsid(0)
        assert os.getpgid(target.pid) != os.getpgid(0)


@pytest.mark.parametrize("start", ENGINES)
async def test_a_target_may_open_as_many_sockets_as_the_system_allows(
    start: Any, request: pytest.FixtureRequest
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    request.addfinalizer(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard)))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, hard), hard))
    async with start() as target:
        assert resource.prlimit(target.pid, resource.RLIMIT_NOFILE) == (hard, hard)


async def test_the_missing_engine_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launch, "find_spec", lambda name: None)
    with pytest.raises(TargetUnavailable, match=r"pip install 'purreal\[embedded\]'"):
        async with start_embedded():
            pass


async def test_a_missing_server_is_named_with_where_it_was_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PURREAL_SURREAL_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server_binary() is None
    with pytest.raises(TargetUnavailable, match="PURREAL_SURREAL_BIN"):
        async with start_server():
            pass


def test_the_server_is_the_named_program_else_the_one_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "surreal"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PURREAL_SURREAL_BIN", raising=False)
    assert find_server_binary() == program
    monkeypatch.setenv("PURREAL_SURREAL_BIN", sys.executable)
    assert find_server_binary() == Path(sys.executable)
    monkeypatch.setenv("PURREAL_SURREAL_BIN", str(tmp_path / "nothing"))
    with pytest.raises(TargetUnavailable, match="is no program"):
        find_server_binary()


async def test_what_a_failing_server_wrote_is_shown(tmp_path: Path) -> None:
    program = tmp_path / "surreal"
    program.write_text("#!/bin/sh\necho the disk is on fire >&2\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(TargetUnavailable, match="the disk is on fire"):
        async with start_server(program):
            pass


async def test_a_program_that_can_not_run_is_named(tmp_path: Path) -> None:
    program = tmp_path / "surreal"
    program.write_bytes(b"\0nothing that runs")
    program.chmod(0o755)
    with pytest.raises(TargetUnavailable, match=f"cannot run {program}"):
        async with start_server(program):
            pass


async def test_a_datastore_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a directory")
    with pytest.raises(TargetUnavailable, match="cannot open the datastore"):
        async with start_embedded(f"surrealkv://{file}"):
            pass


async def test_data_on_disk_survives_a_restart_and_the_new_password_counts(
    tmp_path: Path, open_wire: Any
) -> None:
    path = f"surrealkv://{tmp_path}/data"
    async with start_embedded(path) as target, open_wire(target) as wire:
        await wire.sign_in(target)
        await wire.ask("use", "kept", "kept")
        await wire.value("CREATE thing:1 SET kept = true")
    async with start_embedded(path) as target, open_wire(target) as wire:
        assert "result" in await wire.sign_in(target)
        await wire.ask("use", "kept", "kept")
        assert await wire.value("SELECT VALUE kept FROM thing") == [True]


async def test_status_counts_clients_and_sessions(open_wire: Any) -> None:
    async with start_embedded() as target:
        port = int(target.url.rpartition(":")[2])
        async with open_wire(target) as one, open_wire(target) as two:
            await one.attach()
            await two.ask("ping")
            await two.ask("version")
            status = json.loads(await http_get("127.0.0.1", port, "/status") or "")
    assert status == {"clients": 2, "sessions": 3}
