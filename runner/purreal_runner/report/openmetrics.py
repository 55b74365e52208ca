"""Owns the report as metrics in OpenMetrics text, for dashboards that compare runs over time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from purreal_runner.report.model import Latency, Report

_QUANTILES = (("0", "min"), ("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99"), ("1", "max"))


@dataclass(frozen=True, slots=True)
class _Sample:
    value: float
    labels: Mapping[str, str]
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class _Family:
    """Samples of one name; a name that ends with `_seconds` or `_ratio` says its unit so."""

    name: str
    kind: str
    help: str
    samples: tuple[_Sample, ...]

    @property
    def unit(self) -> str:
        ending = self.name.rpartition("_")[2]
        return ending if ending in ("seconds", "ratio") else ""


def openmetrics_report(report: Report) -> str:
    """The numbers of a run as OpenMetrics text 1.0; base units, as everywhere in Prometheus.

    Every sample has the label `test`; that of a run on a cluster also `namespace` and `run`. What
    was not measured has no sample.
    """
    identity = _identity(report)
    lines = [
        line for family in _families(report) if family.samples for line in _lines(family, identity)
    ]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _identity(report: Report) -> dict[str, str]:
    where = report.on_cluster
    if where is None:
        return {"test": report.name}
    return {"test": report.name, "namespace": where.namespace, "run": str(where.run)}


def _families(report: Report) -> Iterator[_Family]:
    yield _info(report)
    yield from _work(report)
    yield _latencies(report)
    yield from _pool(report)
    yield from _judgements(report)
    yield from _generator(report)
    yield from _runners(report)


def _info(report: Report) -> _Family:
    run, target = report.run, report.target
    about = {
        "verdict": report.verdict.value,
        "workload": run.scenario or run.workload,
        "target": target.kind,
        "version": target.version,
        "started_at": run.started_at or "",
    }
    known = {name: value for name, value in about.items() if value}
    return _Family(
        "purreal_run", "info", "What was run, and its verdict.", (_Sample(1, known, "_info"),)
    )


def _work(report: Report) -> Iterator[_Family]:
    operations = report.operations
    outcomes = ("succeeded", "failed", "timed_out", "cancelled", "unfinished")
    yield _Family(
        "purreal_operations",
        "gauge",
        "Operations of the measured interval, by how they ended.",
        tuple(_Sample(getattr(operations, each), {"outcome": each}) for each in outcomes),
    )
    yield _gauge(
        "purreal_success_ratio", "Succeeded of those that ended.", operations.success_ratio
    )
    yield _gauge("purreal_operations_per_second", "Throughput.", report.throughput)
    yield _gauge("purreal_duration_seconds", "The measured interval.", report.duration_seconds)
    yield _gauge("purreal_peak_concurrent_operations", "Most at once.", report.peak_concurrent)
    yield _Family(
        "purreal_errors",
        "gauge",
        "Operations that an error ended.",
        tuple(
            _Sample(error.count, {"kind": error.kind.value, "type": error.type})
            for error in report.errors
        ),
    )


def _latencies(report: Report) -> _Family:
    latencies = report.latencies
    parts = {
        "acquire": latencies.acquire,
        "query": latencies.query,
        "operation": latencies.operation,
    }
    return _Family(
        "purreal_latency_seconds",
        "summary",
        "Waits for a lease, requests, and whole operations.",
        tuple(sample for name, each in parts.items() for sample in _summary(name, each)),
    )


def _summary(part: str, latency: Latency) -> Iterator[_Sample]:
    """Nothing measured is a count of zero without quantiles."""
    for quantile, field in _QUANTILES:
        value = getattr(latency, field)
        if value is not None:
            yield _Sample(value, {"part": part, "quantile": quantile})
    yield _Sample(latency.count, {"part": part}, "_count")
    yield _Sample((latency.mean or 0.0) * latency.count, {"part": part}, "_sum")


def _pool(report: Report) -> Iterator[_Family]:
    pool = report.pool
    yield _gauge("purreal_pools", "Pools, together.", report.effective.pools)
    yield _gauge(
        "purreal_max_leases", "Leases that all pools may have.", report.effective.max_leases
    )
    yield _Family(
        "purreal_peak_leases",
        "gauge",
        "Leases at peak use: those that existed, and those of them that were lent.",
        (
            _Sample(pool.peak_open, {"state": "open"}),
            _Sample(pool.peak_used, {"state": "used"}),
        ),
    )
    yield _gauge(
        "purreal_peak_sockets",
        "The most sockets open at once, pools' peaks added up.",
        report.effective.peak_sockets,
    )
    yield _gauge("purreal_peak_waiting", "The longest queue for a lease.", pool.peak_waiting)
    yield _gauge("purreal_pool_utilization_ratio", "Peak used of the most.", pool.utilization)


def _judgements(report: Report) -> Iterator[_Family]:
    distinct = {result.expression: result for result in report.thresholds}
    yield _Family(
        "purreal_threshold_met",
        "gauge",
        "1 for a threshold that was met, 0 for one that was missed.",
        tuple(
            _Sample(result.met, {"metric": result.metric.value, "threshold": result.expression})
            for result in distinct.values()
        ),
    )
    yield _Family(
        "purreal_warning_sign",
        "gauge",
        "1 for each warning sign that was seen.",
        tuple(_Sample(1, {"sign": each.sign.value}) for each in report.warning_signs),
    )


def _generator(report: Report) -> Iterator[_Family]:
    findings = report.generator
    yield _gauge(
        "purreal_generator_cpu_ratio", "Of one core, the busiest process.", findings.cpu_share
    )
    yield _gauge(
        "purreal_generator_lag_seconds",
        "How late the latest event loop was, 95th percentile.",
        findings.lag_p95_seconds,
    )


def _runners(report: Report) -> Iterator[_Family]:
    if report.on_cluster is None:
        return
    runners = report.on_cluster.runners
    yield _gauge("purreal_runners_expected", "Runner pods that were to report.", runners.expected)
    yield _gauge("purreal_runners_reported", "Runner pods that did.", runners.reported)


def _gauge(name: str, help: str, value: float | None) -> _Family:
    samples = () if value is None else (_Sample(value, {}),)
    return _Family(name, "gauge", help, samples)


def _lines(family: _Family, identity: Mapping[str, str]) -> Iterator[str]:
    yield f"# TYPE {family.name} {family.kind}"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}"
    yield f"# HELP {family.name} {family.help}"
    for sample in family.samples:
        labels = {**identity, **sample.labels}.items()
        words = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
        yield f"{family.name}{sample.suffix}{{{words}}} {_number(sample.value)}"


def _number(value: float) -> str:
    return repr(int(value)) if isinstance(value, int) else repr(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
