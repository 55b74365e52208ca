"""Owns the SDK's methods that concern sessions, and with them all that there are; sends nothing."""

from __future__ import annotations

import importlib
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from purreal import _statements
from purreal._identifiers import as_uuid, transaction_id
from purreal._query_methods import QueryMethods

if TYPE_CHECKING:
    from uuid import UUID

    from surrealdb import AsyncSurrealSession, Table
    from surrealdb.types import Tokens

    from purreal._notifications import Notifications


class Methods(QueryMethods):
    """The methods of SDK 2.0.0's ``AsyncSurreal`` over WebSocket, on any way to send a request.

    All of them raise the SDK's `surrealdb.errors.ServerError` when the server answers with an
    error, and `purreal.RequestError` when it does not answer. `session_id` names a session of
    `attach` that the request is for, instead of the lease's own; `txn_id` a transaction of `begin`
    that it is part of. Where they differ from the SDK's on purpose is in docs/sdk-compatibility.md.
    """

    __slots__ = ()

    @abstractmethod
    def _notifications(self, live_id: UUID) -> Notifications:
        """Return one more reader of a live query."""

    # -- the session ------------------------------------------------------------------------------

    async def use(self, namespace: str, database: str, session_id: UUID | None = None) -> None:
        """Work in another database until the lease ends."""
        await self._request("use", [namespace, database], session=session_id)

    async def let(
        self,
        key: str,
        value: Any,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> None:
        """Define the variable ``$key`` until the lease ends."""
        await self._request("let", [key, value], session=session_id, txn=txn_id)

    async def unset(
        self, key: str, session_id: UUID | None = None, txn_id: UUID | None = None
    ) -> None:
        """Forget a variable of `let`."""
        await self._request("unset", [key], session=session_id, txn=txn_id)

    async def signin(self, vars: dict[str, Any], session_id: UUID | None = None) -> Tokens:
        """Become another user until the lease ends.

        Args:
            vars: ``username``, ``password`` and, by level, ``namespace`` and ``database``; or
                ``access`` with ``variables``, ``key`` or ``refresh``.
        """
        return await self._tokens("signin", vars, session_id)

    async def signup(self, vars: dict[str, Any], session_id: UUID | None = None) -> Tokens:
        """Create the user of a record access method and become it until the lease ends."""
        return await self._tokens("signup", vars, session_id)

    async def _tokens(self, method: str, vars: dict[str, Any], session_id: UUID | None) -> Tokens:
        parameters = [_statements.sign_in_parameters(vars)]
        answer = await self._request(method, parameters, session=session_id)
        tokens: Tokens = importlib.import_module("surrealdb.types").parse_auth_result(answer)
        return tokens

    async def authenticate(self, token: str, session_id: UUID | None = None) -> None:
        """Become the user of a token until the lease ends."""
        await self._request("authenticate", [token], session=session_id)

    async def invalidate(self, session_id: UUID | None = None) -> None:
        """Be nobody until the lease ends."""
        await self._request("invalidate", [], session=session_id)

    async def info(self, session_id: UUID | None = None) -> Any:
        """Return the record of the signed-in record user; None for other users."""
        return await self._request("info", [], session=session_id)

    async def version(self, session_id: UUID | None = None) -> str:
        """Return the server's version, such as ``surrealdb-3.3.5``."""
        return str(await self._request("version", [], session=session_id))

    # -- more sessions ----------------------------------------------------------------------------

    async def attach(self) -> UUID:
        """Make one more session, anonymous and without a database, until the lease ends.

        Needs SurrealDB 3. Give its id to the other methods as `session_id`.
        """
        from uuid import uuid4  # as in `as_uuid`

        session_id = uuid4()
        await self._request("attach", [], session=session_id)
        return session_id

    async def detach(self, session_id: UUID) -> None:
        """End a session of `attach`, with its transactions and live queries."""
        await self._request("detach", [], session=session_id)

    async def new_session(self) -> AsyncSurrealSession:
        """Make one more session and return the SDK's own object for it.

        It has `use`, `query`, `select`, …, `begin_transaction` and `close_session`.
        """
        # The class asks for no more than the methods that this one has.
        session = importlib.import_module("surrealdb").AsyncSurrealSession
        made: AsyncSurrealSession = session(self, await self.attach())
        return made

    # -- transactions -----------------------------------------------------------------------------

    async def begin(self, session_id: UUID | None = None) -> UUID:
        """Begin a transaction; give its id to the other methods as `txn_id`.

        Needs SurrealDB 3 over WebSocket; the embedded engine has none. What is still open when
        the lease ends is cancelled.
        """
        answer = await self._request("begin", [], session=session_id)
        transaction = transaction_id(answer)
        if transaction is None:
            errors = importlib.import_module("surrealdb.errors")
            raise errors.UnexpectedResponseError(f"`begin` was answered with {answer!r}, not an id")
        return transaction

    async def commit(self, txn_id: UUID, session_id: UUID | None = None) -> None:
        """Make what happened in a transaction of `begin` permanent."""
        await self._request("commit", [txn_id], session=session_id)

    async def cancel(self, txn_id: UUID, session_id: UUID | None = None) -> None:
        """Undo what happened in a transaction of `begin`."""
        await self._request("cancel", [txn_id], session=session_id)

    # -- live queries -----------------------------------------------------------------------------

    async def live(
        self, table: str | Table, diff: bool = False, session_id: UUID | None = None
    ) -> UUID:
        """Watch a table until `kill` or the end of the lease; the embedded engine can not.

        Args:
            diff: notify of changes as JSON Patch operations instead of whole records.

        Returns:
            the id for `subscribe_live` and `kill`.
        """
        target = _statements.as_table(table)
        answer = await self._request(
            "live", [target, True] if diff else [target], session=session_id
        )
        live_id = as_uuid(answer)
        if live_id is None:
            errors = importlib.import_module("surrealdb.errors")
            raise errors.UnexpectedResponseError(f"`live` was answered with {answer!r}, not an id")
        return live_id

    async def subscribe_live(self, query_uuid: str | UUID) -> Notifications:
        """Read what a live query notifies: ``async for record in await conn.subscribe_live(id)``.

        The first to subscribe gets everything since the start of the live query; each one gets all
        that comes later. What a record became is notified, what it was when it was deleted.

        Raises:
            LeaseError: the live query was not started on this lease, or it was killed.
        """
        live_id = as_uuid(query_uuid)
        if live_id is None:
            raise ValueError(f"{query_uuid!r} is no id of a live query")
        return self._notifications(live_id)

    async def kill(self, query_uuid: str | UUID, session_id: UUID | None = None) -> None:
        """End a live query; whoever reads it comes to its end."""
        await self._request("kill", [query_uuid], session=session_id)
