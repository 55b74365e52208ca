"""Owns the words in which a request fails that was not answered; decides nothing."""

from __future__ import annotations

from purreal._errors import ConnectionLost, Outcome, RequestError, RequestNotSent, RequestTimeout

ON_THIS_SIDE = "ended on this side: its pool, or its lease, was closed, or the lease returned"
"""What became of a session or a connection that a pool or a borrower ended while it was in use."""


def lost(
    endpoint: str, why: str | None, outcome: Outcome, kind: type[RequestError]
) -> RequestError:
    """The connection ended, or had ended."""
    return kind(
        f"the connection to {endpoint} is lost: {why}; {_in_words(outcome)}", outcome=outcome
    )


def forsaken(endpoint: str, outcome: Outcome) -> RequestError:
    """The session was ended by the pool or by its borrower."""
    return ConnectionLost(
        f"the session at {endpoint} was {ON_THIS_SIDE}; {_in_words(outcome)}", outcome=outcome
    )


def no_answer(endpoint: str, method: str, seconds: float | None) -> RequestTimeout:
    """It was sent, and its time is over."""
    return RequestTimeout(
        f"no answer to `{method}` from {endpoint} within {seconds:g} s; the server may still be"
        f" executing it. Raise request_timeout or look for a slow statement"
    )


def never_sent(endpoint: str, method: str, seconds: float | None) -> RequestTimeout:
    """Its time was over before it could be sent."""
    return RequestTimeout(
        f"`{method}` was not sent: {endpoint} read nothing of what was sent before it for"
        f" {seconds:g} s. Look at its load; or raise request_timeout",
        outcome=Outcome.NOT_SENT,
    )


def too_long(method: str, size: int, most: int) -> RequestNotSent:
    """It has more bytes than the `most` that the server takes."""
    return RequestNotSent(
        f"`{method}` was not sent: it is {size:,} bytes long, and the server takes"
        f" {most:,} at most; send the data in parts"
    )


def _in_words(outcome: Outcome) -> str:
    return "the request was not sent" if outcome is Outcome.NOT_SENT else "outcome unknown"
