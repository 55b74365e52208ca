"""Which tests are ahead of another on the same target; compares, and waits for nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from purreal_operator.decide.beginning import target_type
from purreal_operator.status.words import ACTIVE_PHASES, Phase
from purreal_runner.document.enums import TargetType
from purreal_runner.document.model import PoolLoadTest


@dataclass(frozen=True, slots=True)
class Claim:
    """A test's claim to a target.

    Attributes:
        test: `namespace/name`.
        target: what names the target; None for one that is made for the run.
        phase: of the test.
        since: when its run was accepted, RFC 3339; empty before.
    """

    test: str
    target: str | None
    phase: Phase | None
    since: str


def target_key(namespace: str, document: PoolLoadTest) -> str | None:
    """What two tests on the same target have in common; None: nobody shares an ephemeral one."""
    if target_type(document) is TargetType.EPHEMERAL:
        return None
    target = document.spec.target
    if target.stateful_set is not None:
        return f"StatefulSet/{namespace}/{target.stateful_set.name}"
    return f"URL/{target.url.endpoint}" if target.url is not None else None


def ahead_of(mine: Claim, others: Iterable[Claim]) -> tuple[str, ...]:
    """The tests that use the target of `mine` now, or have waited for it longer."""
    if mine.target is None:
        return ()
    same = (other for other in others if other.target == mine.target and other.test != mine.test)
    return tuple(sorted(other.test for other in same if _is_ahead(other, mine)))


def _is_ahead(other: Claim, mine: Claim) -> bool:
    if other.phase in ACTIVE_PHASES:
        return True
    if other.phase is not Phase.PENDING:
        return False
    if not mine.since:
        return True
    return (other.since, other.test) < (mine.since, mine.test)
