"""Makes observations for tests: a test in some phase, and what was seen of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from purreal_operator.decide import Decision, Observation, decide
from purreal_operator.decide.observation import (
    Conclusion,
    PodSeen,
    RunnerSeen,
    TargetSeen,
    Wish,
)
from purreal_operator.status.model import (
    LatenciesMicroseconds,
    OperationCounts,
    PoolLoadTestStatus,
    ReportReference,
    Summary,
    TargetReading,
    Tokens,
)
from purreal_operator.status.words import Phase, Reason
from purreal_runner.document import PoolLoadTest, parse_document
from purreal_runner.judge.verdict import Verdict
from purreal_runner.pod.coordination import RunnerState

NOW = 1_800_000_000.0
FRESH = Tokens(runners="fresh-r", target="fresh-t")


def document(spec: str = "", replicas: int = 3) -> PoolLoadTest:
    """A document of three runners, with more lines of its spec."""
    text = (
        "apiVersion: purreal.dev/v1alpha1\nkind: PoolLoadTest\nmetadata: {name: shop}\nspec:\n"
        "  load: {closed: {workers: 30}, stop: {operations: 300}}\n"
        f"  runners: {{replicas: {replicas}}}\n{spec}"
    )
    return parse_document(text, "test")


def wish(spec: str = "", **changes: Any) -> Wish:
    """What a user asks for."""
    given = {"generation": 1, "document": document(spec), "spec_hash": "aaaa"}
    return Wish(**(given | changes))


def ready_target(ready: int = 1, restarts: int = 0, pods: tuple[str, ...] = ("db",)) -> TargetSeen:
    """A StatefulSet of one."""
    return TargetSeen(TargetReading(ready=ready, replicas=1, restarts=restarts, pods=pods))


def pods(*indexes: int, alive: bool = True) -> tuple[PodSeen, ...]:
    """A pod for each index."""
    return tuple(PodSeen(index=index, uid=f"pod-{index}", alive=alive) for index in indexes)


def runners(*indexes: int, state: RunnerState = RunnerState.READY) -> dict[int, RunnerSeen]:
    """What the pod of each index said last."""
    return {index: RunnerSeen(f"pod-{index}", state) for index in indexes}


def at_phase(phase: Phase | None, spec: str = "") -> Observation:
    """A run that went the usual way to the begin of a phase; nothing else is seen yet."""
    seen = Observation(now=NOW, wish=wish(spec), status=PoolLoadTestStatus(), fresh_tokens=FRESH)
    if phase is None:
        return seen
    if phase is Phase.PENDING:
        waiting = replace(seen, ahead=("ns/other",))
        return replace(seen, status=decide(waiting).status)
    return _beyond(replace(seen, status=decide(seen).status), phase)


def _beyond(seen: Observation, phase: Phase) -> Observation:
    known = frozenset({"fresh-r", "fresh-t"})
    seen = replace(seen, plan_exists=True, frozen=seen.wish.document, known_tokens=known)
    steps = {
        Phase.PREPARING: seen,
        Phase.STARTING: replace(seen, target=ready_target()),
        Phase.RUNNING: replace(
            seen,
            target=ready_target(),
            job_exists=True,
            pods=pods(0, 1, 2),
            runners=runners(0, 1, 2),
        ),
        Phase.COLLECTING: replace(
            seen,
            now=NOW + 60,
            target=ready_target(),
            job_exists=True,
            pods=pods(0, 1, 2),
            runners=runners(0, 1, 2, state=RunnerState.FINISHED),
            stored=frozenset({0, 1, 2}),
        ),
    }
    for step, looked in steps.items():
        if step is not Phase.PREPARING:
            seen = replace(looked, status=decide(replace(looked, status=seen.status)).status)
            assert seen.status.phase is step
        if step is phase:
            return seen
    raise AssertionError(f"no way to {phase}")


class Build:
    """The functions above, for tests."""

    now = NOW
    fresh = FRESH
    at = staticmethod(at_phase)
    wish = staticmethod(wish)
    document = staticmethod(document)
    target = staticmethod(ready_target)
    pods = staticmethod(pods)
    runners = staticmethod(runners)


@pytest.fixture
def build() -> type[Build]:
    """Makes observations."""
    return Build


@pytest.fixture
def decided() -> Callable[[Observation], Decision]:
    """Decide, and check what holds for every decision."""

    def check(seen: Observation) -> Decision:
        decision = decide(seen)
        assert decide(seen) == decision, "the same observation gives the same decision"
        status = decision.status
        generations = {condition.observed_generation for condition in status.conditions}
        assert generations <= {seen.wish.generation} or status == seen.status
        stored = PoolLoadTestStatus.model_validate_json(status.model_dump_json(by_alias=True))
        assert stored == status, "what is stored is what was decided"
        return decision

    return check


@pytest.fixture
def conclusion() -> Callable[..., Conclusion]:
    """What came out of a run."""

    def make(**changes: Any) -> Conclusion:
        given = {
            "verdict": Verdict.PASSED,
            "reason": Reason.THRESHOLDS_MET,
            "message": "2 thresholds met",
            "summary": Summary(success="100%"),
            "operations": OperationCounts(issued=300, succeeded=300),
            "latencies": LatenciesMicroseconds(),
            "report": ReportReference(config_map="shop-1-report", key="report.json.gz", bytes=9),
        }
        return Conclusion(**(given | changes))

    return make
