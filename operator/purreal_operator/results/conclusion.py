"""What the status takes from a report: its one source, so a restart changes nothing."""

from purreal_operator.decide.observation import Conclusion
from purreal_operator.results.numbers import (
    latencies_microseconds,
    microseconds,
    operation_counts,
    summary,
)
from purreal_operator.status.model import (
    AdviceStatus,
    GradeStatus,
    ReportReference,
    SlowTrace,
    Summary,
    ThresholdStatus,
)
from purreal_operator.status.words import Reason
from purreal_runner.judge import wording
from purreal_runner.judge.grade import Grade
from purreal_runner.judge.thresholds import ThresholdResult
from purreal_runner.judge.verdict import Verdict
from purreal_runner.report.model import Report
from purreal_runner.report.on_cluster import SlowOperation

_REASONS = {
    Verdict.PASSED: Reason.THRESHOLDS_MET,
    Verdict.FAILED: Reason.THRESHOLDS_MISSED,
    Verdict.COMPLETED: Reason.NO_THRESHOLDS,
    Verdict.CANCELLED: Reason.CANCELLED,
}
_WORST_FIRST = (Grade.BELOW, Grade.TARGET, Grade.EXCELLENT)
_MOST_TRACES = 5
_LONGEST = 1_024


def conclusion_of(
    report: Report, reference: ReportReference | None, begun: Summary, ending: Reason
) -> Conclusion:
    """What the status says of a finished run.

    Args:
        report: as it is stored.
        reference: where it is stored; None if it could not be.
        begun: the summary from the begin of the run.
        ending: why the load ended.
    """
    on_cluster = report.on_cluster
    inconsistencies = (*on_cluster.mismatches, *on_cluster.inconsistencies) if on_cluster else ()
    slowest = on_cluster.slowest if on_cluster else ()
    return Conclusion(
        verdict=report.verdict,
        reason=_reason(report, ending, bool(inconsistencies)),
        message=_message(report),
        summary=summary(
            begun,
            report.operations,
            report.latencies,
            throughput=report.throughput,
            grade=_grade(report),
        ),
        operations=operation_counts(report.operations),
        latencies=latencies_microseconds(report.latencies),
        report=reference,
        thresholds=tuple(_threshold(result) for result in report.thresholds),
        grade=tuple(
            GradeStatus(
                name=row.name,
                observed="" if row.observed is None else wording.value(row.observed, row.unit),
                grade=row.grade,
            )
            for row in report.grade
        ),
        warning_signs=tuple(sign.message[:_LONGEST] for sign in report.warning_signs),
        advice=tuple(
            AdviceStatus(action=advice.action[:300], because=advice.because[:_LONGEST])
            for advice in report.advice
        ),
        slowest_traces=tuple(
            _slow_trace(each, on_cluster.trace_id if on_cluster else "")
            for each in slowest[:_MOST_TRACES]
        ),
        consistent=not inconsistencies,
        inconsistency="; ".join(inconsistencies),
        peak_leases=report.pool.peak_used,
        peak_sockets=report.effective.peak_sockets,
        lend=report.effective.lend,
    )


def _reason(report: Report, ending: Reason, inconsistent: bool) -> Reason:
    if report.verdict is Verdict.ERROR:
        return Reason.SUMS_DISAGREE if ending is Reason.LOAD_ENDED and inconsistent else ending
    if report.verdict is Verdict.INCONCLUSIVE:
        return Reason.GENERATOR_LIMITED if report.operations.issued else Reason.NOTHING_MEASURED
    return _REASONS[report.verdict]


def _message(report: Report) -> str:
    """The verdict's reason, and which thresholds were missed with the numbers."""
    missed = [_missed_words(result) for result in report.thresholds if not result.met]
    if report.verdict in (Verdict.FAILED, Verdict.INCONCLUSIVE) and missed:
        return f"{report.reason}: {'; '.join(missed)}"[:_LONGEST]
    return report.reason[:_LONGEST]


def _missed_words(result: ThresholdResult) -> str:
    seen = "nothing" if result.observed is None else wording.value(result.observed, result.unit)
    return f"{result.expression} (observed {seen})"


def _grade(report: Report) -> str:
    grades = {row.grade for row in report.grade}
    return next((str(grade) for grade in _WORST_FIRST if grade in grades), "")


def _threshold(result: ThresholdResult) -> ThresholdStatus:
    seen = "" if result.observed is None else wording.value(result.observed, result.unit)
    return ThresholdStatus(
        expression=result.expression[:100],
        observed=seen,
        met=result.met,
        generator_limited=result.generator_limited,
    )


def _slow_trace(operation: SlowOperation, trace_id: str) -> SlowTrace:
    spent = " · ".join(
        f"{span.name} {wording.seconds(span.duration_seconds)}" for span in operation.spans
    )
    return SlowTrace(
        trace_id=trace_id,
        span_id=operation.span_id,
        duration_microseconds=microseconds(operation.duration_seconds),
        spent=spent[:_LONGEST],
    )
