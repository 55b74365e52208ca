"""The steps that all phases take: stay, enter the next phase, end the run; decides none itself."""

from collections.abc import Mapping
from typing import Any

from purreal_operator.decide.observation import Observation
from purreal_operator.status.conditions import Finding, with_findings
from purreal_operator.status.model import LONGEST_MESSAGE, PhaseBegin, PoolLoadTestStatus
from purreal_operator.status.moments import epoch, moment
from purreal_operator.status.words import ConditionType, Phase, Reason

Findings = Mapping[ConditionType, Finding]


def stay(
    seen: Observation,
    message: str | None = None,
    findings: Findings | None = None,
    **changes: Any,
) -> PoolLoadTestStatus:
    """The status in the same phase: conditions of the present generation, with what changed.

    Args:
        seen: the observation.
        message: what the run is busy with; None: as before.
        findings: conditions that change.
        changes: other fields that change.
    """
    status = seen.status
    conditions = with_findings(
        status.conditions, findings or {}, generation=seen.wish.generation, now=seen.now
    )
    words = status.message if message is None else message[:LONGEST_MESSAGE]
    fields = {
        "observed_generation": seen.wish.generation,
        "conditions": conditions,
        "message": words,
        "refused_pushes": dict(seen.refused_pushes) or status.refused_pushes,
    }
    return status.model_copy(update=fields | changes)


def enter(
    seen: Observation,
    phase: Phase,
    reason: Reason,
    message: str,
    findings: Findings | None = None,
    **changes: Any,
) -> PoolLoadTestStatus:
    """The status at the begin of a phase, and with it the begin of the phase's deadline."""
    now = moment(seen.now)
    begun = {
        "phase": phase,
        "reason": reason,
        "phase_since": now,
        "phases": (*seen.status.phases, PhaseBegin(phase=phase, since=now)),
    }
    return stay(seen, message, findings, **(begun | changes))


def end(seen: Observation, reason: Reason, message: str, **changes: Any) -> PoolLoadTestStatus:
    """The status of a run whose load is over, for whatever reason: results are collected now."""
    ending = {"ending": reason, "ending_message": message[:LONGEST_MESSAGE]}
    return enter(seen, Phase.COLLECTING, reason, message, **(ending | changes))


def ended_early(seen: Observation) -> PoolLoadTestStatus | None:
    """The end that may come in every phase before Collecting; None when nothing ends the run."""
    if seen.wish.cancelled:
        return end(seen, Reason.CANCELLED, "desiredState was set to Cancelled")
    if seen.refused:
        return end(seen, Reason.REFUSED_BY_CLUSTER, seen.refused)
    if seen.status.phase is not Phase.PREPARING and not seen.plan_exists:
        words = "the ConfigMap with the run's plan was deleted, and with it all that it owns"
        return end(seen, Reason.RUNNERS_LOST, words)
    return None


def in_phase_seconds(seen: Observation) -> float:
    """How long the present phase has lasted."""
    since = seen.status.phase_since
    return seen.now - epoch(since) if since else 0.0


def starts_at(seen: Observation) -> float | None:
    """The common start in seconds since 1970, None before it is fixed."""
    written = seen.status.starts_at
    return epoch(written) if written else None
