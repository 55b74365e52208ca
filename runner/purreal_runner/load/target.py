"""Gets a database ready for a run: starts one if asked to, and looks whether it can be used."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from purreal import ConnectFailed, Credentials, PurrealError, SurrealDBConnectionPool
from purreal_runner.document.local import ResolvedTarget
from purreal_runner.embedded.launch import (
    RunningTarget,
    TargetUnavailable,
    start_embedded,
    start_server,
)
from purreal_runner.load.make_pool import credentials_of, ssl_context
from purreal_runner.load.plan import ConnectionPlan
from purreal_runner.load.settings import RunRefused

LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ReadyTarget:
    """A database that answered, let us in, and has our namespace and database."""

    kind: str
    version: str
    connection: ConnectionPlan


@asynccontextmanager
async def ready_target(choice: ResolvedTarget) -> AsyncIterator[ReadyTarget]:
    """The database of a run for as long as the block lasts; one we started ends with it.

    Raises:
        RunRefused: none could be started, it can't be reached, or it doesn't let us in.
    """
    if choice.kind == "url":
        connection = connection_of(choice)
        yield ReadyTarget("url", await look(connection), connection)
        return
    credentials = None
    if choice.username is not None and choice.password is not None:
        credentials = Credentials(choice.username, choice.password)
    start = start_server if choice.kind == "server" else start_embedded
    try:
        async with start(credentials=credentials) as running:
            connection = _of_running(choice, running)
            await look(connection)
            yield ReadyTarget(running.kind, running.version, connection)
    except TargetUnavailable as error:
        raise RunRefused(str(error)) from error


def connection_of(choice: ResolvedTarget) -> ConnectionPlan:
    """How to reach a database that is there already."""
    return _connection(choice, choice.endpoint or "", choice.username, choice.password)


def _of_running(choice: ResolvedTarget, running: RunningTarget) -> ConnectionPlan:
    return _connection(choice, running.url, running.username, running.password)


def _connection(
    choice: ResolvedTarget, url: str, username: str | None, password: str | None
) -> ConnectionPlan:
    return ConnectionPlan(
        url=url,
        namespace=choice.namespace,
        database=choice.database,
        username=username,
        password=password,
        level=choice.level,
        ca_file=choice.ca_file,
    )


async def look(connection: ConnectionPlan) -> str:
    """Makes namespace and database if they are missing, and asks for the version.

    Raises:
        RunRefused: unreachable, not let in, or the namespace or database can't be used.
    """
    try:
        if connection.level == "root" and connection.username is not None:
            await _make_place(connection)
        async with single_connection(connection) as pool, pool.acquire() as conn:
            return str(await conn.version())
    except ConnectFailed as error:
        raise RunRefused(precise_words(error)) from error
    except (PurrealError, OSError) as error:
        raise RunRefused(f"{connection.url} can't be used: {error}") from error


async def _make_place(connection: ConnectionPlan) -> None:
    from surrealdb.errors import ServerError  # 0.4 s: not before somebody runs a test

    namespace, database = connection.namespace, connection.database
    async with _single(connection, None, None) as pool, pool.acquire() as conn:
        try:
            await conn.query(f"DEFINE NAMESPACE IF NOT EXISTS `{namespace}`")
            await conn.use(namespace, database)
            await conn.query(f"DEFINE DATABASE IF NOT EXISTS `{database}`")
        except ServerError:
            # A user who may not define them can still work in them; the next step will tell.
            return


@asynccontextmanager
async def _single(
    connection: ConnectionPlan,
    namespace: str | None,
    database: str | None,
    open_seconds: float = LOOK_SECONDS,
) -> AsyncIterator[SurrealDBConnectionPool]:
    pool = SurrealDBConnectionPool(
        connection.url,
        credentials=credentials_of(connection),
        namespace=namespace,
        database=database,
        min_size=1,
        max_size=1,
        acquire_timeout=LOOK_SECONDS,
        lend="connection",
        ssl=ssl_context(connection),
        name="before and after the load",
    )
    try:
        with _said_once():
            await pool.open(timeout=open_seconds)
        yield pool
    finally:
        await pool.close(grace=0.0)


@contextmanager
def _said_once() -> Iterator[None]:
    """Keeps the pool's warnings back: what goes wrong while opening is raised and shown anyway."""
    pool_logger = logging.getLogger("purreal")

    def keep(record: logging.LogRecord) -> bool:
        return record.levelno != logging.WARNING or pool_logger.isEnabledFor(logging.DEBUG)

    pool_logger.addFilter(keep)
    try:
        yield
    finally:
        pool_logger.removeFilter(keep)


@asynccontextmanager
async def single_connection(
    connection: ConnectionPlan, open_seconds: float = LOOK_SECONDS
) -> AsyncIterator[SurrealDBConnectionPool]:
    """A pool of one connection for what happens before and after the load."""
    place = (connection.namespace, connection.database)
    async with _single(connection, *place, open_seconds) as pool:
        yield pool


def precise_words(error: PurrealError) -> str:
    """The most precise words: "unreachable" rather than "0 of 1 connections were open"."""
    cause = error.__cause__
    return str(cause) if isinstance(cause, ConnectFailed) else str(error)
