"""Follows a run to its end through whatever the API server goes through; prints nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import TypeVar

from purreal_kubectl.cluster.cluster import Cluster
from purreal_kubectl.deciding.run_of import (
    Look,
    Resource,
    WantedRun,
    is_active,
    is_settled,
    look_at,
)
from purreal_kubectl.failure import Failure
from purreal_operator.cluster.errors import Unavailable
from purreal_operator.status.model import FinishedRun, PoolLoadTestStatus
from purreal_operator.status.words import ACTIVE_PHASES

LONGEST_OUTAGE_SECONDS = 300.0
LONGEST_UNNOTICED_SECONDS = 120.0
_LAST_OUTAGE_SECONDS = 60.0
_HINT_SECONDS = 25.0
_STANDSTILL_SECONDS = 120.0
_SETTLING_SECONDS = 10.0
_RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)
_LIST_OPERATORS = "kubectl get pods -A -l app.kubernetes.io/name=purreal-operator"

OnLook = Callable[[Look], None]
OnNote = Callable[[str], None]
Read = TypeVar("Read")


async def follow(
    cluster: Cluster, namespace: str, wanted: WantedRun, on_look: OnLook, on_note: OnNote
) -> FinishedRun:
    """Follow a run until it is over.

    Args:
        cluster: where it runs.
        namespace: of the test.
        wanted: the run.
        on_look: called with every state that was seen.
        on_note: called with what a user should know besides.

    Raises:
        Failure: the run can't be followed any more; it may go on.
        ClusterError: a right is missing, the test is gone, or there was no answer for five
            minutes.
    """
    watch = _Patience(on_note, wanted.name)
    while True:
        try:
            async with aclosing(cluster.changes(namespace, wanted.name)) as changes:
                async for resource in changes:
                    look = look_at(wanted, resource)
                    wanted = look.wanted
                    watch.answered(look)
                    on_look(look)
                    if look.over is not None:
                        return look.over
            # Something between us and the API server may end every watch at once.
            await asyncio.sleep(_RETRY_SECONDS[0])
        except Unavailable as error:
            await asyncio.sleep(watch.seconds_after(error))


async def patiently(read: Callable[[], Awaitable[Read]], on_note: OnNote) -> Read:
    """Read something once the run is over; an outage of a minute keeps nobody from it.

    Raises:
        ClusterError: it can't be read.
    """
    deadline = _now() + _LAST_OUTAGE_SECONDS
    while True:
        try:
            return await read()
        except Unavailable as error:
            if _now() > deadline:
                raise
            on_note(f"{error}; trying again")
        await asyncio.sleep(_RETRY_SECONDS[-1])


async def settled(cluster: Cluster, namespace: str, name: str) -> Resource:
    """The test as soon as the operator has seen its spec, or after some seconds anyway.

    Raises:
        ClusterError: it can't be read.
    """
    found = await cluster.test(namespace, name)
    if is_settled(found):
        return found
    with suppress(TimeoutError):
        async with (
            asyncio.timeout(_SETTLING_SECONDS),
            aclosing(cluster.changes(namespace, name)) as changes,
        ):
            async for found in changes:
                if is_settled(found):
                    break
    return found


class _Patience:
    """How long to go on without an answer, or without an operator that does something."""

    def __init__(self, on_note: OnNote, name: str) -> None:
        self._on_note = on_note
        self._name = name
        self._silent_since: float | None = None
        self._failures = 0
        self._unnoticed_since: float | None = None
        self._hinted = False
        self._status: PoolLoadTestStatus | None = None
        self._changed_at = 0.0

    def answered(self, look: Look) -> None:
        if self._silent_since is not None:
            self._on_note("the API server answers again")
            self._silent_since, self._failures = None, 0
        now = _now()
        self._hint_at_standstill(look.status, now)
        if look.begun or is_active(look.status):
            self._unnoticed_since = None
            return
        self._unnoticed_since = now if self._unnoticed_since is None else self._unnoticed_since
        waited = now - self._unnoticed_since
        if waited > LONGEST_UNNOTICED_SECONDS:
            raise Failure(
                f"no operator began the run of {self._name} within {waited:.0f} s; is it running, "
                f"and for this namespace? ({_LIST_OPERATORS})"
            )
        if waited > _HINT_SECONDS and not self._hinted:
            self._hinted = True
            self._on_note("no operator has begun the run yet; is it running?")

    def _hint_at_standstill(self, status: PoolLoadTestStatus, now: float) -> None:
        """Only a run that waits for another one (Pending) stands still while all is well."""
        if status != self._status:
            self._status, self._changed_at = status, now
        elif status.phase in ACTIVE_PHASES and now - self._changed_at > _STANDSTILL_SECONDS:
            self._changed_at = now
            self._on_note(
                f"{self._name}: nothing has changed for {_STANDSTILL_SECONDS:.0f} s; is the "
                f"operator running? ({_LIST_OPERATORS})"
            )

    def seconds_after(self, error: Unavailable) -> float:
        """How long to wait before the next question."""
        now = _now()
        if self._silent_since is None:
            self._silent_since = now
            self._on_note(f"{error}; trying again")
        if now - self._silent_since > LONGEST_OUTAGE_SECONDS:
            raise error
        seconds = _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS) - 1)]
        self._failures += 1
        return seconds


def _now() -> float:
    return asyncio.get_running_loop().time()
