"""Owns the guide's three layouts, letter by letter; knows no terminal and judges nothing."""

from collections.abc import Sequence

from purreal_runner.judge.verdict import Verdict
from purreal_runner.measure.views import PoolGauges
from purreal_runner.report.model import Latency, Report

RULE = "=" * 80
BAR_CELLS = 40


def quick_stress_banner(connections: int) -> str:
    """The heading of the quick stress test."""
    return f"{RULE}\nQUICK STRESS TEST: {connections} concurrent connections\n{RULE}"


def pool_initialized(connections: int) -> str:
    """The line after the pool was opened."""
    return f"✓ Pool initialized: {connections} initial connections"


def launching(workers: int) -> str:
    """The line before the load."""
    return f"Launching {workers} concurrent workers..."


def quick_stress_results(report: Report, connections: int | None = None) -> str:
    """The results of the quick stress test.

    `Failed` is everything issued that did not succeed, so that the lines add up. `Pool stats` is
    taken at peak use: leases that existed, and those of them that were not lent.

    Args:
        report: of the run.
        connections: how many concurrent connections were to be tested; absent: the run's workers.
    """
    connections = connections or report.run.workers or report.peak_concurrent
    operations = report.operations
    issued, succeeded = operations.issued, operations.succeeded
    failed = operations.not_succeeded
    pool = report.pool
    lines = [
        RULE,
        "RESULTS:",
        f"  Duration:    {report.duration_seconds:.2f}s",
        f"  Operations:  {issued} total",
        f"  Successful:  {succeeded} ({_percentage(succeeded, issued, 1)})",
        f"  Failed:      {failed} ({_percentage(failed, issued, 1)})",
        f"  Throughput:  {report.throughput:.0f} ops/sec",
        f"  Pool stats:  {pool.peak_open} connections, {pool.peak_free} available",
        "",
        _stress_outcome(report, connections),
        RULE,
    ]
    return "\n".join(lines)


def all_succeeded(report: Report) -> bool:
    """Whether the run went to its end and every operation succeeded, of those planned too."""
    operations = report.operations
    return operations.issued > 0 and operations.not_succeeded == 0 and not _stopped(report)


def _stopped(report: Report) -> bool:
    """Whether the run ended before everything that was planned had been done."""
    return (
        report.run.interrupted
        or report.verdict in (Verdict.CANCELLED, Verdict.ERROR)
        or report.operations.issued < _planned(report)
    )


def _planned(report: Report) -> int:
    """A run that lasts a given time has planned what it came to do."""
    planned = report.run.operations
    return report.operations.issued if planned is None else planned


def _stress_outcome(report: Report, connections: int) -> str:
    if all_succeeded(report):
        return f"✓ SUCCESS: Pool handled {_handled(report, connections)}!"
    if _stopped(report):
        end = "was interrupted" if report.run.interrupted else "came to its end"
        succeeded, planned = report.operations.succeeded, _planned(report)
        return f"✗ STOPPED: {succeeded} of {planned} operations succeeded before the run {end}"
    failed = report.operations.not_succeeded
    return (
        f"✗ FAILED: {failed} of {report.operations.issued} operations failed "
        f"at {connections} concurrent connections"
    )


def _handled(report: Report, connections: int) -> str:
    """A pool smaller than the number of workers has not had that many connections."""
    opened = report.pool.peak_open
    if opened >= connections:
        return f"{connections} concurrent connections"
    return f"{connections} concurrent workers on {opened} connection{'s' if opened != 1 else ''}"


def load_test_report(report: Report) -> str:
    """The LOAD TEST REPORT block; latencies in milliseconds."""
    operations = report.operations
    success = _percentage(operations.succeeded, operations.issued, 2)
    lines = [
        RULE,
        "LOAD TEST REPORT",
        RULE,
        "",
        "Operations:",
        f"  Total:      {operations.issued:,}",
        f"  Successful: {operations.succeeded:,}",
        f"  Failed:     {operations.not_succeeded:,}",
        f"  Success Rate: {success}",
        "",
        "Throughput:",
        f"  Duration: {report.duration_seconds:.2f}s",
        f"  Ops/sec:  {report.throughput:.2f}",
        f"  Peak Concurrent: {report.peak_concurrent}",
        "",
        "Connection Acquisition (ms):",
        *_latency_lines(report.latencies.acquire),
        "",
        "Query Execution (ms):",
        *_latency_lines(report.latencies.query),
    ]
    return "\n".join(lines)


def monitor_bar(stats: PoolGauges, width: int = BAR_CELLS) -> str:
    """The live bar: Util is the leases lent of those that exist.

    The bar itself is filled by the leases lent of `max_size`, so that what is empty is headroom:
    the guide's own line has 500 of 543 leases lent, 92.1 %, and a bar that is four fifths full.

    Args:
        stats: the pool now.
        width: cells between the brackets; the guide's bar has 40.
    """
    used, total = stats.leased, stats.open
    utilization = used / total if total else 0.0
    filled = min(width, used * width // stats.max_size) if stats.max_size else 0
    bar = "█" * filled + "░" * (width - filled)
    return (
        f"[{bar}] Total: {total:>4} | Used: {used:>4} | Free: {total - used:>4} | "
        f"Util: {utilization * 100:>5.1f}%"
    )


def progressive_summary(reports: Sequence[tuple[int, Report]], not_run: Sequence[int] = ()) -> str:
    """The table after the progressive series, one row for each number of connections.

    Args:
        reports: numbers of connections with the reports on them.
        not_run: numbers of connections that were planned, too, and not come to.
    """
    heading = (
        f"{'Connections':>11}  {'Operations':>10}  {'Successful':>10}  {'Failed':>6}  "
        f"{'Ops/sec':>8}  {'P95 acquire':>11}  Result"
    )
    rows = [_progressive_row(connections, report) for connections, report in reports]
    rows += [
        f"{connections:>11}  {'-':>10}  {'-':>10}  {'-':>6}  {'-':>8}  {'-':>11}  ✗ NOT RUN"
        for connections in not_run
    ]
    return "\n".join([RULE, "PROGRESSIVE STRESS TEST: SUMMARY", RULE, "", heading, *rows, RULE])


def _progressive_row(connections: int, report: Report) -> str:
    operations = report.operations
    p95 = report.latencies.acquire.p95
    waited = "-" if p95 is None else f"{p95 * 1000:.2f}ms"
    return (
        f"{connections:>11}  {operations.issued:>10}  {operations.succeeded:>10}  "
        f"{operations.not_succeeded:>6}  {report.throughput:>8.0f}  {waited:>11}  "
        f"{_result(report)}"
    )


def _result(report: Report) -> str:
    if all_succeeded(report):
        return "✓ OK"
    return "✗ STOPPED" if _stopped(report) else "✗ FAILED"


def _latency_lines(latency: Latency) -> list[str]:
    values = {
        "MIN": latency.min,
        "MAX": latency.max,
        "AVG": latency.mean,
        "P50": latency.p50,
        "P95": latency.p95,
        "P99": latency.p99,
    }
    return [f"  {name}:  {_milliseconds(value)}" for name, value in values.items()]


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.2f}"


def _percentage(part: int, whole: int, decimals: int) -> str:
    """A share in percent that is 0 or 100 only when it is exactly that, however it rounds."""
    if not whole:
        return "-"
    step = 10**-decimals
    rounded = round(part / whole * 100, decimals)
    if 0 < part < whole:
        rounded = min(max(rounded, step), 100 - step)
    return f"{rounded:.{decimals}f}%"
