"""What the target's readiness and restarts say about a run; judges only what was seen."""

from purreal_operator.decide.observation import Observation
from purreal_operator.status.model import TargetReading, TargetStatus


def watched(seen: Observation, *, load_runs: bool = False) -> TargetStatus:
    """The target's status brought up to date.

    Args:
        seen: the observation.
        load_runs: the start is fixed; from then on readiness counts, and changes are disturbances.
    """
    status = seen.status.target
    versions = (runner.server_version for runner in seen.runners.values())
    changes: dict[str, object] = {
        "version": next((version for version in versions if version), status.version),
        "peak_memory_bytes": _higher(seen.database.memory_bytes, status.peak_memory_bytes),
        "peak_cpu_percent": _higher(seen.database.cpu_percent, status.peak_cpu_percent),
        "peak_sessions": _higher(seen.database.sessions, status.peak_sessions),
    }
    if seen.target is not None:
        reading = seen.target.reading
        # Until the load starts the target may still settle: what counts is how it was then.
        before = status.before if load_runs and status.before else reading
        changes |= {"before": before, "last": reading, "disturbed": disturbance(before, reading)}
        if load_runs:
            changes["least_ready"] = _least_ready(status.least_ready, before, reading)
    return status.model_copy(update=changes)


def _higher(now: int | None, before: int | None) -> int | None:
    """A new operator knows only what came since its start: the peak before it is in the status."""
    known = [value for value in (now, before) if value is not None]
    return max(known, default=None)


def _least_ready(least: int | None, before: TargetReading, now: TargetReading) -> int:
    known = [now.ready] if least is None else [now.ready, least]
    if disturbance(before, now):
        # It takes less than the time between two looks, and yet that pod was not ready meanwhile.
        known.append(max(0, before.ready - 1))
    return min(known)


def disturbance(before: TargetReading, now: TargetReading) -> str:
    """In words what happened to the target's pods between two readings; empty for nothing."""
    words = []
    restarts = now.restarts - before.restarts
    if restarts > 0 and now.pods == before.pods:
        words.append(f"{restarts} container restart{'s' if restarts > 1 else ''}")
    replaced = len(set(before.pods) - set(now.pods))
    if replaced:
        words.append(f"{replaced} pod{'s' if replaced > 1 else ''} gone or replaced")
    return ", ".join(words)
