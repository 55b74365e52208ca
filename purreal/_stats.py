"""Owns the pool's counters and the frozen snapshot made of them; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass


class Counters:
    """Running totals; only `Core` and `Ledger` change them.

    Attributes:
        handed_over: released by one and granted to the next in one step; neither counts it beside.
    """

    # Written out: to have it generated takes half a millisecond of each import.
    def __init__(self) -> None:
        self.requests = 0
        self.granted = 0
        self.timed_out = 0
        self.shed = 0
        self.cancelled = 0
        self.failed = 0
        self.released = 0
        self.handed_over = 0
        self.wait_seconds = 0.0
        self.use_seconds = 0.0
        self.connects = 0
        self.connect_failures = 0
        self.connect_seconds = 0.0
        self.lost = 0
        self.retired_lifetime = 0
        self.retired_idle = 0
        self.discarded = 0
        self.resets = 0
        self.peak_leased = 0
        self.peak_open = 0


@dataclass(frozen=True, slots=True)
class PoolStats:
    """One instant of a pool. Times are seconds, everything else counts.

    Two sums always hold:
    `size == connecting + idle + leased + preparing + closing <= max_size` and
    `requests == granted + timed_out + shed + cancelled + failed + waiting`.

    Attributes:
        name: the pool's name.
        min_size, max_size: the configured limits.
        size: slots in use, whatever for.
        open: connections that exist and can be lent (idle + leased + preparing).
        idle: ready to be lent at once.
        leased: lent to a borrower now.
        connecting: being opened.
        preparing: being checked before, or reset after, a lease.
        closing: being closed; they still hold their slot.
        waiting: callers of `acquire()` that wait now.
        requests: calls of `acquire()`, `checkout()` and `query()` since the pool was opened.
        granted: requests that got a connection.
        timed_out: requests that ran into their deadline.
        shed: requests refused at once (`max_waiting`, a nested acquire that only dead-locks).
        cancelled: requests whose task was cancelled while it waited.
        failed: requests that ended with an error (pool closed, no connection can be opened).
        released: leases returned (those that `close()` took away are not).
        wait_seconds: total time that granted requests waited.
        use_seconds: total time that returned leases were out.
        connects: connections opened. connect_failures: attempts that failed.
        connect_seconds: total time that the successful connects took.
        lost: connections that broke by themselves, lent or not.
        retired_lifetime: closed because of `max_lifetime`.
        retired_idle: closed because of `max_idle_time`.
        discarded: not lent again after a lease or a check (broken, closed by the borrower,
            a request still unanswered, a reset that failed); a lost one counts here as well.
        resets: connections brought back to their configured state after a lease changed it.
        sockets: sockets that are open; fewer than connections where these are sessions.
        peak_sockets: the most that were.
        sign_ins: times the password was used; all other connects shared the token.
        peak_leased, peak_waiting, peak_open: highest values so far.
        last_error: the newest failure to connect in words, None after a success.
    """

    name: str
    min_size: int
    max_size: int
    size: int
    open: int
    idle: int
    leased: int
    connecting: int
    preparing: int
    closing: int
    waiting: int
    requests: int
    granted: int
    timed_out: int
    shed: int
    cancelled: int
    failed: int
    released: int
    wait_seconds: float
    use_seconds: float
    connects: int
    connect_failures: int
    connect_seconds: float
    lost: int
    retired_lifetime: int
    retired_idle: int
    discarded: int
    resets: int
    sockets: int
    peak_sockets: int
    sign_ins: int
    peak_leased: int
    peak_waiting: int
    peak_open: int
    last_error: str | None
