"""Owns the receiver's thread with its event loop and ports; knows no message and no run."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from purreal_operator.receiver.connections import Connections
from purreal_operator.receiver.forward import Forwarder
from purreal_operator.receiver.grpc_server import make_server
from purreal_operator.receiver.http_server import HttpEndpoints
from purreal_operator.receiver.intake import Intake
from purreal_operator.receiver.limits import Limits
from purreal_operator.receiver.plan import OpenStore
from purreal_operator.receiver.rooms import Rooms
from purreal_operator.receiver.stats import Stats

_BEAT_SECONDS: Final = 1.0
_START_SECONDS: Final = 30.0
_END_SECONDS: Final = 10.0
_LINGER_SECONDS: Final = 2.0
_GRPC_GRACE_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class ReceiverFailed(Exception):
    """The receiver could not start or end; the text says why."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the receiver listens.

    Attributes:
        http: coordination and OTLP/HTTP; 0 takes a free one.
        grpc: OTLP/gRPC; 0 takes a free one.
        host: an address; None: all addresses of the machine.
    """

    http: int = 8080
    grpc: int = 4317
    host: str | None = None


@dataclass(slots=True)
class _Running:
    """What the receiver's thread and its owner tell each other."""

    loop: asyncio.AbstractEventLoop | None = None
    stop: asyncio.Event | None = None
    forwarder: Forwarder | None = None
    http_port: int = 0
    grpc_port: int = 0
    error: BaseException | None = None
    ready: threading.Event = field(default_factory=threading.Event)
    beat: float = 0.0


class Receiver:
    """Takes what runners and databases tell into rooms, in a thread and loop of its own.

    Args:
        rooms: shared with the reconcile loop.
        open_store: keeps final exports; opened and closed in the receiver's loop.
        ports: where to listen.
        limits: how much to take.
    """

    def __init__(
        self,
        rooms: Rooms,
        open_store: OpenStore,
        *,
        ports: Ports | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.rooms = rooms
        self._open_store = open_store
        self._ports = ports or Ports()
        self._limits = limits or Limits()
        self._stats = Stats()
        self._running = _Running()
        self._thread: threading.Thread | None = None

    @property
    def http_port(self) -> int:
        """The real HTTP port; 0 before the start."""
        return self._running.http_port

    @property
    def grpc_port(self) -> int:
        """The real gRPC port; 0 before the start."""
        return self._running.grpc_port

    def stats(self) -> Mapping[tuple[str, str], int]:
        """The receiver's counters as (name, label) -> count."""
        return self._stats.snapshot()

    def start(self) -> None:
        """Start the thread; returns when both ports are open. Blocks up to 30 s.

        Raises:
            ReceiverFailed: it did not start, such as for a port that is taken.
        """
        if self._thread is not None:
            raise ReceiverFailed("the receiver was started already")
        self._running = running = _Running()
        self._thread = threading.Thread(
            target=self._run, args=(running,), name="purreal-receiver", daemon=True
        )
        self._thread.start()
        if not running.ready.wait(_START_SECONDS):
            raise ReceiverFailed(f"the receiver has not started within {_START_SECONDS:g} s")
        if running.error is not None:
            self._thread = None
            raise ReceiverFailed(f"the receiver could not start: {running.error}") from (
                running.error
            )

    def stop(self) -> None:
        """Close the ports and end the thread; what is being stored is given up. Blocks up to 10 s.

        Raises:
            ReceiverFailed: the thread does not end.
        """
        thread, running = self._thread, self._running
        if thread is None:
            return
        if running.loop is not None and running.stop is not None and thread.is_alive():
            running.loop.call_soon_threadsafe(running.stop.set)
        thread.join(_END_SECONDS)
        if thread.is_alive():
            raise ReceiverFailed(f"the receiver has not ended within {_END_SECONDS:g} s")
        self._thread = None

    def alive(self, within_seconds: float = 15.0) -> bool:
        """Whether the loop has done something within this time: for a probe."""
        return (
            self._thread is not None
            and self._thread.is_alive()
            and time.monotonic() - self._running.beat < within_seconds
        )

    def pass_on(self, run_id: str, spans: bytes) -> None:
        """Send spans of a run to its user's collector, if it has one; from any thread.

        Args:
            run_id: of a run whose room is open.
            spans: an `ExportTraceServiceRequest`, serialized.
        """
        running = self._running
        plan = self.rooms.plan(run_id)
        if plan is not None and running.loop is not None and running.forwarder is not None:
            running.loop.call_soon_threadsafe(
                running.forwarder.offer, run_id, plan.forward_to, "traces", spans
            )

    def _run(self, running: _Running) -> None:
        try:
            asyncio.run(self._serve(running))
        except BaseException as error:
            running.error = error
            _log.exception("the receiver has ended")
        finally:
            running.ready.set()

    async def _serve(self, running: _Running) -> None:
        running.loop = asyncio.get_running_loop()
        running.stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            store = await stack.enter_async_context(self._open_store())
            forwarder = await stack.enter_async_context(Forwarder(self._limits, self._stats))
            running.forwarder = forwarder
            intake = Intake(self.rooms, store, forwarder, self._limits, self._stats, time.monotonic)
            stack.callback(intake.close)
            connections = await stack.enter_async_context(self._http(intake, running))
            await stack.enter_async_context(self._grpc(intake, running))
            running.beat = time.monotonic()
            running.ready.set()
            await self._beat_until_stopped(running, running.stop, connections)

    async def _beat_until_stopped(
        self, running: _Running, stop: asyncio.Event, connections: Connections
    ) -> None:
        while not stop.is_set():
            running.beat = time.monotonic()
            connections.close_silent()
            try:
                async with asyncio.timeout(_BEAT_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue

    @asynccontextmanager
    async def _http(self, intake: Intake, running: _Running) -> AsyncIterator[Connections]:
        endpoints = HttpEndpoints(intake)
        runner = web.AppRunner(
            endpoints.application(),
            access_log=None,
            auto_decompress=False,  # bounded by ourselves
            keepalive_timeout=self._limits.keep_alive_seconds,
            lingering_time=_LINGER_SECONDS,
            shutdown_timeout=_GRPC_GRACE_SECONDS,
        )
        await runner.setup()
        try:
            if runner.server is None:
                raise ReceiverFailed("the HTTP server could not be made")
            connections = Connections(runner.server, self._limits, self._stats, time.monotonic)
            endpoints.heard_from = connections.heard_from
            listening = _listen(self._ports.host, self._ports.http)
            running.http_port = listening.getsockname()[1]
            server = await asyncio.get_running_loop().create_server(connections, sock=listening)
            try:
                yield connections
            finally:
                server.close()
        finally:
            await runner.cleanup()

    @asynccontextmanager
    async def _grpc(self, intake: Intake, running: _Running) -> AsyncIterator[None]:
        server = make_server(intake)
        host = self._ports.host or "[::]"
        running.grpc_port = server.add_insecure_port(f"{host}:{self._ports.grpc}")
        await server.start()
        try:
            yield
        finally:
            await server.stop(_GRPC_GRACE_SECONDS)


def _listen(host: str | None, port: int) -> socket.socket:
    """A listening socket; without a host for IPv6 and IPv4, or for IPv4 where there is no IPv6."""
    if host is not None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    try:
        return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        return socket.create_server(("", port))
