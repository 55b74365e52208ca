"""Owns the SDK's methods that run queries and write records; must not know how requests travel."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from purreal import _statements

if TYPE_CHECKING:
    from uuid import UUID

    from surrealdb import RecordID, Table

    Resource = str | RecordID | Table


class QueryMethods:
    """Queries and records. What `session_id` and `txn_id` mean, `Methods` says."""

    __slots__ = ()

    @abstractmethod
    async def _request(
        self,
        method: str,
        params: list[Any],
        *,
        session: UUID | None = None,
        txn: UUID | None = None,
    ) -> Any:
        """Send one RPC request and return the ``result`` of its reply."""

    async def query(
        self,
        query: str,
        vars: dict[str, Any] | None = None,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> Any:
        """Run SurrealQL and return the result of its first statement.

        Args:
            query: one or several statements.
            vars: values for the ``$names`` in it.

        Raises:
            surrealdb.errors.ServerError: a statement failed. Of several statements outside a
                transaction, those before it have taken effect.
        """
        return _statements.first_result(
            await self._request("query", [query, vars or {}], session=session_id, txn=txn_id)
        )

    async def query_raw(
        self,
        query: str,
        params: dict[str, Any] | None = None,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> dict[str, Any]:
        """Run SurrealQL and return ``{"result": [{"status", "result", "time"}, …]}``.

        Failed statements are in there, with ``status`` ``ERR``; none is raised.
        """
        return {
            "result": await self._request(
                "query", [query, params or {}], session=session_id, txn=txn_id
            )
        }

    async def run(
        self, name: str, args: list[Any] | None = None, version: str | None = None
    ) -> Any:
        """Call a function such as ``fn::total`` or ``math::abs`` and return what it returns."""
        return await self._request("run", [name, version, args or []])

    async def select(
        self, record: Resource, session_id: UUID | None = None, txn_id: UUID | None = None
    ) -> Any:
        """Return the records of a table, or a list with the one record."""
        variables: dict[str, Any] = {}
        text = _statements.select_text(record, variables)
        return await self.query(text, variables, session_id, txn_id)

    async def create(
        self,
        record: Resource,
        data: Any = None,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> Any:
        """Create one record, with `data` as its content, and return it."""
        created = await self._write("CREATE", record, "CONTENT", data, session_id, txn_id)
        return _statements.unwrapped(created)

    async def update(
        self,
        record: Resource,
        data: Any = None,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> Any:
        """Replace the content of a record, or of all records of a table; return what is new."""
        return _shaped(
            record, await self._write("UPDATE", record, "CONTENT", data, session_id, txn_id)
        )

    async def upsert(
        self,
        record: Resource,
        data: Any = None,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> Any:
        """Replace the content of a record, which is created where it does not exist."""
        return _shaped(
            record, await self._write("UPSERT", record, "CONTENT", data, session_id, txn_id)
        )

    async def merge(
        self,
        record: Resource,
        data: Any = None,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> Any:
        """Merge `data` into a record, or into all records of a table."""
        return _shaped(
            record, await self._write("UPDATE", record, "MERGE", data, session_id, txn_id)
        )

    async def patch(
        self,
        record: Resource,
        data: Any = None,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> Any:
        """Apply JSON Patch operations (RFC 6902) to a record, or to all records of a table."""
        return _shaped(
            record, await self._write("UPDATE", record, "PATCH", data, session_id, txn_id)
        )

    async def delete(
        self, record: Resource, session_id: UUID | None = None, txn_id: UUID | None = None
    ) -> Any:
        """Delete a record, or all records of a table; return what was deleted."""
        variables: dict[str, Any] = {}
        text = _statements.delete_text(record, variables)
        return _shaped(record, await self.query(text, variables, session_id, txn_id))

    async def insert(
        self,
        table: str | Table,
        data: Any,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> Any:
        """Insert one record (a dict) or several (a list of dicts); return them as a list."""
        variables: dict[str, Any] = {}
        text = _statements.insert_text(table, data, variables)
        return await self.query(text, variables, session_id, txn_id)

    async def insert_relation(
        self,
        table: str | Table,
        data: Any,
        session_id: UUID | None = None,
        txn_id: UUID | None = None,
    ) -> Any:
        """Insert one or several graph edges; each has ``in`` and ``out``. Return them as a list."""
        variables: dict[str, Any] = {}
        text = _statements.insert_relation_text(table, data, variables)
        return await self.query(text, variables, session_id, txn_id)

    async def _write(
        self,
        verb: str,
        record: Resource,
        clause: str,
        data: Any,
        session_id: UUID | None,
        txn_id: UUID | None,
    ) -> Any:
        variables: dict[str, Any] = {}
        text = _statements.write_text(verb, record, clause, data, variables)
        return await self.query(text, variables, session_id, txn_id)


def _shaped(record: Resource, result: Any) -> Any:
    single = _statements.is_single_record(record)
    return _statements.unwrapped(result) if single else result
