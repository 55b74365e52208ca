"""Setting conditions: what is kept, what changes; knows no phase and no cluster.

Every condition carries the generation it is about: `kubectl wait` ignores one that is behind.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from purreal_operator.status.model import LONGEST_MESSAGE, Condition
from purreal_operator.status.moments import moment
from purreal_operator.status.words import ConditionStatus, ConditionType, Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """What a condition shall say."""

    status: ConditionStatus
    reason: Reason
    message: str = ""


AWAITED = Finding(ConditionStatus.UNKNOWN, Reason.AWAITED)


def yes(reason: Reason, message: str = "") -> Finding:
    """The condition holds."""
    return Finding(ConditionStatus.TRUE, reason, message)


def no(reason: Reason, message: str = "") -> Finding:
    """The condition does not hold, or not yet."""
    return Finding(ConditionStatus.FALSE, reason, message)


def with_findings(
    conditions: Iterable[Condition],
    findings: Mapping[ConditionType, Finding],
    *,
    generation: int,
    now: float,
) -> tuple[Condition, ...]:
    """Return all conditions in their usual order, with what was found set.

    Args:
        conditions: as they were; those without a finding stay, but are of `generation` now.
        findings: what changes.
        generation: of the spec that all of them are about.
        now: seconds since 1970; the transition time of those whose status changes.
    """
    before = {condition.type: condition for condition in conditions}
    return tuple(
        _updated(kind, before.get(kind), findings.get(kind), generation, now)
        for kind in ConditionType
    )


def _updated(
    kind: ConditionType,
    before: Condition | None,
    finding: Finding | None,
    generation: int,
    now: float,
) -> Condition:
    if finding is None and before is not None:
        return before.model_copy(update={"observed_generation": generation})
    finding = finding or AWAITED
    same = before is not None and before.status is finding.status
    return Condition(
        type=kind,
        status=finding.status,
        reason=finding.reason,
        message=finding.message[:LONGEST_MESSAGE],
        observed_generation=generation,
        last_transition_time=before.last_transition_time if before and same else moment(now),
    )
