"""Owns the latest part of each pool of one run; knows no runner's state and no wire."""

from collections.abc import Iterable
from dataclasses import dataclass

from purreal_runner.measure.part import Part


@dataclass(frozen=True, slots=True)
class _Latest:
    pod_uid: str
    final: bool
    part: Part


class LiveParts:
    """The latest part of each pool; parts are cumulative, so an older one is of no use.

    Attributes:
        version: changes whenever the parts do.
    """

    def __init__(self) -> None:
        self.version = 0
        self._latest: dict[int, _Latest] = {}

    def take(self, pod_uid: str, parts: Iterable[Part], *, final: bool) -> None:
        """Put these in the place of what the same pools sent before, unless they are older."""
        for part in parts:
            before = self._latest.get(part.index)
            if before is None or _follows(before, pod_uid, part, final):
                self._latest[part.index] = _Latest(pod_uid, final, part)
                self.version += 1

    def parts(self) -> tuple[Part, ...]:
        """The latest part of each pool that has sent one."""
        return tuple(latest.part for latest in self._latest.values())


def _follows(before: _Latest, pod_uid: str, part: Part, final: bool) -> bool:
    if final or pod_uid != before.pod_uid:
        return True
    return not before.final and _moment(part) >= _moment(before.part)


def _moment(part: Part) -> tuple[float, int, float]:
    """Counts begin anew when the warm-up ends, and then `started` grows."""
    return part.started, part.counts.issued, part.ended
