"""Owns who signs in and how the server wants it spelled; must not know when or over what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from purreal._errors import ConfigurationError

Level = Literal["root", "namespace", "database", "record"]

# The parameter names of the RPC `signin` method for system users and for record access.
# https://surrealdb.com/docs/surrealdb/integration/rpc#signin
_RESERVED = frozenset({"ns", "db", "ac", "NS", "DB", "AC"})


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Who a pool's connections are.

    Args:
        username: name of the system user (all levels but ``record``).
        password: that user's password; never shown by `repr`, logs or errors.
        level: where the user is defined: ``root``, ``namespace``, ``database``, or ``record``
            for a record access method (then `access` and `variables` instead of a user).
        namespace: namespace in which the user is defined; absent: the pool's namespace.
        database: database in which the user is defined; absent: the pool's database.
        access: name of the record access method (``DEFINE ACCESS … TYPE RECORD``).
        variables: what that method's SIGNIN clause reads, such as ``{"email": …, "pass": …}``.

    Raises:
        ConfigurationError: the parts do not belong together.
    """

    username: str | None = None
    password: str | None = None
    level: Level = "root"
    namespace: str | None = None
    database: str | None = None
    access: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.level not in get_args(Level):
            levels = ", ".join(get_args(Level))
            raise ConfigurationError(f"unknown credentials level {self.level!r}; one of: {levels}")
        if self.level == "record":
            self._check_record_access()
        else:
            self._check_system_user()
        # A copy: what the caller does to the mapping later must not change who signs in.
        object.__setattr__(self, "variables", dict(self.variables))

    def _check_record_access(self) -> None:
        if not self.access:
            raise ConfigurationError("credentials of level 'record' need the name of the access")
        if self.username is not None or self.password is not None:
            raise ConfigurationError(
                "credentials of level 'record' take `variables`, not `username` and `password`"
            )
        if taken := _RESERVED.intersection(self.variables):
            raise ConfigurationError(
                f"the variable name {min(taken)!r} is reserved by the sign-in request itself"
            )

    def _check_system_user(self) -> None:
        if not self.username or self.password is None:
            raise ConfigurationError(
                f"credentials of level {self.level!r} need `username` and `password`"
            )
        if self.access is not None or self.variables:
            raise ConfigurationError("`access` and `variables` belong to the level 'record'")

    def __repr__(self) -> str:
        shown = [f"level={self.level!r}"]
        for name in ("username", "namespace", "database", "access"):
            value = getattr(self, name)
            if value is not None:
                shown.append(f"{name}={value!r}")
        return f"Credentials({', '.join(shown)}, secrets hidden)"

    def describe(self) -> str:
        """Name the user for messages: ``root user 'app'``, ``record access 'account'``."""
        if self.level == "record":
            return f"record access {self.access!r}"
        return f"{self.level} user {self.username!r}"

    def sign_in_parameters(self, namespace: str | None, database: str | None) -> dict[str, Any]:
        """Build the one parameter of the RPC ``signin`` method.

        Args:
            namespace: the pool's namespace, used where the credentials name none.
            database: the pool's database, likewise.

        Raises:
            ConfigurationError: the level needs a namespace or database and there is none.
        """
        parameters: dict[str, Any] = {}
        if self.level != "root":
            parameters["ns"] = self._scope("namespace", self.namespace or namespace)
        if self.level in ("database", "record"):
            parameters["db"] = self._scope("database", self.database or database)
        if self.level == "record":
            return {**self.variables, **parameters, "ac": self.access}
        return {**parameters, "user": self.username, "pass": self.password}

    def _scope(self, what: str, value: str | None) -> str:
        if not value:
            raise ConfigurationError(
                f"credentials of level {self.level!r} need a {what}:"
                f" give it to the credentials or to the pool"
            )
        return value
