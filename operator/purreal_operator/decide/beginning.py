"""The begin of a run: whether one is wanted, and whether it may go ahead."""

from dataclasses import replace
from typing import Any

from purreal_operator.decide.decision import Decision
from purreal_operator.decide.ending import finish_without_load
from purreal_operator.decide.observation import Observation
from purreal_operator.decide.steps import enter, stay
from purreal_operator.status.conditions import AWAITED, no, yes
from purreal_operator.status.model import (
    Effective,
    PoolLoadTestStatus,
    RunnersStatus,
    Summary,
    TargetStatus,
    Tokens,
)
from purreal_operator.status.moments import moment
from purreal_operator.status.words import ConditionType, Phase, Reason
from purreal_runner.document.enums import TargetConcurrency, TargetType
from purreal_runner.document.model import PoolLoadTest
from purreal_runner.document.target import DEFAULT_IMAGE


def wants_run(seen: Observation) -> bool:
    """Whether the user asks for a run that there was none of yet."""
    status, wish = seen.status, seen.wish
    if status.run == 0:
        return True
    # The generation too: a version that reads the same spec otherwise must not run all tests anew.
    changed = wish.spec_hash != status.spec_hash and wish.generation != status.observed_generation
    return changed or (bool(wish.rerun_at) and wish.rerun_at != status.rerun_at)


def begin(seen: Observation) -> Decision:
    """Give the next run its number, and let it go ahead if it may."""
    before = seen.status
    fresh = PoolLoadTestStatus(
        run=before.run + 1,
        phase=Phase.PENDING,
        started_at=moment(seen.now),
        phase_since=moment(seen.now),
        spec_hash=seen.wish.spec_hash,
        rerun_at=seen.wish.rerun_at,
        history=before.history,
    )
    return admit(replace(seen, status=fresh))


def admit(seen: Observation) -> Decision:
    """Let a pending run go ahead, wait, or end."""
    # What was changed while it was pending is part of it.
    asked = {"spec_hash": seen.wish.spec_hash, "rerun_at": seen.wish.rerun_at}
    seen = replace(seen, status=seen.status.model_copy(update=asked))
    document = seen.wish.document
    if document is None:
        return finish_without_load(seen, Reason.INVALID_SPEC, seen.wish.problem)
    if seen.wish.cancelled:
        words = "desiredState was Cancelled before the run began"
        return finish_without_load(seen, Reason.CANCELLED, words)
    policy = document.spec.target_concurrency
    if seen.ahead and policy is TargetConcurrency.REFUSE:
        words = f"the target is in use by {_names(seen.ahead)}, and targetConcurrency is Refuse"
        return finish_without_load(seen, Reason.TARGET_BUSY, words)
    if seen.ahead and policy is TargetConcurrency.QUEUE:
        return _wait(seen)
    return Decision(_prepare(seen, document), again_seconds=0.0)


def _wait(seen: Observation) -> Decision:
    words = f"waits for {_names(seen.ahead)} on the same target"
    findings = {ConditionType.ACCEPTED: yes(Reason.SPEC_ACCEPTED), **_UNDECIDED}
    return Decision(stay(seen, words, findings, reason=Reason.WAITING_FOR_TARGET))


_UNDECIDED = {
    ConditionType.TARGET_READY: AWAITED,
    ConditionType.RUNNERS_READY: AWAITED,
    ConditionType.RESULTS_COMPLETE: AWAITED,
    ConditionType.RESULTS_CONSISTENT: AWAITED,
    ConditionType.FINISHED: no(Reason.AWAITED),
    ConditionType.SUCCEEDED: AWAITED,
}


def _prepare(seen: Observation, document: PoolLoadTest) -> PoolLoadTestStatus:
    findings = {
        **_UNDECIDED,
        ConditionType.ACCEPTED: yes(Reason.SPEC_ACCEPTED),
        ConditionType.TARGET_READY: no(Reason.TARGET_STARTS),
    }
    return enter(
        seen,
        Phase.PREPARING,
        Reason.TARGET_STARTS,
        f"the target is being prepared: {target_words(document)}",
        findings,
        **_frozen(seen, document),
    )


def _frozen(seen: Observation, document: PoolLoadTest) -> dict[str, Any]:
    """What the settings come to, fixed for the whole run."""
    spec = document.spec
    pools = spec.runners.pools
    ephemeral = target_type(document) is TargetType.EPHEMERAL
    return {
        "tokens": Tokens(target=seen.fresh_tokens.target if ephemeral else ""),
        "effective": Effective(
            pools=pools,
            workers_per_pool=-(-spec.workers // pools),
            max_leases=pools * spec.pool.max_size,
            lend=spec.pool.lend.value,
            run_seconds=spec.run_seconds,
        ),
        "runners": RunnersStatus(
            display=f"0/{spec.runners.replicas}", expected=spec.runners.replicas
        ),
        "target": TargetStatus(display=target_words(document)),
        "summary": Summary(scenario=workload_words(document), workers=spec.workers),
    }


def target_type(document: PoolLoadTest) -> TargetType:
    """The kind of target; on a cluster an absent one is `Ephemeral`."""
    return document.spec.target.type or TargetType.EPHEMERAL


def target_words(document: PoolLoadTest) -> str:
    """The target in words, without secrets: an endpoint never has any."""
    target = document.spec.target
    if target.stateful_set is not None:
        return f"StatefulSet {target.stateful_set.name}"
    if target.url is not None:
        return f"URL {target.url.endpoint}"[:300]
    image = target.ephemeral.image if target.ephemeral else DEFAULT_IMAGE
    return f"Ephemeral {image}"[:300]


def workload_words(document: PoolLoadTest) -> str:
    """The scenario, or the kind of workload."""
    workload = document.spec.workload
    return (workload.scenario or workload.type).value


def _names(tests: tuple[str, ...]) -> str:
    shown = ", ".join(tests[:3])
    more = len(tests) - 3
    return f"{shown} and {more} more" if more > 0 else shown
