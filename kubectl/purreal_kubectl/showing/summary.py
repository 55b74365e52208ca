"""What the status says of a test, for people; reads no report and no cluster."""

from collections.abc import Iterator, Sequence

from purreal_kubectl.deciding.progress import numbers
from purreal_kubectl.deciding.run_of import Resource
from purreal_kubectl.deciding.runners import runner_rows
from purreal_kubectl.showing.columns import age, columns
from purreal_kubectl.showing.runners import runners_text
from purreal_operator.cluster.views import PodView
from purreal_operator.status.model import Effective, PoolLoadTestStatus
from purreal_operator.status.moments import epoch
from purreal_operator.status.reading import status_of

_NONE = "–"


def summary(resource: Resource, now: float, pods: Sequence[PodView] = ()) -> str:
    """The test's present run, its runners, thresholds, conditions and earlier runs.

    Args:
        resource: the test as it is stored.
        now: seconds since 1970.
        pods: of the present run's runners, where they are to be shown.
    """
    status = status_of(resource)
    metadata = resource["metadata"]
    head = f"{metadata['name']} in {metadata['namespace']}"
    if status.run == 0:
        return f"{head}: no run has begun"
    return "\n\n".join(
        [f"{head}: run {status.run}, {_state(status)}", *_blocks(status, now, pods)],
    )


def _state(status: PoolLoadTestStatus) -> str:
    state = str(status.verdict) if status.verdict is not None else str(status.phase)
    return f"{state} ({status.reason}): {status.message}" if status.message else state


def _blocks(status: PoolLoadTestStatus, now: float, pods: Sequence[PodView]) -> Iterator[str]:
    yield columns(_facts(status))
    if pods:
        yield runners_text(runner_rows(pods, status, now))
    if status.thresholds:
        rows = (
            ("met" if one.met else "MISSED", one.expression, one.observed or _NONE)
            for one in status.thresholds
        )
        yield columns([("THRESHOLD", "", "OBSERVED"), *rows])
    findings = [
        *(f"! {words}" for words in status.warning_signs),
        *(f"→ {advice.action} ({advice.because})" for advice in status.advice),
    ]
    if findings:
        yield "\n".join(findings)
    yield columns(
        [
            ("CONDITION", "", "REASON", "MESSAGE"),
            *((one.type, one.status, one.reason, one.message) for one in status.conditions),
        ]
    )
    if status.history:
        yield columns([_HISTORY, *_history(status, now)])


def _facts(status: PoolLoadTestStatus) -> Iterator[tuple[str, str]]:
    runners, target = status.runners, status.target
    if target.display:
        version = f", {target.version}" if target.version else ""
        yield "target", f"{target.display}{version}"
    if status.effective is not None:
        yield from _sizes(status.effective)
    lost = f", lost {', '.join(map(str, runners.lost))} ({runners.lost_share})"
    yield "runners", f"{runners.display or _NONE}{lost if runners.lost else ''}"
    yield "numbers", numbers(status) or _NONE
    if status.report is not None:
        yield "report", f"ConfigMap {status.report.config_map}"


def _sizes(effective: Effective) -> Iterator[tuple[str, str]]:
    yield "pools", f"{effective.pools} × {effective.workers_per_pool} workers"
    peak = f", peak {effective.peak_leases:,}" if effective.peak_leases else ""
    yield "leases", f"{effective.max_leases:,} at most{peak}, lend {effective.lend}"
    if effective.peak_sockets:
        yield "sockets", f"{effective.peak_sockets:,} at most"


_HISTORY = ("RUN", "VERDICT", "REASON", "OPS/S", "SUCCESS", "ACQUIRE-P95", "QUERY-P95", "ENDED")


def _history(status: PoolLoadTestStatus, now: float) -> Iterator[tuple[str, ...]]:
    for entry in status.history:
        figures = entry.summary
        yield (
            str(entry.run),
            entry.verdict.value,
            entry.reason,
            figures.operations_per_second or _NONE,
            figures.success or _NONE,
            figures.acquire_p95 or _NONE,
            figures.query_p95 or _NONE,
            f"{age(now - epoch(entry.finished_at))} ago",
        )
