"""Looks whether the database can be used, and says in one word why not; makes no load."""

import asyncio
import logging

from purreal import AuthenticationFailed, ConnectFailed, Outcome, outcome_of
from purreal_runner.load.plan import ConnectionPlan
from purreal_runner.load.refused import RunRefused
from purreal_runner.load.target import look
from purreal_runner.pod.coordination import FailureReason
from purreal_runner.pod.failing import CannotGoOn

LONGEST_SECONDS = 10.0
"""No look takes longer, with all that is tried again in it."""

_BEGIN_NONE_AFTER_SECONDS = 5.0
_PAUSE_SECONDS = 0.5

_log = logging.getLogger(__name__)


async def look_patiently(connection: ConnectionPlan) -> str:
    """Makes namespace and database if they are missing, and asks for the version.

    What may pass is tried again for some seconds: many runners define the same namespace at the
    same moment, and the name of a Service may be a moment younger than its pods. A refused sign-in
    does not pass.

    Raises:
        CannotGoOn: it can't be reached, it refuses the sign-in, or it can't be used; no later than
            `LONGEST_SECONDS`.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    failure = CannotGoOn(
        FailureReason.TARGET_UNREACHABLE,
        f"{connection.url} did not answer within {LONGEST_SECONDS:g} s; check its address, its "
        "load and network policies on the way",
    )
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            while True:
                try:
                    return await look(connection)
                except RunRefused as refused:
                    failure = CannotGoOn(reason_of(refused), str(refused))
                late = loop.time() - began >= _BEGIN_NONE_AFTER_SECONDS + _PAUSE_SECONDS
                if late or failure.reason is FailureReason.SIGN_IN_FAILED:
                    raise failure
                _log.info("looking at %s again: %s", connection.url, failure)
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError:
        raise failure from None


def reason_of(refused: RunRefused) -> FailureReason:
    """Why a look failed, in one word."""
    error: BaseException | None = refused.__cause__
    kind = FailureReason.TARGET_UNUSABLE
    while error is not None:
        if outcome_of(error) is Outcome.REJECTED:
            # The server itself spoke: it is there, and let us in.
            return FailureReason.TARGET_UNUSABLE
        if isinstance(error, AuthenticationFailed):
            kind = FailureReason.SIGN_IN_FAILED
        elif isinstance(error, ConnectFailed) and kind is not FailureReason.SIGN_IN_FAILED:
            kind = FailureReason.TARGET_UNREACHABLE
        error = error.__cause__
    return kind
