"""Owns the one verdict on a run; looks at finished judgements only."""

from collections.abc import Sequence
from enum import StrEnum

from purreal_runner.exit_codes import ExitCode
from purreal_runner.judge import wording
from purreal_runner.judge.thresholds import ThresholdResult


class Verdict(StrEnum):
    """What came out of a run."""

    PASSED = "Passed"
    """Every threshold was met."""
    FAILED = "Failed"
    """At least one threshold was missed."""
    COMPLETED = "Completed"
    """The run was done and there were no thresholds."""
    INCONCLUSIVE = "Inconclusive"
    """The run says nothing about the pool: nothing was measured, or the generator was the limit."""
    CANCELLED = "Cancelled"
    """Someone stopped the run."""
    ERROR = "Error"
    """The run could not be done."""

    @property
    def exit_code(self) -> ExitCode:
        """What a process that reports this verdict ends with."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Verdict.PASSED: ExitCode.OK,
    Verdict.COMPLETED: ExitCode.OK,
    Verdict.FAILED: ExitCode.THRESHOLD_FAILED,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Verdict.CANCELLED: ExitCode.CANCELLED,
    Verdict.ERROR: ExitCode.ERROR,
}


def give_verdict(
    results: Sequence[ThresholdResult],
    *,
    issued: int,
    error: str | None = None,
    interrupted: bool = False,
    deliberate_stress: bool = False,
) -> tuple[Verdict, str]:
    """The verdict and its reason in one sentence.

    Args:
        results: of all thresholds, with those marked that the generator explains.
        issued: operations that began in the measured interval.
        error: why the run could not be done.
        interrupted: someone stopped the run.
        deliberate_stress: other load was put on the machine on purpose, so a late generator is
            part of the test and excuses nothing.
    """
    if error is not None:
        return Verdict.ERROR, error
    if interrupted:
        return Verdict.CANCELLED, "stopped before its end; the numbers are of what was done"
    if issued == 0:
        return Verdict.INCONCLUSIVE, "no operation began in the measured interval"
    if not results:
        return Verdict.COMPLETED, "there were no thresholds to meet"
    missed = [result for result in results if not result.met]
    if not missed:
        return Verdict.PASSED, f"{wording.count(len(results), 'threshold')} met"
    if not deliberate_stress and all(result.generator_limited for result in missed):
        names = ", ".join(result.expression for result in missed)
        return Verdict.INCONCLUSIVE, f"the load generator itself was the limit for {names}"
    return Verdict.FAILED, f"{len(missed)} of {wording.count(len(results), 'threshold')} missed"
