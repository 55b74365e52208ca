"""An asynchronous connection pool for SurrealDB."""

from purreal._connection import Connection, Connector, Exchange
from purreal._credentials import Credentials
from purreal._errors import (
    AcquireTimeout,
    AuthenticationFailed,
    ConfigurationError,
    ConnectFailed,
    ConnectionLost,
    LeaseError,
    NestedAcquireError,
    NestedAcquireWarning,
    NotificationsLost,
    OpenFailed,
    Outcome,
    PoolClosed,
    PoolError,
    PoolNotOpen,
    PurrealError,
    RequestError,
    RequestNotSent,
    RequestTimeout,
    SessionsUnavailable,
    TooManyWaiters,
    Unreachable,
    UnreadableReply,
    outcome_of,
)
from purreal._lease import Lease
from purreal._pool import SurrealDBConnectionPool
from purreal._stats import PoolStats

__all__ = [
    "AcquireTimeout",
    "AuthenticationFailed",
    "ConfigurationError",
    "ConnectFailed",
    "Connection",
    "ConnectionLost",
    "Connector",
    "Credentials",
    "Exchange",
    "Lease",
    "LeaseError",
    "NestedAcquireError",
    "NestedAcquireWarning",
    "NotificationsLost",
    "OpenFailed",
    "Outcome",
    "PoolClosed",
    "PoolError",
    "PoolNotOpen",
    "PoolStats",
    "PurrealError",
    "RequestError",
    "RequestNotSent",
    "RequestTimeout",
    "SessionsUnavailable",
    "SurrealDBConnectionPool",
    "TooManyWaiters",
    "Unreachable",
    "UnreadableReply",
    "outcome_of",
]

__version__ = "1.0.0a1"

for _name in __all__:
    # Users see, log and pickle `purreal.PoolClosed`, wherever its module is.
    globals()[_name].__module__ = __name__
del _name
