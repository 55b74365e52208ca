"""Owns the embedded engine: opening, root user, sessions, closing; knows no clients, no sockets."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

import cbor2

if TYPE_CHECKING:
    from surrealdb_embedded import AsyncEmbeddedDB

_log = logging.getLogger("purreal.serve")
_CLOSE_SECONDS: Final = 10.0


class EngineUnavailable(Exception):
    """The engine can't be started; the text says why and what to try."""


class Engine:
    """One datastore of the `surrealdb_embedded` wheel, driven by raw CBOR RPC requests."""

    def __init__(self, database: "AsyncEmbeddedDB", version: str) -> None:
        self.version = version
        # Declared as a coroutine function; what it returns is a future that runs already.
        self.execute = cast("Callable[[bytes], asyncio.Future[bytes]]", database.execute)
        self._database = database
        self._background: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, path: str, username: str, password: str) -> "Engine":
        """Open `path` (`mem://` or `surrealkv://DIR`) and give the root user `username` this
        password.

        Raises `EngineUnavailable` when the wheel is missing or the path can't be opened.
        """
        try:
            from surrealdb_embedded import AsyncEmbeddedDB
        except ImportError as error:
            raise EngineUnavailable(
                "the embedded SurrealDB is not installed; try: pip install 'purreal[embedded]'"
            ) from error
        try:
            database = AsyncEmbeddedDB(path)
            await database.connect()
        except Exception as error:  # the wheel raises ValueError and RuntimeError of its own
            raise EngineUnavailable(f"cannot open the datastore {path}: {error}") from error
        version = await _call(database.execute, "version")
        engine = cls(database, str(version))
        await engine._define_root_user(username, password)
        return engine

    async def _define_root_user(self, username: str, password: str) -> None:
        # OVERWRITE: with a datastore on disk the user may exist, and the password given now is the
        # one that counts. The statement takes literals only, no parameters.
        statement = (
            f"DEFINE USER OVERWRITE {_identifier(username)} ON ROOT "
            f"PASSWORD {_string(password)} ROLES OWNER"
        )
        [reply] = await _call(self.execute, "query", statement)
        if reply["status"] != "OK":
            raise EngineUnavailable(f"cannot define the root user: {reply['result']}")

    async def attached_sessions(self) -> int:
        """How many sessions the engine holds for clients (its own one is not counted)."""
        return len(await _call(self.execute, "sessions")) - 1

    def detach_soon(self, session: UUID) -> None:
        """Remove a session in the background; `close` waits for it."""
        self.run_soon(self._detach(session))

    def run_soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _detach(self, session: UUID) -> None:
        try:
            await _call(self.execute, "detach", session=session)
        except Exception:
            _log.exception("could not detach a client's session")

    async def close(self) -> None:
        """Finish background work and close the datastore, in bounded time."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                if self._background:
                    await asyncio.wait(self._background)
                await self._database.close()
        except TimeoutError:
            _log.warning("the engine did not close within %g s", _CLOSE_SECONDS)


async def _call(execute: Any, method: str, *params: Any, session: UUID | None = None) -> Any:
    """One request of our own, outside any client's session unless one is named."""
    request: dict[str, Any] = {"id": 0, "method": method, "params": list(params)}
    if session is not None:
        request["session"] = cbor2.CBORTag(37, session.bytes)
    reply = cbor2.loads(await execute(cbor2.dumps(request)))
    if "error" in reply:
        raise EngineUnavailable(f"the engine refused {method}: {reply['error']['message']}")
    return reply["result"]


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _string(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
