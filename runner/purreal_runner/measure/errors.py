"""Owns sorting what ended an operation into kinds of errors; counts nothing."""

from enum import StrEnum

from purreal import ConfigurationError, ConnectFailed, PoolError, RequestError
from purreal_runner.measure.data import Data

_MESSAGE_LIMIT = 300  # characters: one example is for reading, not for keeping a reply


class ErrorKind(StrEnum):
    """Where an error comes from.

    `application`: the database rejected the statement, or the workload's own code raised.
    `pool`: no lease could be had, or a lease was misused.
    `connection`: a connection could not be made, was lost, or did not answer in time.
    """

    APPLICATION = "application"
    POOL = "pool"
    CONNECTION = "connection"


class ErrorCount(Data):
    """How often one type of error ended an operation, with one message as an example."""

    kind: ErrorKind
    type: str
    count: int
    example: str


def error_kind(error: BaseException) -> ErrorKind:
    """The kind of an error by its class."""
    if isinstance(error, PoolError | ConfigurationError):
        return ErrorKind.POOL
    if isinstance(error, ConnectFailed | RequestError | ConnectionError):
        return ErrorKind.CONNECTION
    return ErrorKind.APPLICATION


def example_of(error: BaseException) -> str:
    """The error's own words on one line, cut to a readable length."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= _MESSAGE_LIMIT else words[: _MESSAGE_LIMIT - 1] + "…"
