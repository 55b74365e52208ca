"""Owns the official SDK's method names and argument shapes; must not know how requests travel."""

from __future__ import annotations

import importlib
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn

from purreal import _statements
from purreal._session_state import transaction_id

if TYPE_CHECKING:
    from uuid import UUID

    from surrealdb import RecordID, Table
    from surrealdb.types import Tokens

    Resource = str | RecordID | Table


class Methods:
    """The methods of SDK 2.0.0's ``AsyncSurreal`` over WebSocket, on any way to send a request.

    All of them raise the SDK's `surrealdb.errors.ServerError` when the server answers with an
    error, and `purreal.RequestError` when it does not answer. Two differences to SDK 2.0.0: when
    any of several statements failed its error is raised (the SDK looks at the first alone), and
    `query_raw` raises for a request that failed as a whole instead of returning its error.
    """

    __slots__ = ()

    @abstractmethod
    async def _request(self, method: str, params: list[Any], *, txn: UUID | None = None) -> Any:
        """Send one RPC request and return the ``result`` of its reply."""

    async def query(
        self, query: str, vars: dict[str, Any] | None = None, txn_id: UUID | None = None
    ) -> Any:
        """Run SurrealQL and return the result of its first statement.

        Args:
            query: one or several statements.
            vars: values for the ``$names`` in it.
            txn_id: a transaction of `begin` to run it in.

        Raises:
            surrealdb.errors.ServerError: a statement failed. Of several statements outside a
                transaction, those before it have taken effect.
        """
        return _statements.first_result(
            await self._request("query", [query, vars or {}], txn=txn_id)
        )

    async def query_raw(
        self, query: str, params: dict[str, Any] | None = None, txn_id: UUID | None = None
    ) -> dict[str, Any]:
        """Run SurrealQL and return ``{"result": [{"status", "result", "time"}, …]}``.

        Failed statements are in there, with ``status`` ``ERR``; none is raised.
        """
        return {"result": await self._request("query", [query, params or {}], txn=txn_id)}

    async def select(self, record: Resource, txn_id: UUID | None = None) -> Any:
        """Return the records of a table, or a list with the one record."""
        variables: dict[str, Any] = {}
        return await self.query(_statements.select_text(record, variables), variables, txn_id)

    async def create(self, record: Resource, data: Any = None, txn_id: UUID | None = None) -> Any:
        """Create one record, with `data` as its content, and return it."""
        return _statements.unwrapped(await self._write("CREATE", record, "CONTENT", data, txn_id))

    async def update(self, record: Resource, data: Any = None, txn_id: UUID | None = None) -> Any:
        """Replace the content of a record, or of all records of a table; return what is new."""
        return await self._write_to("UPDATE", record, "CONTENT", data, txn_id)

    async def upsert(self, record: Resource, data: Any = None, txn_id: UUID | None = None) -> Any:
        """Replace the content of a record, which is created where it does not exist."""
        return await self._write_to("UPSERT", record, "CONTENT", data, txn_id)

    async def merge(self, record: Resource, data: Any = None, txn_id: UUID | None = None) -> Any:
        """Merge `data` into a record, or into all records of a table."""
        return await self._write_to("UPDATE", record, "MERGE", {} if data is None else data, txn_id)

    async def patch(self, record: Resource, data: Any = None, txn_id: UUID | None = None) -> Any:
        """Apply JSON Patch operations (RFC 6902) to a record, or to all records of a table."""
        return await self._write_to("UPDATE", record, "PATCH", [] if data is None else data, txn_id)

    async def delete(self, record: Resource, txn_id: UUID | None = None) -> Any:
        """Delete a record, or all records of a table; return what was deleted."""
        variables: dict[str, Any] = {}
        text = _statements.delete_text(record, variables)
        return self._shaped(record, await self.query(text, variables, txn_id))

    async def insert(self, table: str | Table, data: Any, txn_id: UUID | None = None) -> Any:
        """Insert one record (a dict) or several (a list of dicts); return them as a list."""
        variables: dict[str, Any] = {}
        text = _statements.insert_text("", table, data, variables)
        return await self.query(text, variables, txn_id)

    async def insert_relation(
        self, table: str | Table, data: Any, txn_id: UUID | None = None
    ) -> Any:
        """Insert one or several graph edges; each has ``in`` and ``out``. Return them as a list."""
        variables: dict[str, Any] = {}
        text = _statements.insert_text("RELATION ", table, data, variables)
        return await self.query(text, variables, txn_id)

    async def _write_to(
        self, verb: str, record: Resource, clause: str, data: Any, txn_id: UUID | None
    ) -> Any:
        return self._shaped(record, await self._write(verb, record, clause, data, txn_id))

    async def _write(
        self, verb: str, record: Resource, clause: str, data: Any, txn_id: UUID | None
    ) -> Any:
        variables: dict[str, Any] = {}
        text = _statements.write_text(verb, record, clause, data, variables)
        return await self.query(text, variables, txn_id)

    @staticmethod
    def _shaped(record: Resource, result: Any) -> Any:
        single = _statements.is_single_record(record)
        return _statements.unwrapped(result) if single else result

    async def run(
        self, name: str, args: list[Any] | None = None, version: str | None = None
    ) -> Any:
        """Call a function such as ``fn::total`` or ``math::abs`` and return what it returns."""
        return await self._request("run", [name, version, args or []])

    async def use(self, namespace: str, database: str) -> None:
        """Work in another database until the lease ends."""
        await self._request("use", [namespace, database])

    async def let(self, key: str, value: Any, txn_id: UUID | None = None) -> None:
        """Define the variable ``$key`` until the lease ends."""
        await self._request("let", [key, value], txn=txn_id)

    async def unset(self, key: str, txn_id: UUID | None = None) -> None:
        """Forget a variable of `let`."""
        await self._request("unset", [key], txn=txn_id)

    async def signin(self, vars: dict[str, Any]) -> Tokens:
        """Become another user until the lease ends.

        Args:
            vars: ``username``, ``password`` and, by level, ``namespace`` and ``database``; or
                ``access`` with ``variables``.
        """
        return await self._tokens("signin", vars)

    async def signup(self, vars: dict[str, Any]) -> Tokens:
        """Create the user of a record access method and become it until the lease ends."""
        return await self._tokens("signup", vars)

    async def _tokens(self, method: str, vars: dict[str, Any]) -> Tokens:
        answer = await self._request(method, [_statements.sign_in_parameters(vars)])
        tokens: Tokens = importlib.import_module("surrealdb.types").parse_auth_result(answer)
        return tokens

    async def authenticate(self, token: str) -> None:
        """Become the user of a token until the lease ends."""
        await self._request("authenticate", [token])

    async def invalidate(self) -> None:
        """Be nobody until the lease ends."""
        await self._request("invalidate", [])

    async def info(self) -> Any:
        """Return the record of the signed-in record user."""
        return await self._request("info", [])

    async def version(self) -> str:
        """Return the server's version, such as ``surrealdb-3.3.5``."""
        return str(await self._request("version", []))

    async def begin(self) -> UUID:
        """Begin a transaction; give its id to the other methods as `txn_id`.

        Needs SurrealDB 3 over WebSocket; the embedded engine has none. What is still open when
        the lease ends is cancelled.
        """
        answer = await self._request("begin", [])
        transaction = transaction_id(answer)
        if transaction is None:
            errors = importlib.import_module("surrealdb.errors")
            raise errors.UnexpectedResponseError(f"`begin` was answered with {answer!r}, not an id")
        return transaction

    async def commit(self, txn_id: UUID) -> None:
        """Make what happened in a transaction of `begin` permanent."""
        await self._request("commit", [txn_id])

    async def cancel(self, txn_id: UUID) -> None:
        """Undo what happened in a transaction of `begin`."""
        await self._request("cancel", [txn_id])

    async def live(self, table: str | Table, diff: bool = False) -> UUID:
        """Not in this version."""
        _refuse("live")

    async def subscribe_live(self, query_uuid: str | UUID) -> Any:
        """Not in this version."""
        _refuse("subscribe_live")

    async def kill(self, query_uuid: str | UUID) -> None:
        """Not in this version."""
        _refuse("kill")

    async def attach(self) -> UUID:
        """Not in this version."""
        _refuse("attach")

    async def detach(self, session_id: UUID) -> None:
        """Not in this version."""
        _refuse("detach")

    async def new_session(self) -> Any:
        """Not in this version."""
        _refuse("new_session")


_INSTEAD = {
    "live": "use a connection of the SDK of its own for live queries",
    "session": "acquire one lease for each session instead",
}


def _refuse(method: str) -> NoReturn:
    reason = "live" if method in ("live", "subscribe_live", "kill") else "session"
    errors = importlib.import_module("surrealdb.errors")
    raise errors.UnsupportedFeatureError(
        f"`{method}` is not supported on pooled connections: {_INSTEAD[reason]}"
    )
