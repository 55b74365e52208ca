"""The ways in which a runner ends early; knows not what leads to them."""

from enum import Enum

from purreal_runner.pod.coordination import Failure, FailureReason

_LONGEST_MESSAGE = 1000


class CannotGoOn(Exception):
    """This runner can't do its part.

    Args:
        reason: in one word, for a condition.
        message: in a readable line or a few, without secrets.
    """

    def __init__(self, reason: FailureReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def as_failure(self) -> Failure:
        """What the operator is told."""
        return Failure(reason=self.reason, message=str(self)[:_LONGEST_MESSAGE])


def terminated(when: str) -> CannotGoOn:
    """SIGTERM came, so the rest of this runner's load is lost; `when` says how far it was."""
    words = f"was told to end by the cluster (SIGTERM) {when}"
    return CannotGoOn(FailureReason.RUNNER_BROKE, words)


class Why(Enum):
    """What ends a runner that has nothing to blame itself for."""

    ORDERED = "the operator ended the run"
    TOO_LATE = "the run has started without this pod"
    TERMINATED = "this pod is being terminated"


class Stopped(Exception):
    """Somebody wants this runner to end before it was done."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class NotOurs(Exception):
    """The operator does not take this runner for one of its own; the text is its last answer."""
