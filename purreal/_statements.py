"""Owns how the SDK's record methods are spelled in SurrealQL and read back; does no I/O."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surrealdb import RecordID, Table

    Resource = str | RecordID | Table


def select_text(record: Resource, variables: dict[str, Any]) -> str:
    """Spell the selection of a record or of all records of a table."""
    return f"SELECT * FROM {_refer(record, variables)}"  # noqa: S608 (see _refer)


def delete_text(record: Resource, variables: dict[str, Any]) -> str:
    """Spell a deletion that returns what was there."""
    return f"DELETE {_refer(record, variables)} RETURN BEFORE"


def write_text(
    verb: str, record: Resource, clause: str, data: Any, variables: dict[str, Any]
) -> str:
    """Spell a statement such as ``UPDATE … MERGE …``; without data it has no clause."""
    target = _refer(record, variables)
    if data is None:
        return f"{verb} {target}"
    variables["_data"] = data
    return f"{verb} {target} {clause} $_data"


def insert_text(kind: str, table: str | Table, data: Any, variables: dict[str, Any]) -> str:
    """Spell an insertion of one or many records (`kind` is "" or "RELATION ").

    Raises:
        surrealdb.errors.SurrealError: the target is a record, not a table.
    """
    if hasattr(table, "id"):
        errors = importlib.import_module("surrealdb.errors")
        raise errors.SurrealError(f"INSERT needs a table, and {table} is a record")
    variables["_data"] = data
    return f"INSERT {kind}INTO {_refer(table, variables)} $_data"


def _refer(resource: Resource, variables: dict[str, Any]) -> str:
    # As in SDK 2.0.0: record ids travel as a variable, tables and text become part of the text,
    # which therefore must not come from a stranger.
    if isinstance(resource, str):
        return resource
    if hasattr(resource, "id"):
        variables["_resource"] = resource
        return "$_resource"
    return str(resource)


def is_single_record(resource: Resource) -> bool:
    """Tell ``person:tobie`` from ``person`` and from the range ``person:1..9``."""
    if isinstance(resource, str):
        return ":" in resource and ".." not in resource
    return hasattr(resource, "id")


def first_result(statements: Sequence[dict[str, Any]]) -> Any:
    """Return the first statement's result, provided that all statements succeeded.

    Raises:
        surrealdb.errors.ServerError: of the statement that failed; of several, the one that is
            the cause (inside a failed transaction the others say only that they did not run).
    """
    failed = [statement for statement in statements if statement.get("status") == "ERR"]
    if failed:
        cause = next((each for each in failed if not _did_not_run(each)), failed[0])
        raise importlib.import_module("surrealdb.errors").parse_query_error(cause)
    return statements[0]["result"] if statements else None


def _did_not_run(statement: dict[str, Any]) -> bool:
    details = statement.get("details")
    return isinstance(details, dict) and details.get("kind") == "NotExecuted"


def unwrapped(result: Any) -> Any:
    """Take the one record out of a list of one."""
    return result[0] if isinstance(result, list) and len(result) == 1 else result


_SIGN_IN_NAMES = {
    "namespace": "ns",
    "NS": "ns",
    "database": "db",
    "DB": "db",
    "access": "ac",
    "AC": "ac",
    "username": "user",
    "password": "pass",
}


def sign_in_parameters(given: dict[str, Any]) -> dict[str, Any]:
    """Turn the SDK's spelling of sign-in parameters into the one that the server reads.

    ``variables`` of an access method are laid beside the others; absent (None) ones are left out.
    """
    variables = given.get("variables")
    written = {
        _SIGN_IN_NAMES.get(name, name): value
        for name, value in given.items()
        if value is not None and not (name == "variables" and isinstance(variables, dict))
    }
    if isinstance(variables, dict):
        written.update({name: value for name, value in variables.items() if value is not None})
    return written
