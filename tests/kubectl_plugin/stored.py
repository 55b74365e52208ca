"""Tests as the API server stores them, reports as ConfigMaps hold them; small, and valid."""

import gzip
from collections.abc import Mapping
from typing import Any

from purreal_runner.judge.verdict import Verdict
from purreal_runner.report.model import (
    Effective,
    Latencies,
    Latency,
    Limits,
    Operations,
    Report,
    Run,
    Target,
)

UID = "uid-1"
RERUN_AT = "purreal.dev/rerun-at"


def resource(
    status: Mapping[str, Any] | None = None,
    *,
    asked: str = "",
    generation: int = 1,
    uid: str = UID,
    name: str = "shop",
    version: int = 1,
    **spec: Any,
) -> dict[str, Any]:
    """A stored test.

    Args:
        status: of the test.
        asked: value of the annotation that asks for a run.
        generation: of the spec.
        uid: of the test.
        name: of the test.
        version: of the resource.
        spec: parts of the spec.
    """
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": "team",
        "uid": uid,
        "generation": generation,
        "resourceVersion": str(version),
        "creationTimestamp": "2026-01-31T12:00:00Z",
    }
    if asked:
        metadata["annotations"] = {RERUN_AT: asked}
    load = {"closed": {"workers": 5}, "stop": {"operations": 1000}}
    return {
        "apiVersion": "purreal.dev/v1alpha1",
        "kind": "PoolLoadTest",
        "metadata": metadata,
        "spec": {"load": load, "desiredState": "Active", **spec},
        **({"status": dict(status)} if status else {}),
    }


def active(run: int = 1, phase: str = "Running", **more: Any) -> dict[str, Any]:
    """The status of a run on its way."""
    return {
        "observedGeneration": 1,
        "run": run,
        "phase": phase,
        "message": "the load runs",
        "startedAt": "2026-01-31T12:00:00.000Z",
        **more,
    }


def ended(
    run: int = 1,
    verdict: str = "Passed",
    *,
    reason: str = "ThresholdsMet",
    message: str = "1 threshold met",
    report: bool = True,
    earlier: tuple[Mapping[str, Any], ...] = (),
    **more: Any,
) -> dict[str, Any]:
    """The status of a run that is over."""
    entry = history_entry(run, verdict, reason=reason, message=message, report=report)
    return {
        **active(run, "Finished"),
        "verdict": verdict,
        "reason": reason,
        "message": message,
        "history": [entry, *earlier],
        **({"report": entry["report"]} if report else {}),
        **more,
    }


def history_entry(
    run: int,
    verdict: str = "Passed",
    *,
    reason: str = "ThresholdsMet",
    message: str = "1 threshold met",
    report: bool = True,
) -> dict[str, Any]:
    """What the history keeps of a run."""
    where = {"configMap": f"shop-{run}-report", "key": "report.json.gz", "bytes": 900}
    return {
        "run": run,
        "verdict": verdict,
        "reason": reason,
        "message": message,
        "startedAt": "2026-01-31T12:00:00.000Z",
        "finishedAt": "2026-01-31T12:01:00.000Z",
        "summary": {"operationsPerSecond": "523", "success": "100%", "acquireP95": "2.10ms"},
        **({"report": where} if report else {}),
    }


def small_report(verdict: Verdict = Verdict.PASSED, *, p95: float = 0.002) -> Report:
    """A report of a run of a thousand operations."""
    latency = Latency(count=1000, min=0.001, max=0.01, mean=0.002, p50=0.001, p95=p95, p99=0.009)
    return Report(
        name="shop",
        verdict=verdict,
        reason="1 threshold met",
        run=Run(workload="mix of read", workers=5, operations=1000),
        target=Target(kind="Ephemeral", version="surrealdb-3.3.5"),
        limits=Limits(min_size=1, max_size=4),
        effective=Effective(
            pools=1, processes=1, workers_per_pool=5, max_leases=4, peak_leases=4, lend="Connection"
        ),
        operations=Operations(
            issued=1000, succeeded=1000, failed=0, timed_out=0, cancelled=0, success_ratio=1.0
        ),
        duration_seconds=2.0,
        throughput=500.0,
        peak_concurrent=5,
        latencies=Latencies(acquire=latency, query=latency, operation=latency),
    )


def packed(report: Report) -> bytes:
    """A report as its ConfigMap holds it."""
    return gzip.compress(report.to_json().encode())
