"""Owns which parts a report has, their order and their words, for every format; draws nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from purreal_runner.judge import wording
from purreal_runner.report.cluster_facts import cluster_facts
from purreal_runner.report.model import Effective, Report
from purreal_runner.report.table import Tone


class Part(StrEnum):
    """A part of a report after its verdict, with the heading it has where there are headings."""

    THRESHOLDS = "Thresholds"
    FACTS = "What was done"
    OPERATIONS = "Operations"
    LATENCIES = "Latencies"
    TIME_SPLIT = "Where the time went"
    POOL = "The pool over time"
    GRADE = "The guide's targets"
    ERRORS = "Errors"
    FINDINGS = "Findings"
    LOGS = "Logs"


@dataclass(frozen=True, slots=True)
class Finding:
    """A warning sign, an advice or a remark: a mark, what to do, and why."""

    mark: str
    tone: Tone
    action: str
    words: str


def parts(report: Report) -> Iterator[Part]:
    """Verdict and thresholds come first, then what explains them; nothing that would be empty."""
    there_is = {
        Part.THRESHOLDS: report.thresholds,
        Part.FACTS: True,
        **_measured(report),
        Part.ERRORS: report.errors,
        Part.FINDINGS: any(findings(report)),
        Part.LOGS: report.on_cluster is not None and report.on_cluster.logs,
    }
    return (part for part, something in there_is.items() if something)


def _measured(report: Report) -> dict[Part, object]:
    if not report.operations.issued:
        return {}
    return {
        Part.OPERATIONS: True,
        Part.LATENCIES: True,
        Part.TIME_SPLIT: report.where_time_went.rows,
        Part.POOL: report.pool.series.points,
        Part.GRADE: report.grade,
    }


def facts(report: Report) -> Iterator[tuple[str, str]]:
    """Yield what was done, to what, and what the settings came to: labels and words."""
    run, target, limits, effective = report.run, report.target, report.limits, report.effective
    yield "load", " · ".join(_load_words(report))
    yield (
        "target",
        " ".join(word for word in (target.kind, target.version, target.endpoint) if word),
    )
    leases = f"{limits.min_size:,} to {limits.max_size:,} leases"
    yield "pool", f"each {leases}, lend {effective.lend}, on {run.loop}"
    pools = wording.count(effective.pools, "pool")
    processes = wording.count(effective.processes, "process", "processes")
    share = _workers_each(effective)
    leases = f"{effective.max_leases:,} leases at most, peak {effective.peak_leases:,}"
    yield "effective", f"{pools} in {processes}{share} · {leases}"
    if effective.peak_sockets:
        yield "sockets", f"{effective.peak_sockets:,} at most"
    for fault in run.faults:
        yield "fault", fault
    if run.deliberate_stress:
        yield "stress", f"{run.deliberate_stress} (on purpose)"
    for note in run.notes:
        yield "note", note
    if report.on_cluster is not None:
        yield from cluster_facts(report.on_cluster)


def _workers_each(effective: Effective) -> str:
    most, fewest = effective.workers_per_pool, effective.fewest_workers_per_pool
    if not most:
        return ""
    least = "" if fewest in (None, most) else f"{fewest:,} to "
    return f" · {least}{wording.count(most, 'worker')} each"


def _load_words(report: Report) -> Iterator[str]:
    run = report.run
    yield run.scenario or run.workload or "workload"
    if run.workers:
        yield wording.count(run.workers, "worker")
    if run.operations:
        yield wording.count(run.operations, "operation")
    if run.duration_seconds:
        yield f"for {run.duration_seconds:g} s"
    if run.warm_up_seconds:
        yield f"warm-up {run.warm_up_seconds:g} s"
    if run.seed is not None:
        yield f"seed {run.seed}"


def accounting(report: Report) -> tuple[tuple[str, str], ...]:
    """How the operations ended."""
    operations = report.operations
    return (
        ("issued", f"{operations.issued:,}"),
        ("succeeded", f"{operations.succeeded:,}"),
        ("failed", f"{operations.failed:,}"),
        ("timed out", f"{operations.timed_out:,}"),
        ("cancelled", f"{operations.cancelled:,}"),
    )


def rates(report: Report) -> tuple[tuple[str, str], ...]:
    """Success, rate, duration and concurrency; operations that never ended if there were any."""
    operations = report.operations
    ratio = operations.success_ratio
    known = (
        ("success rate", "-" if ratio is None else wording.percent(ratio)),
        ("throughput", wording.rate(report.throughput)),
        ("duration", f"{report.duration_seconds:.2f} s"),
        ("peak concurrent", f"{report.peak_concurrent:,}"),
    )
    if not operations.unfinished:
        return known
    return (*known, ("unfinished", f"{operations.unfinished:,}"))


def findings(report: Report) -> Iterator[Finding]:
    """Yield warning signs, advice and the generator's health."""
    for sign in report.warning_signs:
        yield Finding("!", Tone.NOTE, "", sign.message)
    for advice in report.advice:
        yield Finding("→", Tone.FAIR, advice.action, advice.because)
    if report.generator.sentence:
        yield Finding("·", Tone.QUIET, "", report.generator.sentence)
