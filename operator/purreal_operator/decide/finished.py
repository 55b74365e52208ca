"""Phase Finished: what was made is removed, the next run may begin, retention may end it all."""

from purreal_operator.decide.beginning import begin, wants_run
from purreal_operator.decide.decision import Action, Decision, Orders
from purreal_operator.decide.observation import Observation
from purreal_operator.decide.steps import stay
from purreal_operator.status.moments import epoch
from purreal_runner.judge.verdict import Verdict


def finished(seen: Observation) -> Decision:
    """What to do with a run that has its verdict."""
    wanted = wants_run(seen)
    if seen.plan_exists:
        # Conditions of this run are not about a spec that asks for the next one.
        status = seen.status if wanted else stay(seen)
        return Decision(status, (Action.REMOVE_RUN,), Orders(drain=True, leave=True), 2.0)
    if wanted:
        return begin(seen)
    left = _kept_for(seen)
    if left is not None and left <= 0:
        return Decision(seen.status, (Action.DELETE_TEST,), again_seconds=5.0)
    return Decision(stay(seen), again_seconds=left)


def _kept_for(seen: Observation) -> float | None:
    """Seconds until the resource is to be deleted; None: it stays."""
    document, status = seen.wish.document, seen.status
    if document is None or status.finished_at is None:
        return None
    retention = document.spec.retention
    good = status.verdict in (Verdict.PASSED, Verdict.COMPLETED)
    seconds = retention.ttl_seconds_after_success if good else retention.ttl_seconds_after_failure
    return None if seconds is None else epoch(status.finished_at) + seconds - seen.now
