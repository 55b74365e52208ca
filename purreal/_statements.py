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
    """Spell a statement such as ``UPDATE … MERGE …``; without data it does what nothing does."""
    target = _refer(record, variables)
    if data is None:
        return f"{verb} {target}{_WITHOUT_DATA[clause]}"
    name = _NAMES_OF_DATA[clause]
    variables[name] = data
    return f"{verb} {target} {clause} ${name}"


# As in SDK 2.0.0, because the server quotes the text in its errors.
_NAMES_OF_DATA = {"CONTENT": "_content", "MERGE": "_data", "PATCH": "_patches"}
_WITHOUT_DATA = {"CONTENT": "", "MERGE": " MERGE {}", "PATCH": " PATCH []"}


def insert_text(table: str | Table, data: Any, variables: dict[str, Any]) -> str:
    """Spell an insertion of one or many records.

    Raises:
        surrealdb.errors.SurrealError: the target is a record, not a table.
    """
    if hasattr(table, "id"):
        raise importlib.import_module("surrealdb.errors").SurrealError(
            "There was a problem with the database: Can not execute INSERT statement using value"
            f" '{table}'"
        )
    return _insert_text("INSERT INTO", table, data, variables)


def insert_relation_text(table: str | Table, data: Any, variables: dict[str, Any]) -> str:
    """Spell an insertion of one or many graph edges."""
    return _insert_text("INSERT RELATION INTO", table, data, variables)


def _insert_text(verb: str, table: str | Table, data: Any, variables: dict[str, Any]) -> str:
    target = _refer(table, variables, "_table")
    variables["_data"] = data
    return f"{verb} {target} $_data"


def _refer(resource: Resource, variables: dict[str, Any], name: str = "_resource") -> str:
    # As in SDK 2.0.0: record ids travel as a variable, tables and text become part of the text,
    # which therefore must not come from a stranger.
    if isinstance(resource, str):
        return resource
    if hasattr(resource, "id"):
        variables[name] = resource
        return f"${name}"
    return str(resource)


def as_table(table: str | Table) -> Any:
    """Make a table of its name; everything else stays what it is."""
    return importlib.import_module("surrealdb").Table(table) if isinstance(table, str) else table


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
    if isinstance(details, dict):
        return details.get("kind") == "NotExecuted"
    # SurrealDB 2 has no details, only these words.
    return "was not executed due to a" in str(statement.get("result"))


def unwrapped(result: Any) -> Any:
    """Take the one record out of a list of one."""
    return result[0] if isinstance(result, list) and len(result) == 1 else result


# The names that count, in the order in which the later one of two for the same thing wins.
_SIGN_IN_NAMES = {
    "namespace": "ns",
    "NS": "ns",
    "database": "db",
    "DB": "db",
    "access": "ac",
    "AC": "ac",
    "username": "user",
    "password": "pass",
    "user": "user",
    "pass": "pass",
    "key": "key",
    "refresh": "refresh",
}


def sign_in_parameters(given: dict[str, Any]) -> dict[str, Any]:
    """Turn the SDK's spelling of sign-in parameters into the one that the server reads.

    ``variables`` of an access method are laid beside the others; absent (None) ones and names
    that mean nothing are left out.

    Raises:
        ValueError: it is no dict.
    """
    if not isinstance(given, dict):
        raise ValueError(f"to sign in takes a dict such as {{'username': …}}, not {given!r:.40}")
    variables = given.get("variables")
    named = [(written, given.get(name)) for name, written in _SIGN_IN_NAMES.items()]
    laid_beside = list(variables.items()) if isinstance(variables, dict) else []
    return {name: value for name, value in named + laid_beside if value is not None}
