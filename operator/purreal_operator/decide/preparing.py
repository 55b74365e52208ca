"""Phase Preparing: the plan is stored, the target is made or found, and becomes ready."""

from purreal_operator.decide.beginning import target_type, target_words
from purreal_operator.decide.decision import Action, Decision
from purreal_operator.decide.observation import Observation
from purreal_operator.decide.steps import end, ended_early, enter, in_phase_seconds, stay
from purreal_operator.decide.target_watch import watched
from purreal_operator.status.conditions import Finding, no, yes
from purreal_operator.status.model import PoolLoadTestStatus, Tokens
from purreal_operator.status.words import ConditionStatus, ConditionType, Phase, Reason
from purreal_runner.document.enums import TargetType


def preparing(seen: Observation) -> Decision:
    """What to do until the target is ready."""
    ended = ended_early(seen)
    if ended is not None:
        return Decision(ended, again_seconds=0.0)
    if seen.plan_exists and _is_ready(seen):
        return Decision(_start_runners(seen), again_seconds=0.0)
    if in_phase_seconds(seen) > seen.document.spec.deadlines.target_seconds:
        return Decision(_too_late(seen), again_seconds=0.0)
    if not seen.plan_exists:
        return Decision(stay(seen, seen.hindered or None), (Action.MAKE_PLAN,))
    return _wait(seen)


def _is_ready(seen: Observation) -> bool:
    if target_type(seen.document) is TargetType.URL:
        return True  # the runners will look at it
    if seen.target is None:
        return False
    reading = seen.target.reading
    return reading.ready >= max(1, reading.replicas)


def _wait(seen: Observation) -> Decision:
    target = watched(seen)
    if target_type(seen.document) is not TargetType.EPHEMERAL:
        words = _waiting_words(seen)
        return Decision(stay(seen, words, _not_ready(words), target=target))
    tokens = _tokens(seen)
    # A token that is not in memory was lost with an operator; a new pair comes first.
    may_make = seen.target is None and tokens == seen.status.tokens
    actions = (Action.MAKE_TARGET,) if may_make else ()
    words = _waiting_words(seen)
    return Decision(stay(seen, words, _not_ready(words), target=target, tokens=tokens), actions)


def _tokens(seen: Observation) -> Tokens:
    tokens = seen.status.tokens
    if seen.target is not None or tokens.target in seen.known_tokens:
        return tokens
    return tokens.model_copy(update={"target": seen.fresh_tokens.target})


def _not_ready(words: str) -> dict[ConditionType, Finding]:
    return {ConditionType.TARGET_READY: no(Reason.TARGET_STARTS, words)}


def _waiting_words(seen: Observation) -> str:
    name = target_words(seen.document)
    if seen.target is None:
        words = f"{name} is not there yet"
        return f"{words}; {seen.hindered}" if seen.hindered else words
    reading = seen.target.reading
    words = f"{name}: {reading.ready} of {reading.replicas} pods ready"
    return "; ".join((words, *seen.target.trouble))


def _too_late(seen: Observation) -> PoolLoadTestStatus:
    limit = seen.document.spec.deadlines.target_seconds
    missing = seen.target is None
    reason = Reason.TARGET_NOT_FOUND if missing else Reason.TARGET_NOT_READY
    words = f"{_waiting_words(seen)} (deadlines.targetSeconds: {limit})"
    return end(
        seen,
        reason,
        words,
        conditions=stay(seen, findings={ConditionType.TARGET_READY: no(reason, words)}).conditions,
    )


def _start_runners(seen: Observation) -> PoolLoadTestStatus:
    found = yes(Reason.TARGET_IS_READY, _waiting_words(seen))
    if target_type(seen.document) is TargetType.URL:
        words = "the runners look at it before the start"
        found = Finding(ConditionStatus.UNKNOWN, Reason.AWAITED, words)
    expected = seen.document.spec.runners.replicas
    words = f"0 of {expected} runners are ready"
    return enter(
        seen,
        Phase.STARTING,
        Reason.RUNNERS_START,
        words,
        {
            ConditionType.TARGET_READY: found,
            ConditionType.RUNNERS_READY: no(Reason.RUNNERS_START, words),
        },
        target=watched(seen),
        tokens=seen.status.tokens.model_copy(update={"runners": seen.fresh_tokens.runners}),
    )
