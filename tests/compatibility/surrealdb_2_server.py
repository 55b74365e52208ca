"""A real SurrealDB 2 to connect to: its engine as WebAssembly, behind a WebSocket.

There is no program of version 2 to be had as a package, but its engine, which answers the same
requests in the same bytes. What a server adds is added here, as the sources of 2.6.0 say it: the
envelope with the request's id, and an error's code. Two things are not as on a server: a session
belongs to an engine and not to a socket, so each path of the address is a server of its own; and
`reset` is not implemented in the engine (it ends the process), so it is refused.
"""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import cbor2
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

VERSION = "2.6.0"
USERNAME, PASSWORD = "root", "root"

_PROGRAM = Path(__file__).parent / "surrealdb_2" / "engine.mjs"
_REPOSITORY = Path(__file__).parents[2]
_RESULT, _ERROR, _NOTIFICATION = range(3)
_PREFIX, _HEAD = 4, 9

_METHOD_NOT_FOUND = "Method not found"
_CODES = {_METHOD_NOT_FOUND: -32601}
_OTHER_CODE = -32000


def find_packages() -> Path | None:
    """Where `make surrealdb-2` has installed the engine; None without it, or without Node."""
    folder = Path(os.environ.get("PURREAL_SURREALDB_2") or _REPOSITORY / "build" / "surrealdb-2")
    has_all = shutil.which("node") and (folder / "node_modules/@surrealdb/wasm").is_dir()
    return folder.resolve() if has_all else None


class Surrealdb2:
    """A server on loopback.

    Attributes:
        url: with a path behind it that says which of its databases is meant: `url + "/any/rpc"`.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        self.url = ""
        self._process = process
        self._stdin = process.stdin
        self._numbers = itertools.count(1)
        self._engines: dict[str, int] = {}
        self._clients: dict[int, set[ServerConnection]] = {}
        self._waiting: dict[int, asyncio.Future[tuple[int, bytes]]] = {}

    async def serve(self, client: ServerConnection) -> None:
        """Answer one client until it goes; its path names the engine."""
        assert client.request is not None
        engine = await self._engine_of(client.request.path)
        self._clients[engine].add(client)
        try:
            async with asyncio.TaskGroup() as replies:
                with suppress(ConnectionClosed):
                    async for message in client:
                        assert isinstance(message, bytes)
                        replies.create_task(self._reply(client, engine, message))
        finally:
            self._clients[engine].discard(client)

    async def _engine_of(self, path: str) -> int:
        if path not in self._engines:
            engine = self._engines[path] = next(self._numbers)
            self._clients[engine] = set()
            user = f"DEFINE USER {USERNAME} ON ROOT PASSWORD '{PASSWORD}' ROLES OWNER"
            kind, _ = await self._ask(engine, cbor2.dumps({"method": "query", "params": [user]}))
            assert kind == _RESULT
        return self._engines[path]

    async def _reply(self, client: ServerConnection, engine: int, message: bytes) -> None:
        request = cbor2.loads(message, tag_hook=lambda _, tag: tag)
        if request["method"] == "reset":
            kind, answer = _ERROR, _METHOD_NOT_FOUND.encode()
        else:
            kind, answer = await self._ask(engine, message)
        envelope = b"\xa2" + cbor2.dumps("id") + cbor2.dumps(request["id"])
        if kind == _RESULT:
            envelope += cbor2.dumps("result") + answer
        else:
            text = answer.decode()
            error = {"code": _CODES.get(text, _OTHER_CODE), "message": text}
            envelope += cbor2.dumps("error") + cbor2.dumps(error)
        with suppress(ConnectionClosed):
            await client.send(envelope)

    async def _ask(self, engine: int, message: bytes) -> tuple[int, bytes]:
        number = next(self._numbers)
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        head = (_HEAD + len(message), engine, number)
        self._stdin.write(b"".join(part.to_bytes(4, "big") for part in head) + b"\0" + message)
        try:
            return await answer
        finally:
            del self._waiting[number]

    async def read_answers(self) -> None:
        """Bring what the engines say to whom it is for, until their process ends."""
        try:
            await self._read_frames()
        finally:
            for answer in self._waiting.values():
                answer.cancel("the process of the engines has ended")

    async def _read_frames(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        while True:
            length = int.from_bytes(await stdout.readexactly(_PREFIX), "big")
            frame = await stdout.readexactly(length)
            engine, number = (int.from_bytes(frame[at : at + 4], "big") for at in (0, 4))
            kind, body = frame[8], frame[_HEAD:]
            if kind != _NOTIFICATION:
                if number in self._waiting and not self._waiting[number].done():
                    self._waiting[number].set_result((kind, body))
                continue
            for client in self._clients[engine]:
                with suppress(ConnectionClosed):
                    await client.send(b"\xa1" + cbor2.dumps("result") + body)


@asynccontextmanager
async def start_surrealdb_2(packages: Path) -> AsyncIterator[Surrealdb2]:
    """Start Node with the engine, and a WebSocket server before it; end both at the end.

    Args:
        packages: of `find_packages`.
    """
    process = await asyncio.create_subprocess_exec(
        "node",
        str(_PROGRAM),
        str(packages),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    running = Surrealdb2(process)
    reader = asyncio.create_task(running.read_answers())
    cbor = [Subprotocol("cbor")]
    try:
        async with serve(running.serve, "127.0.0.1", 0, subprotocols=cbor) as server:
            host, port = next(iter(server.sockets)).getsockname()
            running.url = f"ws://{host}:{port}"
            yield running
    finally:
        reader.cancel()
        with suppress(asyncio.CancelledError, asyncio.IncompleteReadError):
            await reader
        process.kill()
        await process.wait()
