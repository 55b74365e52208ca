"""Owns what is known of one active run; knows no wire, and whoever uses it holds the lock."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from purreal_operator.foreign_text import printable
from purreal_operator.receiver.answers import RoomFacts, answer
from purreal_operator.receiver.database import DatabaseWatch
from purreal_operator.receiver.derived import Derived
from purreal_operator.receiver.limits import TokenBucket, requests_per_second
from purreal_operator.receiver.live_parts import LiveParts
from purreal_operator.receiver.plan import Instruction, RoomPlan
from purreal_operator.receiver.refusals import Reason, Refused
from purreal_operator.receiver.traces import SpanStore, Trace
from purreal_operator.receiver.views import RunnerView
from purreal_runner.measure.merge import Merged
from purreal_runner.otlp.identity import trace_of
from purreal_runner.pod.coordination import OperatorSays, Order, RunnerSays, RunnerState

_LONGEST_SECONDS: Final = 1e8
_MOST_NOTES: Final = 64
_LONGEST_NOTE: Final = 500
_MOST_MISMATCHES: Final = 16
_MOST_REPLACED: Final = 32
_BEGAN: Final = frozenset({RunnerState.RUNNING, RunnerState.FINISHED})


@dataclass(frozen=True, slots=True)
class _Closest:
    """The best estimate of a start so far: at which moment, and by what round trip."""

    pod_uid: str
    round_trip: float
    at: float


class Room:
    """One active run.

    Attributes:
        plan: what the operator told about the run.
        instruction: what the operator wants of the runners.
        parts: the latest part of each pool.
        database: what the database tells about itself.
        spans: the run's trace.
        live: all parts together.
        slowest: the slowest operations of the trace.
        refusals: how many requests were refused, by reason.
    """

    def __init__(self, plan: RoomPlan, clock: Callable[[], float]) -> None:
        self.plan = plan
        self.instruction = Instruction()
        self.opened_at = clock()
        self.parts = LiveParts()
        self.database = DatabaseWatch()
        self.trace = trace_of(plan.run_id)
        self.root_span = self.trace.span_id.to_bytes(8)
        self.spans = SpanStore(self.root_span)
        self.live: Derived[Merged | None] = Derived()
        self.slowest: Derived[tuple[Trace, ...]] = Derived()
        self.refusals: Counter[Reason] = Counter()
        self.mismatches: list[str] = []
        self.runner_requests = TokenBucket(requests_per_second(plan.runners), clock)
        self.database_requests = TokenBucket(requests_per_second(1), clock)
        self.runners: dict[int, RunnerView] = {}
        self.latecomers: set[int] = set()
        self.stored: dict[int, str | None] = {}
        self.cleaned_up = False
        self.notes: dict[str, None] = {}
        self._starters: dict[int, str] = {}
        self._replaced: dict[int, list[str]] = {}
        self._closest: dict[int, _Closest] = {}

    def instruct(self, instruction: Instruction) -> None:
        """Change what the runners shall do; taking a start back also forgets who was told."""
        self.instruction = instruction
        if instruction.start_at is None and not instruction.started:
            self._starters.clear()

    def hear(self, index: int, says: RunnerSays, now: float) -> OperatorSays:
        """Take what a runner says and answer it.

        Raises:
            Refused: the index is none of this run, or a time can't be.
        """
        self.refuse_unknown(index)
        for seconds in (says.ready_for_seconds, says.running_for_seconds, says.round_trip_seconds):
            if seconds is not None and not 0.0 <= seconds <= _LONGEST_SECONDS:
                message = f"a time is not between 0 and {_LONGEST_SECONDS:g} s"
                raise Refused(Reason.MALFORMED, message, self.plan.run_id)
        superseded = self._is_superseded(index, says.pod_uid, now)
        if says.state in _BEGAN and not superseded:
            self._starters.setdefault(index, says.pod_uid)
        self.cleaned_up |= says.cleaned_up
        said = answer(self._facts(index, superseded, now), says)
        if said.order is Order.START:
            self._starters[index] = says.pod_uid
        if said.order is Order.TOO_LATE and not superseded:
            self.latecomers.add(index)
        if self._counts(index, says.pod_uid):
            self._remember(index, says, now)
        return said

    def refuse_unknown(self, index: int) -> None:
        """Raises `Refused` when there is no such runner."""
        if not 0 <= index < self.plan.runners:
            message = f"there is no runner {index}: this run has {self.plan.runners}"
            raise Refused(Reason.UNKNOWN_INDEX, message, self.plan.run_id)

    def refuse_other_pod(self, index: int, pod_uid: str) -> None:
        """Raises `Refused` when another pod counts for this index."""
        if not self._counts(index, pod_uid):
            message = f"another pod counts for runner {index}; what this one sends would be double"
            raise Refused(Reason.DUPLICATE, message, self.plan.run_id)

    def note_mismatch(self, message: str) -> None:
        """Remember what didn't fit together, once."""
        if message not in self.mismatches and len(self.mismatches) < _MOST_MISMATCHES:
            self.mismatches.append(message)

    @property
    def starts(self) -> tuple[float, ...]:
        """When the runners' loads began, in monotonic seconds."""
        views = self.runners.values()
        return tuple(view.started_at for view in views if view.started_at is not None)

    @property
    def origin(self) -> float:
        """What a history counts from: the start, or the opening of the room before there is one."""
        if self.instruction.start_at is not None:
            return self.instruction.start_at
        return min(self.starts, default=self.opened_at)

    def _facts(self, index: int, superseded: bool, now: float) -> RoomFacts:
        return RoomFacts(
            now=now,
            runners=self.plan.runners,
            index=index,
            instruction=self.instruction,
            starter=self._starters.get(index),
            superseded=superseded,
            stored_by=self.stored.get(index),
            cleaned_up=self.cleaned_up,
        )

    def _is_superseded(self, index: int, pod_uid: str, now: float) -> bool:
        """Let a new pod take its index over, as long as nobody began for it; tell the older ones.

        A pod is only replaced when it is lost, so the one that comes last is the one that counts.
        """
        replaced = self._replaced.setdefault(index, [])
        if pod_uid in replaced:
            return True
        known = self.runners.get(index)
        began = self.instruction.begun(now) and index in self._starters
        if known is not None and known.pod_uid != pod_uid and not began:
            replaced.append(known.pod_uid)
            del replaced[:-_MOST_REPLACED]
            self._starters.pop(index, None)
        return False

    def _counts(self, index: int, pod_uid: str) -> bool:
        if pod_uid in self._replaced.get(index, ()):
            return False
        starter = self._starters.get(index)
        return starter is None or starter == pod_uid

    def _remember(self, index: int, says: RunnerSays, now: float) -> None:
        self.runners[index] = RunnerView(
            index=index,
            pod_uid=says.pod_uid,
            pod_name=says.pod_name,
            state=says.state,
            server_version=says.server_version,
            failure=says.failure,
            started_at=self._started_at(index, says, now),
        )
        self._take_notes(says.notes)

    def _started_at(self, index: int, says: RunnerSays, now: float) -> float | None:
        """When the load began, by the question with the shortest round trip: the least doubtful."""
        closest = self._closest.get(index)
        if closest is not None and closest.pod_uid != says.pod_uid:
            closest = None
        running_for, round_trip = says.running_for_seconds, says.round_trip_seconds
        if running_for is not None and round_trip is not None:
            started_at = now - running_for - round_trip / 2
            if closest is None or (round_trip, started_at) < (closest.round_trip, closest.at):
                closest = _Closest(says.pod_uid, round_trip, started_at)
                self._closest[index] = closest
        return None if closest is None else closest.at

    def _take_notes(self, notes: Iterable[str]) -> None:
        for note in notes:
            if len(self.notes) < _MOST_NOTES:
                self.notes[printable(note, _LONGEST_NOTE)] = None
