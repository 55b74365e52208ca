"""Owns the errors and what each says about a request's fate; must not know pools or sockets."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Self


class Outcome(Enum):
    """What is known about a request that did not succeed."""

    NOT_SENT = "not sent"
    """No byte of the request left this process: safe to send again, elsewhere too."""

    UNKNOWN = "outcome unknown"
    """The request was sent and no answer came: the server may or may not have executed it."""

    REJECTED = "rejected"
    """The server answered with an error.

    Of several statements outside a transaction, those before the failed one have taken effect.
    """


class PurrealError(Exception):
    """Base of every error of this library; the server's own errors are the SDK's classes."""


class ConfigurationError(PurrealError, ValueError):
    """A parameter has a value that can not work; raised when it is given, not when it is used."""


class PoolError(PurrealError):
    """Base of the errors about the pool and its leases."""


class PoolClosed(PoolError):
    """The pool is closed, or closed while the caller waited."""


class PoolNotOpen(PoolError):
    """The pool was used before ``open()``."""


class AcquireTimeout(PoolError, TimeoutError):
    """No connection was granted within the acquire timeout."""


class TooManyWaiters(PoolError):
    """``max_waiting`` callers wait already, so this one was turned away at once."""


class NestedAcquireError(PoolError):
    """A task that holds leases asked for one more, and waiting for it could never end."""


class LeaseError(PoolError):
    """A lease was used after its return, or for what is not its own, or returned wrongly."""


class NotificationsLost(PoolError):
    """A live query was read so slowly that notifications had to be dropped."""


class ConnectFailed(PurrealError):
    """No usable connection could be made.

    Args:
        message: what happened and what to try.
        endpoint: the address that was tried, without secrets.
    """

    def __init__(self, message: str = "", *, endpoint: str = "") -> None:
        super().__init__(message)
        self.endpoint = endpoint

    def copy(self) -> Self:
        """The same error, with a traceback of its own, to be raised in one more task."""
        return type(self)(str(self), endpoint=self.endpoint)


class SessionsUnavailable(ConnectFailed):
    """`lend="session"` was asked for, and the server has no sessions to attach."""


class OpenFailed(ConnectFailed, TimeoutError):
    """The pool did not reach ``min_size`` connections within the timeout of ``open()``."""


class Unreachable(ConnectFailed):
    """Nothing that speaks SurrealDB's protocol answered at the endpoint."""


class AuthenticationFailed(ConnectFailed):
    """The server answered and refused the credentials, or the namespace or database."""


class RequestError(PurrealError):
    """A request ended without an answer of the server.

    Args:
        message: what happened and what to try.
        outcome: whether the server may have executed the request; the class's own when None.
    """

    outcome: Outcome = Outcome.UNKNOWN

    def __init__(self, message: str = "", *, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        if outcome is not None:
            self.outcome = outcome


class ConnectionLost(RequestError):
    """The connection went away: NOT_SENT when before the request was written, else UNKNOWN."""


class RequestTimeout(RequestError, TimeoutError):
    """No answer within the request timeout; the server may still be executing the request."""


class RequestNotSent(RequestError):
    """The request can not be sent, for example because a value has no CBOR form."""

    outcome = Outcome.NOT_SENT


class UnreadableReply(RequestError):
    """The server sent bytes that make no sense, so no answer on this connection can be trusted."""


class NestedAcquireWarning(UserWarning):
    """A task acquired a second lease while it holds one; at another load that can dead-lock."""


def outcome_of(error: BaseException) -> Outcome | None:
    """Say what `error` tells about the request that raised it.

    Returns:
        the `Outcome`; None when the error says nothing about a request (a bug in the caller's
        code, or a pool error, which comes before any request).
    """
    if isinstance(error, RequestError):
        return error.outcome
    return Outcome.REJECTED if is_server_error(error) else None


def is_server_error(error: BaseException) -> bool:
    """Tell whether the server itself answered with this error."""
    # Looked up, not imported: the SDK costs 380 ms and no server error exists before its import.
    sdk_errors = sys.modules.get("surrealdb.errors")
    return sdk_errors is not None and isinstance(error, sdk_errors.ServerError)


def is_conflict(error: BaseException) -> bool:
    """Tell whether the server undid a transaction only since another one was quicker."""
    if not is_server_error(error):
        return False
    # SurrealDB 3 says it in `details`; 2.x has no details and says it in words alone.
    details = getattr(error, "details", None)
    kind = details.get("kind") if isinstance(details, dict) else None
    return kind == "TransactionConflict" or "transaction can be retried" in str(error)
