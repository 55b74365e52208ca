"""How far a run's load is, and its numbers in one line; reads no clock."""

from dataclasses import dataclass
from typing import Any

from purreal_kubectl.deciding.run_of import Look
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.moments import epoch
from purreal_operator.status.words import Phase


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the load is.

    Attributes:
        share: of the load that is done, 0 to 1; None while nothing can be said.
        words: the same in words.
    """

    share: float | None
    words: str


UNKNOWN = Progress(None, "")


def progress(look: Look, now: float) -> Progress:
    """How far the load is.

    Args:
        look: what was seen last.
        now: seconds since 1970; where the load is a time, the operator's clock is taken for ours.
    """
    if look.over is not None or (look.begun and look.status.phase is Phase.COLLECTING):
        return Progress(1.0, "")
    if not look.begun or look.status.phase is not Phase.RUNNING:
        return UNKNOWN
    load: dict[str, Any] = look.load
    total = load.get("stop", {}).get("operations")
    if total:
        done = ended(look.status)
        return Progress(min(1.0, done / total), f"{done:,} of {total:,} operations")
    return _of_time(look.status, load, now)


def ended(status: PoolLoadTestStatus) -> int:
    """Operations that came to an end, well or badly."""
    operations = status.operations
    return operations.succeeded + operations.failed + operations.timed_out


def numbers(status: PoolLoadTestStatus) -> str:
    """The numbers of this moment in one line; empty before there are any."""
    if not status.operations.issued:
        return ""
    summary = status.summary
    parts = (
        f"{ended(status):,} operations",
        summary.operations_per_second and f"{summary.operations_per_second}/s",
        summary.success and f"success {summary.success}",
        summary.acquire_p95 and f"acquire p95 {summary.acquire_p95}",
        summary.query_p95 and f"query p95 {summary.query_p95}",
    )
    return " · ".join(part for part in parts if part)


def _of_time(status: PoolLoadTestStatus, load: dict[str, Any], now: float) -> Progress:
    seconds = load.get("stop", {}).get("durationSeconds")
    if not seconds or status.starts_at is None:
        return UNKNOWN
    passed = now - epoch(status.starts_at)
    warm_up = load.get("warmUpSeconds", 0)
    if passed < 0:
        return Progress(0.0, f"starts in {-passed:.0f} s")
    if passed < warm_up:
        return Progress(0.0, f"warm-up, {passed:.0f} of {warm_up} s")
    done = min(float(seconds), passed - warm_up)
    return Progress(done / seconds, f"{done:.0f} of {seconds} s")
