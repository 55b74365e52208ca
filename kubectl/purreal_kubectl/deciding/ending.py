"""What a run's end means for whoever waited for it: the exit code; knows no terminal."""

from purreal_operator.status.model import FinishedRun
from purreal_operator.status.words import Reason
from purreal_runner.exit_codes import ExitCode

_BY_REASON = {
    Reason.RUN_TOO_LONG.value: ExitCode.TIMED_OUT_WAITING,
    Reason.INVALID_SPEC.value: ExitCode.INVALID_DOCUMENT,
}
"""Ends that have an exit code of their own, as with `purreal run`."""


def exit_code_of(run: FinishedRun) -> ExitCode:
    """What a process that waited for this run ends with."""
    return _BY_REASON.get(run.reason, run.verdict.exit_code)
