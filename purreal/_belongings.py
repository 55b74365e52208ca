"""Owns what a borrower adds to a lease: attached sessions, live queries; must not send anything."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from purreal._errors import LeaseError
from purreal._identifiers import as_uuid
from purreal._live import LiveQueries, LiveQuery, MakeError
from purreal._messages import session_entry


class Belongings:
    """The sessions that a borrower attached, and the live queries that it started.

    Attributes:
        sessions: those that are, or may be, attached, each with its `session_entry`.
    """

    def __init__(self) -> None:
        self.sessions: dict[UUID, bytes] = {}
        self._live: dict[UUID, tuple[LiveQuery, UUID | None]] = {}

    def entry_of(self, session: UUID | None) -> bytes:
        """Spell which of the sessions a request is for; None is the lease's own.

        Raises:
            surrealdb.errors.NotFoundError: it is none of this lease. On a socket that others use
                as well the server would find theirs; it says the same where there is none.
        """
        if session is None:
            return b""
        entry = self.sessions.get(session)
        if entry is None:
            details = {"kind": "Session", "details": {"id": str(session)}}
            raise importlib.import_module("surrealdb.errors").NotFoundError(
                "NotFound", f"Session not found: {session}", -32000, details
            )
        return entry

    def is_gone(self, method: str, session: UUID | None) -> bool:
        """Whether a request ends a session that is none, or none any more."""
        return method == "detach" and session not in self.sessions

    def before(self, method: str, session: UUID | None) -> None:
        """Note a request that is about to be sent."""
        # Not when it is answered: nobody may hear of the answer, and then it must be detached.
        if method == "attach" and session is not None:
            self.sessions[session] = session_entry(session)

    def after(
        self,
        method: str,
        params: Sequence[Any],
        result: Any,
        session: UUID | None,
        queries: LiveQueries,
    ) -> None:
        """Note a request that the server carried out."""
        if method == "detach" and session is not None:
            self.sessions.pop(session, None)
            for live_id in [each for each, (_, of) in self._live.items() if of == session]:
                self._forget(live_id, queries)
        elif method == "kill" and params:
            self._forget(as_uuid(params[0]), queries)
        else:
            for live_id in started_live_queries(method, result):
                self._live[live_id] = (queries.add(live_id), session)

    def refused(self, method: str, session: UUID | None) -> None:
        """Note a request that the server answered with an error."""
        if method == "attach" and session is not None:
            self.sessions.pop(session, None)

    def live_query(self, live_id: UUID) -> LiveQuery:
        """Return a live query of this lease.

        Raises:
            LeaseError: it is none, or was killed.
        """
        entry = self._live.get(live_id)
        if entry is None:
            raise LeaseError(
                f"the live query {live_id} was not started on this lease, or it was killed: start"
                " one with `live`, or with LIVE SELECT in a query"
            )
        return entry[0]

    def end_live_queries(self, queries: LiveQueries, make_error: MakeError) -> None:
        """Let all live queries end, and drop what they still notify."""
        for live_id, (query, _) in self._live.items():
            queries.remove(live_id)
            query.end(make_error)
        self._live.clear()

    def _forget(self, live_id: UUID | None, queries: LiveQueries) -> None:
        entry = None if live_id is None else self._live.pop(live_id, None)
        if live_id is not None and entry is not None:
            queries.remove(live_id)
            entry[0].end()


def may_start_live_queries(method: str) -> bool:
    """Tell which of the methods that may change a session may start live queries in it."""
    return method in ("live", "query")


def started_live_queries(method: str, result: Any) -> list[UUID]:
    """Find the ids of the live queries that a request has started."""
    if method == "live":
        answers = [result]
    elif method == "query" and isinstance(result, list):
        # SurrealDB 3 says of each statement whether it was LIVE. SurrealDB 2 does not: there any
        # UUID may be one, and waiting for notifications that never come costs nothing.
        answers = [
            statement.get("result")
            for statement in result
            if isinstance(statement, dict) and statement.get("type", "live") == "live"
        ]
    else:
        answers = []
    return [live_id for live_id in map(as_uuid, answers) if live_id is not None]
