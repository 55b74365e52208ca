"""What a decision consists of: the next status, what to do now, what runners are told."""

from dataclasses import dataclass
from enum import StrEnum

from purreal_operator.status.model import PoolLoadTestStatus


class Action(StrEnum):
    """Something to do in the cluster; each may be done again without harm."""

    MAKE_PLAN = "MakePlan"
    """The ConfigMap that freezes the document and owns all else of the run."""
    MAKE_TARGET = "MakeTarget"
    """Credentials, token, Service and StatefulSet of an ephemeral database."""
    MAKE_RUNNERS = "MakeRunners"
    """The runners' token and their Job."""
    CONCLUDE = "Conclude"
    """Merge what is stored, judge it, keep the report."""
    REMOVE_RUN = "RemoveRun"
    """Everything of the run but the report."""
    DELETE_TEST = "DeleteTest"
    """The resource itself: its retention is over."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What runners that ask are told from now on.

    Attributes:
        start_at: seconds since 1970 of the common start; None before it is fixed.
        drain: start no new operations, end, report.
        clean_up_by: index of the runner that drops the run's tables.
        leave: nothing is wanted from anybody any more.
    """

    start_at: float | None = None
    drain: bool = False
    clean_up_by: int | None = None
    leave: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes next.

    Attributes:
        status: as it shall be stored.
        actions: to be done now; they rest on the status that is stored already, never on `status`.
        orders: for the runners; None where the run has no runners.
        again_seconds: when to look again at the latest; None: only when something changes.
    """

    status: PoolLoadTestStatus
    actions: tuple[Action, ...] = ()
    orders: Orders | None = None
    again_seconds: float | None = 1.0
