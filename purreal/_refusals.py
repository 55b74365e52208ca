"""Owns the words in which the pool refuses: what happened, the limit, what to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purreal._errors import AcquireTimeout, NestedAcquireError, TooManyWaiters

if TYPE_CHECKING:
    from purreal._errors import ConnectFailed
    from purreal._ledger import Ledger
    from purreal._slots import Claim


def now_or_never(ledger: Ledger) -> AcquireTimeout:
    return AcquireTimeout(
        f"no connection is free right now ({ledger.describe()}), and a timeout of 0 means now or "
        "never: give a timeout, or raise min_size"
    )


def acquire_timeout(
    ledger: Ledger, seconds: float, last_error: ConnectFailed | None
) -> AcquireTimeout:
    if last_error is not None:
        advice = f"the last connect failed: {last_error}"
    elif ledger.connecting > ledger.waiting.count:
        advice = "connections open too slowly: raise min_size, or look at the load of the server"
    else:
        advice = "raise max_size or acquire_timeout, or shorten the work inside each lease"
    error = AcquireTimeout(f"no connection within {seconds:.1f} s ({ledger.describe()}): {advice}")
    error.__cause__ = last_error
    return error


def too_many_waiters(ledger: Ledger, limit: int) -> TooManyWaiters:
    return TooManyWaiters(
        f"{ledger.waiting.count} callers wait already, as many as max_waiting={limit} allows "
        f"({ledger.describe()}): send less, raise max_size or max_waiting, or shorten the work "
        "inside each lease"
    )


def deadlock(ledger: Ledger, claim: Claim) -> NestedAcquireError:
    return NestedAcquireError(
        f"dead-lock: the acquire at {claim.site} waits for a connection while its own task "
        f"holds the one acquired at {ledger.site_held_by(claim)}, and all "
        f"{ledger.config.max_size} connections (max_size) are held by tasks that wait like this, "
        "so none can ever come back: use the connection you hold, or leave its `async with` block "
        "before the next acquire()"
    )
