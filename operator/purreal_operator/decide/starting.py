"""Phase Starting: runner pods come up and look at the target, until all of them are ready."""

from collections.abc import Iterable

from purreal_operator.decide.decision import Action, Decision, Orders
from purreal_operator.decide.losses import troubles
from purreal_operator.decide.observation import Observation, RunnerSeen
from purreal_operator.decide.steps import end, ended_early, enter, in_phase_seconds, stay
from purreal_operator.decide.target_watch import watched
from purreal_operator.status.conditions import no, yes
from purreal_operator.status.model import PoolLoadTestStatus, RunnersStatus, Tokens
from purreal_operator.status.moments import moment
from purreal_operator.status.words import ConditionType, Phase, Reason
from purreal_runner.pod.coordination import FailureReason, RunnerState

LEAD_SECONDS = 2.0
"""From fixing the start to the start: all runners ask at least once in between, and once more."""

_READY = frozenset({RunnerState.READY, RunnerState.RUNNING})
_TARGET_FAILURES = frozenset(
    {
        FailureReason.TARGET_UNREACHABLE,
        FailureReason.SIGN_IN_FAILED,
        FailureReason.TARGET_UNUSABLE,
        FailureReason.SETUP_FAILED,
    }
)


def ask_again_seconds(runners: int) -> float:
    """How often runners ask: half a second, or less often so that 200 questions a second come."""
    return max(0.5, runners / 200)


def starting(seen: Observation) -> Decision:
    """What to do until all runners are ready at the same time."""
    ended = ended_early(seen)
    if ended is not None:
        return Decision(ended, again_seconds=0.0)
    failed = _failed(seen)
    if failed is not None:
        return Decision(failed, orders=Orders(), again_seconds=0.0)
    ready = _ready(seen)
    if ready == seen.expected:
        return Decision(_fix_start(seen), orders=Orders(), again_seconds=0.0)
    if seen.failed_indexes or _is_late(seen):
        return Decision(_too_late(seen, len(ready)), orders=Orders(), again_seconds=0.0)
    return _wait(seen, len(ready))


def _ready(seen: Observation) -> frozenset[int]:
    """Runners that are ready, and whose pod has not gone since they said so."""
    alive = {pod.uid for pod in seen.pods if pod.alive}
    return frozenset(
        index
        for index, runner in seen.runners.items()
        if runner.state in _READY and runner.pod_uid in alive
    )


def _failed(seen: Observation) -> PoolLoadTestStatus | None:
    """The end of a run that a runner says can't be done."""
    for index, runner in sorted(seen.runners.items()):
        failure = runner.failure
        # A runner that broke is replaced like any other lost pod; the target stays as it is.
        if failure is not None and failure.reason is not FailureReason.RUNNER_BROKE:
            words = f"runner {index}: {failure.message}"
            reason = Reason(failure.reason.value)
            found = {ConditionType.RUNNERS_READY: no(reason, words)}
            if failure.reason in _TARGET_FAILURES:
                found[ConditionType.TARGET_READY] = no(reason, words)
            changed = stay(seen, findings=found)
            return end(
                seen,
                reason,
                words,
                conditions=changed.conditions,
                target=watched(seen),
                runners=_runners(seen, 0),
            )
    return None


def _fix_start(seen: Observation) -> PoolLoadTestStatus:
    running = [r for r in seen.runners.values() if r.state is RunnerState.RUNNING]
    lead = 0.0 if running else LEAD_SECONDS + 2 * ask_again_seconds(len(seen.expected))
    words = f"all {len(seen.expected)} runners are ready"
    return enter(
        seen,
        Phase.RUNNING,
        Reason.LOAD_RUNS,
        f"{words}; the load runs",
        {
            ConditionType.TARGET_READY: yes(Reason.TARGET_IS_READY, _target_words(seen)),
            ConditionType.RUNNERS_READY: yes(Reason.RUNNERS_ARE_READY, words),
        },
        starts_at=moment(seen.now + lead),
        runners=_runners(seen, len(seen.expected)),
        target=watched(seen),
    )


def _target_words(seen: Observation) -> str:
    version = watched(seen).version
    return f"all runners signed in{f' to {version}' if version else ''}"


def _is_late(seen: Observation) -> bool:
    return in_phase_seconds(seen) > seen.document.spec.deadlines.ready_seconds


def _too_late(seen: Observation, ready: int) -> PoolLoadTestStatus:
    limit = seen.document.spec.deadlines.ready_seconds
    words = f"{_waiting_words(seen, ready)} (deadlines.readySeconds: {limit})"
    found = {ConditionType.RUNNERS_READY: no(Reason.RUNNERS_NOT_READY, words)}
    return end(
        seen,
        Reason.RUNNERS_NOT_READY,
        words,
        conditions=stay(seen, findings=found).conditions,
        runners=_runners(seen, ready),
    )


def _wait(seen: Observation, ready: int) -> Decision:
    tokens = _tokens(seen)
    may_make = not seen.job_exists and tokens == seen.status.tokens
    words = _waiting_words(seen, ready)
    status = stay(
        seen,
        words,
        {ConditionType.RUNNERS_READY: no(Reason.RUNNERS_START, words)},
        tokens=tokens,
        runners=_runners(seen, ready),
        target=watched(seen),
    )
    return Decision(status, (Action.MAKE_RUNNERS,) if may_make else (), Orders(), 0.5)


def _tokens(seen: Observation) -> Tokens:
    tokens = seen.status.tokens
    if seen.job_exists or tokens.runners in seen.known_tokens:
        return tokens
    return tokens.model_copy(update={"runners": seen.fresh_tokens.runners})


def _waiting_words(seen: Observation, ready: int) -> str:
    words = f"{ready} of {len(seen.expected)} runners are ready"
    return "; ".join((words, *troubles(seen), *_broken(seen.runners.values())))


def _broken(runners: Iterable[RunnerSeen]) -> tuple[str, ...]:
    failures = (runner.failure for runner in runners)
    return tuple(dict.fromkeys(failure.message for failure in failures if failure))[:3]


def _runners(seen: Observation, ready: int) -> RunnersStatus:
    expected = len(seen.expected)
    return seen.status.runners.model_copy(
        update={
            "display": f"{ready}/{expected}",
            "ready": ready,
            "trouble": troubles(seen),
        }
    )
