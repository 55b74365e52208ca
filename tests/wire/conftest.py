"""Where the wire tests find a real SurrealDB server."""

import asyncio
import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class RealServer:
    url: str
    username: str
    password: str


def binary() -> str | None:
    named = os.environ.get("PURREAL_SURREAL_BIN")
    return named if named and Path(named).is_file() else shutil.which("surreal")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def answers(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            await writer.wait_closed()
            return


@pytest.fixture
async def real_server():
    surreal = binary()
    if surreal is None:
        pytest.skip("no surreal binary: PURREAL_SURREAL_BIN and PATH name none")
    port, password = free_port(), secrets.token_urlsafe()
    process = await asyncio.create_subprocess_exec(
        surreal,
        "start",
        "--bind",
        f"127.0.0.1:{port}",
        "--no-banner",
        "memory",
        env=os.environ | {"SURREAL_USER": "root", "SURREAL_PASS": password},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(20):
            await answers(port)
        yield RealServer(f"ws://127.0.0.1:{port}", "root", password)
    finally:
        process.kill()
        await process.wait()
