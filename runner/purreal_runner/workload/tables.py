"""The tables that belong to one run: their names and the SurrealQL that makes and drops them."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_RUN_NAME = 40
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class OwnTables:
    """Names tables after the run, so that a load test never touches the tables of an application.

    Attributes:
        prefix: starts every name and is a SurrealQL identifier without quoting.
    """

    prefix: str

    def __post_init__(self) -> None:
        if not _IDENTIFIER.match(self.prefix):
            raise ValueError(f"{self.prefix!r} is no start of a table name: letters, digits, _")

    @classmethod
    def named_after(cls, run_name: str, token: str | None = None) -> "OwnTables":
        """Makes the prefix from the run's name and a token that tells two runs apart."""
        readable = re.sub(r"[^a-z0-9]+", "_", run_name.lower()).strip("_")[:_LONGEST_RUN_NAME]
        return cls(f"load_{readable or 'run'}_{token or secrets.token_hex(3)}")

    def name(self, table: str) -> str:
        """The run's own table for `table`, itself an identifier."""
        if not _IDENTIFIER.match(table):
            raise ValueError(f"{table!r} is not a table name: letters, digits and _ only")
        return f"{self.prefix}_{table}"

    def define(self, tables: Iterable[str]) -> list[str]:
        """Statements that make the tables.

        They are needed: from engine 3.3 on, reading a table that nobody made is an error.
        """
        return [f"DEFINE TABLE IF NOT EXISTS {self.name(table)} TYPE ANY" for table in tables]

    def remove(self, tables: Iterable[str]) -> list[str]:
        """Statements that drop the tables with everything in them."""
        return [f"REMOVE TABLE IF EXISTS {self.name(table)}" for table in tables]
