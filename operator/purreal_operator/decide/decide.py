"""The one entrance to all decisions: chooses by the phase that is stored."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from purreal_operator.decide.beginning import admit, begin
from purreal_operator.decide.collecting import collecting
from purreal_operator.decide.decision import Decision
from purreal_operator.decide.ending import finish_without_load
from purreal_operator.decide.finished import finished
from purreal_operator.decide.observation import Observation
from purreal_operator.decide.preparing import preparing
from purreal_operator.decide.running import running
from purreal_operator.decide.starting import starting
from purreal_operator.status.words import ACTIVE_PHASES, Phase, Reason

_BY_PHASE: Mapping[Phase | None, Callable[[Observation], Decision]] = MappingProxyType(
    {
        None: begin,
        Phase.PENDING: admit,
        Phase.PREPARING: preparing,
        Phase.STARTING: starting,
        Phase.RUNNING: running,
        Phase.COLLECTING: collecting,
        Phase.FINISHED: finished,
    }
)


_UNREADABLE = "this version of the operator can't read the document that the run began with"


def decide(seen: Observation) -> Decision:
    """Decide what comes next to a test.

    The same observation always gives the same decision, so any step may be repeated: after a
    restart, after a failure, or because the status could not be stored.
    """
    if seen.status.phase in ACTIVE_PHASES and not seen.has_document:
        return finish_without_load(seen, Reason.INVALID_SPEC, f"{_UNREADABLE}: {seen.wish.problem}")
    return _BY_PHASE[seen.status.phase](seen)
