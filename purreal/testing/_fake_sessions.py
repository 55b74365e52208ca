"""Owns what a fake server knows of one client: sessions, users, replies; must not know sockets."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

VERSION = "surrealdb-3.3.5"

_OF_SESSIONS = ("attach", "detach", "sessions")

Error = dict[str, Any]


class Refused(Exception):
    """The RPC error that answers a request."""

    def __init__(self, code: int, kind: str, message: str, details: Any = None) -> None:
        super().__init__(message)
        self.reply: Error = {"code": code, "kind": kind, "message": message, "details": details}


@dataclass(slots=True)
class Session:
    """What the server keeps of one session."""

    user: str | None = None
    namespace: str | None = None
    database: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    transactions: set[UUID] = field(default_factory=set)


class Accounts:
    """Who may sign in, and the tokens that were given out.

    Args:
        username: the one user.
        password: None lets everybody in, anonymous clients too.
        token_seconds: life of a token.
    """

    def __init__(self, username: str, password: str | None, token_seconds: float) -> None:
        self.sign_ins = 0
        self._username = username
        self._password = password
        self._token_seconds = token_seconds
        self._tokens: dict[str, str] = {}

    def sign_in(self, parameters: Mapping[str, Any]) -> tuple[str, str]:
        """Return user and token, or refuse."""
        self.sign_ins += 1
        user, password = parameters.get("user"), parameters.get("pass")
        if self._password is not None and (user, password) != (self._username, self._password):
            raise _invalid("There was a problem with authentication")
        token = self._issue(str(user))
        return str(user), token

    def _issue(self, user: str) -> str:
        # Shaped like a JSON Web Token; its life is read by clients, so it is in wall-clock time.
        now = int(time.time())
        payload = {"iat": now, "exp": now + self._token_seconds, "ID": user, "jti": uuid4().hex}
        body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
        token = f"fake.{body}.unsigned"
        self._tokens[token] = user
        return token

    def user_of(self, token: Any) -> str:
        """Return whose token it is, or refuse."""
        if token not in self._tokens:
            raise _invalid("There was a problem with authentication")
        return self._tokens[token]

    def forget_tokens(self) -> None:
        """Refuse all tokens from now on, as a server does that was replaced."""
        self._tokens.clear()

    def require(self, session: Session) -> None:
        """Refuse anonymous sessions, where there is a password."""
        if self._password is not None and session.user is None:
            raise Refused(
                -32002,
                "NotAllowed",
                "Anonymous access not allowed: Not enough permissions to perform this action",
                {"kind": "Auth", "details": {"kind": "NotAllowed"}},
            )


def _invalid(message: str) -> Refused:
    return Refused(
        -32002, "NotAllowed", message, {"kind": "Auth", "details": {"kind": "InvalidAuth"}}
    )


def _unknown(method: Any) -> Refused:
    details = {"kind": "Method", "details": {"name": method}}
    return Refused(-32601, "NotFound", "Method not found", details)


class Client:
    """The sessions of one socket, and every RPC method but ``query``.

    Args:
        has_sessions: False: nothing but the socket's own.
    """

    def __init__(self, accounts: Accounts, has_sessions: bool) -> None:
        self._accounts = accounts
        self._has_sessions = has_sessions
        self._default = Session()
        self._attached: dict[str, Session] = {}

    def session(self, request: Mapping[str, Any]) -> Session:
        """Find the session that a request names, or refuse."""
        name = request.get("session")
        if name is None:
            return self._default
        if str(name) not in self._attached:
            raise Refused(-32600, "NotFound", "Session not found", {"kind": "Session"})
        return self._attached[str(name)]

    def answer(self, request: Mapping[str, Any]) -> Any:
        """Return the result of any method but ``query``, or refuse."""
        method, params = request["method"], list(request.get("params") or [])
        if method in _OF_SESSIONS and not self._has_sessions:
            raise _unknown(method)
        if method == "attach":
            return self._attach(str(request.get("session")))
        session = self.session(request)
        if method == "detach":
            self._attached.pop(str(request.get("session")), None)
            return None
        handler = getattr(self, f"_do_{method}", None)
        if handler is None:
            raise _unknown(method)
        return handler(session, *params)

    def _attach(self, name: str) -> None:
        if name in self._attached:
            raise Refused(-32600, "AlreadyExists", "Session already exists", {"kind": "Session"})
        self._attached[name] = Session()

    def _do_ping(self, session: Session) -> None:
        return None

    def _do_version(self, session: Session) -> str:
        return VERSION

    def _do_sessions(self, session: Session) -> list[str]:
        return list(self._attached)

    def _do_info(self, session: Session) -> None:
        return None

    def _do_signin(self, session: Session, parameters: Mapping[str, Any]) -> str:
        session.user, token = self._accounts.sign_in(parameters)
        return token

    def _do_authenticate(self, session: Session, token: Any) -> None:
        session.user = self._accounts.user_of(token)

    def _do_invalidate(self, session: Session) -> None:
        session.user = None

    def _do_use(self, session: Session, namespace: Any, database: Any) -> dict[str, Any]:
        session.namespace, session.database = namespace, database
        return {"namespace": namespace, "database": database}

    def _do_let(self, session: Session, name: str, value: Any) -> None:
        session.variables[name] = value

    _do_set = _do_let

    def _do_unset(self, session: Session, name: str) -> None:
        session.variables.pop(name, None)

    def _do_reset(self, session: Session) -> None:
        session.user = session.namespace = session.database = None
        session.variables.clear()
        session.transactions.clear()

    def _do_begin(self, session: Session) -> UUID:
        self._accounts.require(session)
        transaction = uuid4()
        session.transactions.add(transaction)
        return transaction

    def _do_commit(self, session: Session, transaction: Any) -> None:
        if transaction not in session.transactions:
            details = {"kind": "InvalidParams"}
            raise Refused(-32603, "Validation", "Transaction not found", details)
        session.transactions.discard(transaction)

    _do_cancel = _do_commit
