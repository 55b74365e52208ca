"""What is worth an event: the difference between two statuses, in words; posts nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from purreal_operator.objects.event import EventType
from purreal_operator.status.model import PoolLoadTestStatus
from purreal_operator.status.words import Phase
from purreal_runner.judge.verdict import Verdict

_GOOD = frozenset({Verdict.PASSED, Verdict.COMPLETED})


@dataclass(frozen=True, slots=True)
class News:
    """One event; `key` tells it from others of its reason in the same run."""

    type: EventType
    reason: str
    message: str
    key: str = ""


def news_between(before: PoolLoadTestStatus, after: PoolLoadTestStatus) -> Iterator[News]:
    """Yield what happened; the same two statuses always give the same news."""
    if before.run != after.run or before.phase != after.phase:
        yield _of_phase(after)
    elif before.reason != after.reason:
        yield News(EventType.NORMAL, after.reason, after.message)
    yield from _troubles(before, after)
    yield from _of_target(before, after)
    for index in sorted(set(after.runners.lost) - set(before.runners.lost)):
        yield News(EventType.WARNING, "RunnerLost", f"runner {index} is lost", str(index))


def refused_status(words: str) -> News:
    """What to tell where the status itself can't be written."""
    advice = "is the CustomResourceDefinition older than the operator? apply the one it came with"
    return News(EventType.WARNING, "StatusRefused", f"{advice}: {words}")


def _of_phase(after: PoolLoadTestStatus) -> News:
    if after.phase is Phase.FINISHED:
        kind = EventType.NORMAL if after.verdict in _GOOD else EventType.WARNING
        words = f"run {after.run} {after.verdict}: {after.message}"
        return News(kind, str(after.verdict), words)
    return News(EventType.NORMAL, str(after.phase), f"run {after.run}: {after.message}")


def _troubles(before: PoolLoadTestStatus, after: PoolLoadTestStatus) -> Iterator[News]:
    known = before.runners.trouble if before.run == after.run else ()
    for words in after.runners.trouble:
        if words not in known:
            yield News(EventType.WARNING, "RunnerTrouble", words, words)


def _of_target(before: PoolLoadTestStatus, after: PoolLoadTestStatus) -> Iterator[News]:
    words = after.target.disturbed
    if words and words != before.target.disturbed:
        yield News(EventType.WARNING, "TargetDisturbed", f"the target: {words}", words)
