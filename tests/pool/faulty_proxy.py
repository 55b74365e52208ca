"""A TCP proxy that cuts, stalls or swallows what passes through one of its connections."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType


class Passage:
    """One connection through the proxy.

    Attributes:
        swallows: whether what comes from the client is dropped, as by a broken path.
    """

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.swallows = False
        self._writers = (client, server)
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def is_open(self) -> bool:
        return not self._writers[0].transport.is_closing()

    def cut(self) -> None:
        """End it without a goodbye."""
        for writer in self._writers:
            writer.transport.abort()

    def stall(self) -> None:
        """Carry nothing any more in either direction, until `go_on`."""
        self._flows.clear()

    def go_on(self) -> None:
        self._flows.set()

    async def pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_request: bool
    ) -> None:
        while data := await reader.read(65536):
            await self._flows.wait()
            if not (is_request and self.swallows):
                writer.write(data)
                await writer.drain()
        writer.close()


class FaultyProxy:
    """Stands before a server at ``ws://127.0.0.1:PORT``; `url` leads through it."""

    def __init__(self, server_url: str) -> None:
        self.passages: list[Passage] = []
        self._port = int(server_url.rsplit(":", 1)[1])
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        assert self._listener is not None
        return f"ws://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    @property
    def open(self) -> list[Passage]:
        return [passage for passage in self.passages if passage.is_open]

    async def __aenter__(self) -> FaultyProxy:
        self._listener = await asyncio.start_server(self._pass_through, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._listener is not None:
            self._listener.close()
        for passage in self.passages:
            passage.go_on()
            passage.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass_through(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", self._port)
        passage = Passage(writer, behind_writer)
        self.passages.append(passage)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(
                passage.pump(reader, behind_writer, True),
                passage.pump(behind_reader, writer, False),
            )
        passage.cut()
