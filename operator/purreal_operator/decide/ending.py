"""The end of a run: its verdict in the status, its conditions, its place in the history."""

from purreal_operator.decide.decision import Action, Decision, Orders
from purreal_operator.decide.observation import Conclusion, Observation
from purreal_operator.decide.steps import Findings, enter
from purreal_operator.status.conditions import AWAITED, Finding, no, yes
from purreal_operator.status.model import (
    MOST_HISTORY,
    FinishedRun,
    LatenciesMicroseconds,
    OperationCounts,
    PoolLoadTestStatus,
)
from purreal_operator.status.moments import moment
from purreal_operator.status.words import ConditionType, Phase, Reason
from purreal_runner.judge.verdict import Verdict

_GOOD = frozenset({Verdict.PASSED, Verdict.COMPLETED})


def finish_without_load(seen: Observation, reason: Reason, message: str) -> Decision:
    """End a run before anything was made for it; there is no report then."""
    verdict = Verdict.CANCELLED if reason is Reason.CANCELLED else Verdict.ERROR
    accepted = no(reason, message) if reason is Reason.INVALID_SPEC else yes(Reason.SPEC_ACCEPTED)
    conclusion = Conclusion(
        verdict=verdict,
        reason=reason,
        message=message,
        summary=seen.status.summary,
        operations=OperationCounts(),
        latencies=LatenciesMicroseconds(),
        report=None,
    )
    findings = {
        ConditionType.ACCEPTED: accepted,
        ConditionType.TARGET_READY: AWAITED,
        ConditionType.RUNNERS_READY: AWAITED,
        **_final(seen, conclusion, no(reason, "no load ran"), AWAITED),
    }
    return Decision(_finished(seen, conclusion, findings), again_seconds=0.0)


def finish(seen: Observation, conclusion: Conclusion) -> Decision:
    """Take over what came out of a run whose report is stored."""
    consistent = AWAITED
    if conclusion.operations.issued or not conclusion.consistent:
        consistent = (
            yes(Reason.SUMS_AGREE)
            if conclusion.consistent
            else no(Reason.SUMS_DISAGREE, conclusion.inconsistency)
        )
    findings = _final(seen, conclusion, _completeness(seen), consistent)
    return Decision(_finished(seen, conclusion, findings), again_seconds=0.0)


def _completeness(seen: Observation) -> Finding:
    status = seen.status
    if status.starts_at is None:
        return no(status.ending or Reason.AWAITED, "no load ran")
    lost = status.runners.lost
    if lost:
        numbers = ", ".join(map(str, lost[:10])) + ("…" if len(lost) > 10 else "")
        words = f"runner {numbers} lost, with {status.runners.lost_share} of the planned load"
        late = status.reason == Reason.RESULTS_MISSING
        return no(Reason.RESULTS_MISSING if late else Reason.RUNNERS_LOST, words)
    return yes(Reason.ALL_REPORTED, f"all {status.runners.expected} runners reported")


def _final(
    seen: Observation, conclusion: Conclusion, complete: Finding, consistent: Finding
) -> Findings:
    good = conclusion.verdict in _GOOD
    words = f"{conclusion.verdict}: {conclusion.message}"
    return {
        ConditionType.RESULTS_COMPLETE: complete,
        ConditionType.RESULTS_CONSISTENT: consistent,
        ConditionType.FINISHED: yes(conclusion.reason, words),
        ConditionType.SUCCEEDED: (yes if good else no)(conclusion.reason, words),
    }


def _finished(seen: Observation, conclusion: Conclusion, findings: Findings) -> PoolLoadTestStatus:
    status = seen.status
    effective = status.effective
    if effective is not None:
        measured = {
            "peak_leases": conclusion.peak_leases,
            "peak_sockets": conclusion.peak_sockets,
            "lend": conclusion.lend or effective.lend,
        }
        effective = effective.model_copy(update=measured)
    return enter(
        seen,
        Phase.FINISHED,
        conclusion.reason,
        conclusion.message,
        findings,
        verdict=conclusion.verdict,
        finished_at=moment(seen.now),
        effective=effective,
        operations=conclusion.operations,
        latencies_microseconds=conclusion.latencies if conclusion.operations.issued else None,
        summary=conclusion.summary,
        thresholds=conclusion.thresholds,
        grade=conclusion.grade,
        warning_signs=conclusion.warning_signs,
        advice=conclusion.advice,
        slowest_traces=conclusion.slowest_traces,
        report=conclusion.report,
        history=(_entry(seen, conclusion), *status.history)[:MOST_HISTORY],
    )


def _entry(seen: Observation, conclusion: Conclusion) -> FinishedRun:
    return FinishedRun(
        run=seen.status.run,
        verdict=conclusion.verdict,
        reason=conclusion.reason,
        message=conclusion.message,
        started_at=seen.status.started_at or moment(seen.now),
        finished_at=moment(seen.now),
        summary=conclusion.summary,
        report=conclusion.report,
    )


def conclude(status: PoolLoadTestStatus, orders: Orders) -> Decision:
    """Have the report made; the next look finds the conclusion."""
    return Decision(status, (Action.CONCLUDE,), orders, again_seconds=0.0)
