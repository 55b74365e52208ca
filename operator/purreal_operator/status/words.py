"""The words of the status: phases, condition types and reasons, each with what it means.

Knows no rules; `docs/status.md` and the CRD's descriptions are made from what stands here.
"""

from enum import StrEnum

from purreal_runner.pod.coordination import FailureReason


class Phase(StrEnum):
    """What a run is busy with; for people, the conditions are the contract."""

    PENDING = "Pending"
    """Accepted, and waiting for another test on the same target if need be."""
    PREPARING = "Preparing"
    """The target is made or looked at."""
    STARTING = "Starting"
    """Runner pods start, look at the target and open their pools."""
    RUNNING = "Running"
    """The common start is fixed; the load runs."""
    COLLECTING = "Collecting"
    """The load is over; results are gathered and judged."""
    FINISHED = "Finished"
    """Verdict and report are there; what was made for the run is being removed."""


ACTIVE_PHASES = frozenset({Phase.PREPARING, Phase.STARTING, Phase.RUNNING, Phase.COLLECTING})
"""In these the spec can't change and the target is in use."""


class ConditionType(StrEnum):
    """What a condition is about."""

    ACCEPTED = "Accepted"
    TARGET_READY = "TargetReady"
    RUNNERS_READY = "RunnersReady"
    RESULTS_COMPLETE = "ResultsComplete"
    RESULTS_CONSISTENT = "ResultsConsistent"
    FINISHED = "Finished"
    SUCCEEDED = "Succeeded"


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Reason(StrEnum):
    """Why a condition is as it is, or why a run ended as it did."""

    # A run on its way.
    AWAITED = "Awaited"
    SPEC_ACCEPTED = "SpecAccepted"
    WAITING_FOR_TARGET = "WaitingForTarget"
    TARGET_STARTS = "TargetStarts"
    TARGET_IS_READY = "TargetIsReady"
    RUNNERS_START = "RunnersStart"
    RUNNERS_ARE_READY = "RunnersAreReady"
    LOAD_RUNS = "LoadRuns"
    # The end of a run whose load ran to its end.
    LOAD_ENDED = "LoadEnded"
    ALL_REPORTED = "AllReported"
    SUMS_AGREE = "SumsAgree"
    THRESHOLDS_MET = "ThresholdsMet"
    THRESHOLDS_MISSED = "ThresholdsMissed"
    NO_THRESHOLDS = "NoThresholds"
    GENERATOR_LIMITED = "GeneratorLimited"
    NOTHING_MEASURED = "NothingMeasured"
    # Ends before the load came to its own end.
    CANCELLED = "Cancelled"
    INVALID_SPEC = "InvalidSpec"
    TARGET_BUSY = "TargetBusy"
    TARGET_NOT_READY = "TargetNotReady"
    TARGET_NOT_FOUND = "TargetNotFound"
    RUNNERS_NOT_READY = "RunnersNotReady"
    RUNNERS_LOST = "RunnersLost"
    RUN_TOO_LONG = "RunTooLong"
    RESULTS_MISSING = "ResultsMissing"
    SUMS_DISAGREE = "SumsDisagree"
    REFUSED_BY_CLUSTER = "RefusedByCluster"
    # What a runner found out before the start, under the names it uses itself. One that broke is
    # replaced, and ends no run.
    TARGET_UNREACHABLE = FailureReason.TARGET_UNREACHABLE.value
    SIGN_IN_FAILED = FailureReason.SIGN_IN_FAILED.value
    TARGET_UNUSABLE = FailureReason.TARGET_UNUSABLE.value
    SETUP_FAILED = FailureReason.SETUP_FAILED.value
    INVALID_WORKLOAD = FailureReason.INVALID_WORKLOAD.value
