"""Phase Running: the common start is fixed; the load runs until all have reported, or it ends."""

from purreal_operator.decide.decision import Decision, Orders
from purreal_operator.decide.losses import lost_runners, most_losable, with_losses
from purreal_operator.decide.observation import Observation
from purreal_operator.decide.steps import end, ended_early, starts_at, stay
from purreal_operator.decide.target_watch import watched
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.words import Reason

_SETTLE_SECONDS = 5.0
"""After the start a runner may still be asking for it; until then none is missed."""


def running(seen: Observation) -> Decision:
    """What to do while the load runs."""
    start = starts_at(seen) or seen.now
    orders = Orders(start_at=start)
    ended = ended_early(seen) or _ended(seen, start)
    if ended is None:
        return Decision(_numbers(seen, start), orders=orders)
    lost = _lost(seen, start)
    changes = {"runners": with_losses(seen, lost), "target": watched(seen, load_runs=True)}
    return Decision(ended.model_copy(update=changes), orders=orders, again_seconds=0.0)


def _lost(seen: Observation, start: float) -> frozenset[int]:
    if seen.now < start + _SETTLE_SECONDS and not seen.failed_indexes:
        before = frozenset(seen.status.runners.lost)
        # The pod that said "ready" may be gone already; the cluster tells a moment later.
        return before | (lost_runners(seen) if seen.now >= start else frozenset())
    return lost_runners(seen)


def _ended(seen: Observation, start: float) -> PoolLoadTestStatus | None:
    lost = _lost(seen, start)
    if len(lost) > most_losable(seen.document):
        return end(seen, Reason.RUNNERS_LOST, _lost_words(seen, lost))
    if seen.stored | lost >= seen.expected:
        words = f"the load is over; {len(seen.stored)} of {len(seen.expected)} runners reported"
        return end(seen, Reason.LOAD_ENDED, words)
    limit = seen.document.spec.run_seconds
    if seen.now > start + limit:
        words = f"the load did not end within {limit} s and was stopped (deadlines.runSeconds)"
        return end(seen, Reason.RUN_TOO_LONG, words)
    return None


def _lost_words(seen: Observation, lost: frozenset[int]) -> str:
    policy = seen.document.spec.lost_runners.policy
    numbers = ", ".join(map(str, sorted(lost)[:10]))
    trouble = "; ".join(dict.fromkeys(_how(seen, index) for index in sorted(lost)[:3]))
    limit = most_losable(seen.document)
    words = (
        f"lost runner {numbers} of {len(seen.expected)} (lostRunners: {policy}, at most {limit})"
    )
    return f"{words}: {trouble}" if trouble.strip("; ") else words


def _how(seen: Observation, index: int) -> str:
    runner = seen.runners.get(index)
    if runner is not None and runner.failure is not None:
        return runner.failure.message
    return next((pod.trouble for pod in seen.pods if pod.index == index and pod.trouble), "")


def _numbers(seen: Observation, start: float) -> PoolLoadTestStatus:
    status = seen.status
    changes: dict[str, object] = {
        "runners": with_losses(seen, _lost(seen, start)),
        "target": watched(seen, load_runs=True),
    }
    if seen.live is not None:
        changes |= {
            "summary": seen.live.summary,
            "operations": seen.live.operations,
            "latencies_microseconds": seen.live.latencies,
        }
    words = "the load runs" if seen.now >= start else "the load starts"
    done = f"{words}; {len(seen.stored)} of {len(seen.expected)} runners reported"
    return stay(seen, done if seen.stored else words).model_copy(
        update=changes | {"reason": status.reason}
    )
