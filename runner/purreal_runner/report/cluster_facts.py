"""Owns what the terminal report says of a run on a cluster, line by line; computes nothing."""

from collections.abc import Iterator

from purreal_runner.judge import wording
from purreal_runner.report.on_cluster import DatabaseUse, LogTail, OnCluster, RunnersUse, TargetUse

_MOST_SLOW = 3


def cluster_facts(found: OnCluster) -> Iterator[tuple[str, str]]:
    """Yield pairs of a label and its words."""
    yield "run", f"{found.namespace}, run {found.run}, trace {found.trace_id}"
    yield "runners", _runners(found.runners)
    yield "target pods", _target(found.target)
    if found.phases:
        yield (
            "phases",
            " · ".join(f"{each.name} {wording.seconds(each.seconds)}" for each in found.phases),
        )
    if found.database is not None:
        yield "database", _database(found.database)
    for slow in found.slowest[:_MOST_SLOW]:
        spans = (f"{span.name} {wording.seconds(span.duration_seconds)}" for span in slow.spans)
        yield "slow operation", " · ".join(spans)
    for words in (*found.mismatches, *found.inconsistencies):
        yield "does not agree", words
    if found.refused_pushes:
        refused = (f"{reason} {number:,}" for reason, number in found.refused_pushes.items())
        yield "refused", ", ".join(refused)
    if found.truncated:
        yield "left out", found.truncated


def _runners(runners: RunnersUse) -> str:
    words = f"{runners.reported} of {runners.expected} reported"
    if runners.lost:
        numbers = ", ".join(map(str, runners.lost[:10]))
        words += f", lost {numbers} with {wording.percent(runners.lost_share)} of the load"
    if runners.start_skew_seconds is not None:
        words += f", all started within {wording.seconds(runners.start_skew_seconds)}"
    return words


def _target(target: TargetUse) -> str:
    if target.ready_before is None:
        return "not watched"
    ready = f"{target.ready_before} ready before, {target.ready_after} after"
    least = "" if target.least_ready is None else f", {target.least_ready} at least"
    return f"{ready}{least}{f'; {target.disturbed}' if target.disturbed else ''}"


def _database(database: DatabaseUse) -> str:
    parts = []
    if database.peak_cpu_percent is not None:
        parts.append(f"processor up to {database.peak_cpu_percent:.0f} % of a core")
    if database.peak_memory_bytes is not None:
        parts.append(f"memory up to {wording.mebibytes(database.peak_memory_bytes)}")
    if database.peak_sessions is not None:
        parts.append(f"{wording.count(database.peak_sessions, 'session')} at most")
    if database.statement_mean_seconds is not None:
        mean = wording.seconds(database.statement_mean_seconds)
        parts.append(f"{wording.count(database.statements, 'statement')} of {mean} on average")
    return " · ".join(parts) or "told nothing"


def log_title(tail: LogTail) -> str:
    """Whose log it is."""
    return f"log of {tail.source}"


def log_lines(found: OnCluster) -> Iterator[str]:
    """Yield the kept ends of logs, each after a line that says whose it is."""
    for tail in found.logs:
        yield log_title(tail)
        yield from (f"  {line}" for line in tail.lines)
