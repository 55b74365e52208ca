"""The table of tests that `list` prints; reads no cluster."""

from collections.abc import Sequence

from purreal_kubectl.deciding.run_of import Resource
from purreal_kubectl.showing.columns import age, columns
from purreal_operator.status.moments import epoch
from purreal_operator.status.reading import status_of

_HEAD = (
    "NAMESPACE",
    "NAME",
    "RUN",
    "PHASE",
    "VERDICT",
    "RUNNERS",
    "OPS/S",
    "SUCCESS",
    "ACQUIRE-P95",
    "QUERY-P95",
    "GRADE",
    "AGE",
)


def table_of(tests: Sequence[Resource], now: float, *, with_namespace: bool) -> str:
    """One line for each test; empty if there is none.

    Args:
        tests: as they are stored.
        now: seconds since 1970.
        with_namespace: whether each line begins with the test's namespace.
    """
    if not tests:
        return ""
    rows = [_HEAD, *(_row(test, now) for test in tests)]
    return columns(rows if with_namespace else [row[1:] for row in rows])


def _row(test: Resource, now: float) -> tuple[str, ...]:
    metadata, status = test["metadata"], status_of(test)
    figures = status.summary
    cells = (
        metadata["namespace"],
        metadata["name"],
        str(status.run or ""),
        status.phase or "",
        status.verdict or "",
        status.runners.display,
        figures.operations_per_second,
        figures.success,
        figures.acquire_p95,
        figures.query_p95,
        figures.grade,
        age(now - epoch(metadata["creationTimestamp"])),
    )
    return tuple(str(cell) or "–" for cell in cells)
