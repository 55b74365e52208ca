"""Owns sorting what ended an operation into kinds of errors; counts nothing."""

from enum import StrEnum

from purreal import ConfigurationError, ConnectFailed, PoolError, RequestError
from purreal_runner.measure.data import Data

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_TYPE_LIMIT = 100  # characters
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
    """The error's own words on one line, cut to a readable length, safe to print anywhere."""
    words = _printable(" ".join(_message(error).split())) or type_name(error)
    return words if len(words) <= _MESSAGE_LIMIT else words[: _MESSAGE_LIMIT - 1] + "…"


def type_name(error: BaseException) -> str:
    """The name of the error's class, cut to a readable length, safe to print anywhere."""
    return _printable(type(error).__name__[:_TYPE_LIMIT])


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failure:  # a workload's own class: it must not cost the whole report
        return f"a {type(error).__name__} whose message can't be read ({type(failure).__name__})"


def _printable(text: str) -> str:
    """Control characters would steer the terminal, and lone surrogates can't be written at all."""
    return "".join(each if each.isprintable() else _REPLACEMENT for each in text)
