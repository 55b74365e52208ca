"""What a runner pod and the operator say to each other; sends nothing and decides nothing.

A runner asks again and again, from its first breath to its last; the answer is an order. So a new
operator learns everything from the next round of questions, and a runner needs no way in.
"""

from enum import StrEnum

from pydantic import Field

from purreal_runner.measure.data import Data

LATE_EXIT_CODE = 43
"""What a runner ends with that joined after the start; its index is not tried again."""


class RunnerState(StrEnum):
    """What a runner is busy with."""

    PREPARING = "Preparing"
    """Looks at the target; index 0 also makes the run's tables and runs the set-up."""
    READY = "Ready"
    """All pools are open, the load may start."""
    RUNNING = "Running"
    """The load has started."""
    FINISHED = "Finished"
    """The final export was acknowledged."""
    FAILED = "Failed"
    """It can't do its part; `failure` says why."""


class FailureReason(StrEnum):
    """Why a runner can't do its part, as a reason of a condition."""

    TARGET_UNREACHABLE = "TargetUnreachable"
    SIGN_IN_FAILED = "SignInFailed"
    TARGET_UNUSABLE = "TargetUnusable"
    SETUP_FAILED = "SetupFailed"
    INVALID_WORKLOAD = "InvalidWorkload"
    RUNNER_BROKE = "RunnerBroke"


class Failure(Data):
    """Why a runner can't do its part, in one word and in one readable line without secrets."""

    reason: FailureReason
    message: str = Field(max_length=1000)


class RunnerSays(Data):
    """A runner's state, as it is now.

    Attributes:
        pod_uid: tells this pod from one that had the same index before.
        pod_name: for people.
        state: what it is busy with.
        server_version: as the target told it; empty before it was asked.
        failure: with state Failed.
        ready_for_seconds: time since all its pools are open, at the moment of sending.
        running_for_seconds: time since its load really started, at the moment of sending.
        round_trip_seconds: the shortest round trip of its questions so far.
        cleaned_up: the run's tables are dropped, or could not be (then `notes` says so).
        notes: what the reader of the report should know.
    """

    pod_uid: str = Field(min_length=1, max_length=64)
    pod_name: str = Field(default="", max_length=253)
    state: RunnerState
    server_version: str = Field(default="", max_length=100)
    failure: Failure | None = None
    ready_for_seconds: float | None = Field(default=None, ge=0)
    running_for_seconds: float | None = Field(default=None, ge=0)
    round_trip_seconds: float | None = Field(default=None, ge=0)
    cleaned_up: bool = False
    notes: tuple[str, ...] = Field(default=(), max_length=16)


class Order(StrEnum):
    """What a runner shall do now."""

    WAIT = "Wait"
    START = "Start"
    RUN = "Run"
    DRAIN = "Drain"
    CLEAN_UP = "CleanUp"
    LEAVE = "Leave"
    TOO_LATE = "TooLate"


class OperatorSays(Data):
    """The answer to a runner.

    Attributes:
        order: what to do.
        remaining_seconds: with `Start`, seconds from now to the common start; never negative.
        ask_again_seconds: when to ask the next time at the latest.
    """

    order: Order
    remaining_seconds: float | None = None
    ask_again_seconds: float = 0.5
