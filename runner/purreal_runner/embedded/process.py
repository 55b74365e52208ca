"""The life of a serving process: limits, engine, server, signals, a clean end; no protocol."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from purreal_runner.embedded.engine import Engine, EngineUnavailable
from purreal_runner.embedded.parent import parent_is_gone
from purreal_runner.embedded.server import Server
from purreal_runner.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What to serve and where. `parent` is the process to end with, if any."""

    host: str
    port: int
    path: str
    username: str
    password: str = field(repr=False)
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """What is known once clients can connect."""

    host: str
    port: int
    version: str

    @property
    def url(self) -> str:
        """The address for clients."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}"

    def as_json(self) -> str:
        """One line for the parent process."""
        return json.dumps({"port": self.port, "version": self.version, "pid": os.getpid()})


def serve(options: ServeOptions, announce: Callable[[Ready], None]) -> ExitCode:
    """Serve until SIGTERM, SIGINT or the parent's end; `announce` is called once clients can
    connect.

    After this the caller must leave by `leave`: the engine's threads still live.
    """
    raise_descriptor_limit()
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(options, announce))
    except EngineUnavailable as error:
        _complain(str(error))
        return ExitCode.ERROR
    except OSError as error:
        _complain(f"cannot listen on {options.host}:{options.port}: {error.strerror}")
        return ExitCode.ERROR
    return ExitCode.OK


def _complain(text: str) -> None:
    sys.stderr.write(f"purreal serve: {text}\n")


def leave(code: int) -> None:
    """End this process at once, without Python's own clean-up: the wheel's threads can panic
    during it.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # the reader of a pipe may be gone
            stream.flush()
    os._exit(code)


def raise_descriptor_limit() -> None:
    """Allow as many open sockets as the system lets this process have."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Any = uvloop.new_event_loop
    return factory  # type: ignore[no-any-return]


async def _serve(options: ServeOptions, announce: Callable[[Ready], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch = loop.create_task(_stop_with(options.parent, stop))
    try:
        await _run_until(stop, options, announce)
    finally:
        watch.cancel()


async def _stop_with(parent: int | None, stop: asyncio.Event) -> None:
    if parent is not None:
        await parent_is_gone(parent)
        stop.set()


async def _run_until(
    stop: asyncio.Event, options: ServeOptions, announce: Callable[[Ready], None]
) -> None:
    engine = await Engine.open(options.path, options.username, options.password)
    try:
        server = Server(engine)
        port = await server.listen(options.host, options.port)
        try:
            announce(Ready(options.host, port, engine.version))
            await stop.wait()
        finally:
            await server.close()
    finally:
        await engine.close()
