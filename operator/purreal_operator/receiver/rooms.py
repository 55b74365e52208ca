"""One room for each active run, shared by two threads; must not know any wire or Kubernetes.

The reconcile loop opens rooms, instructs their runners and looks at them; the receiver's loop fills
them. Every method is quick and holds one lock; what it gives away is frozen.
"""

import hmac
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from purreal_operator.receiver.database import Reading
from purreal_operator.receiver.plan import Instruction, RoomPlan
from purreal_operator.receiver.refusals import Reason, Refused
from purreal_operator.receiver.room import Room
from purreal_operator.receiver.traces import Span, traces
from purreal_operator.receiver.views import RoomView
from purreal_runner.measure.merge import merge
from purreal_runner.measure.part import Part
from purreal_runner.pod.coordination import OperatorSays, RunnerSays


@dataclass(frozen=True, slots=True)
class PodParts:
    """The parts of one request: all of one pod."""

    runner_index: int
    pod_uid: str
    final: bool
    parts: tuple[Part, ...]


class Rooms:
    """The rooms of all active runs.

    Args:
        clock: monotonic seconds; `Instruction.start_at` and `RunnerView.started_at` are on it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rooms: dict[str, Room] = {}

    def open(self, plan: RoomPlan) -> None:
        """Make a room, or give the one that exists a new plan: what was heard in it stays."""
        with self._lock:
            room = self._rooms.get(plan.run_id)
            if room is None:
                self._rooms[plan.run_id] = Room(plan, self._clock)
            else:
                room.plan = plan

    def close(self, run_id: str) -> None:
        """Forget the room, if there is one."""
        with self._lock:
            self._rooms.pop(run_id, None)

    def plan(self, run_id: str) -> RoomPlan | None:
        """The plan of a room; None without such a room."""
        with self._lock:
            room = self._rooms.get(run_id)
            return None if room is None else room.plan

    def instruct(self, run_id: str, instruction: Instruction) -> None:
        """Say what the runners shall do from now on; without such a room nothing happens."""
        with self._lock:
            room = self._rooms.get(run_id)
            if room is not None:
                room.instruct(instruction)

    def mark_stored(self, run_id: str, index: int, pod_uid: str | None = None) -> None:
        """The final export of this runner is stored already, by this pod if that is known."""
        with self._lock:
            room = self._rooms.get(run_id)
            if room is not None:
                room.stored[index] = pod_uid or room.stored.get(index)

    def view(self, run_id: str) -> RoomView | None:
        """What the room knows; None without such a room."""
        with self._lock:
            room = self._rooms.get(run_id)
            if room is None:
                return None
            parts, parts_version = room.parts.parts(), room.parts.version
            spans, spans_version = room.spans.spans(), room.spans.version
            view = _view(room)
        # Adding up and sorting take long for many pools, so nobody waits for them.
        return replace(
            view,
            live=room.live.get(parts_version, lambda: merge(parts) if parts else None),
            traces=room.slowest.get(
                spans_version, lambda: traces(spans, room.root_span, room.trace.trace_hex)
            ),
        )

    # What follows is for the receiver's loop.

    def admit(self, run_id: str, token_hash: str) -> None:
        """Let a runner of this run talk.

        Raises:
            Refused: no such room yet, a wrong token, one of another run, or too many requests.
        """
        with self._lock:
            room = self._rooms.get(run_id)
            if room is None:
                if self._by_runner_token(token_hash) is not None:
                    raise Refused(Reason.WRONG_RUN, "the token belongs to another run")
                raise Refused(Reason.NOT_READY, "no such run is known yet; ask again")
            if room.plan.runner_token_hash is None:
                raise Refused(Reason.NOT_READY, "the run has no token yet; ask again", run_id)
            if not hmac.compare_digest(room.plan.runner_token_hash, token_hash):
                self._refuse_token(run_id, token_hash)
            if not room.runner_requests.take():
                raise Refused(Reason.TOO_MANY, "too many requests of this run", run_id)

    def admit_runner(self, token_hash: str) -> RoomPlan | None:
        """The run whose runners have this token; None when there is none.

        Raises:
            Refused: too many requests of that run.
        """
        with self._lock:
            room = self._by_runner_token(token_hash)
            if room is not None and not room.runner_requests.take():
                raise Refused(Reason.TOO_MANY, "too many requests of this run", room.plan.run_id)
            return None if room is None else room.plan

    def admit_database(self, token_hash: str) -> RoomPlan:
        """The run whose database has this token.

        Raises:
            Refused: there is none, or it sends too much.
        """
        with self._lock:
            for room in self._rooms.values():
                if _same(room.plan.target_token_hash, token_hash):
                    if room.database_requests.take():
                        return room.plan
                    message = "the database of this run sends too many requests"
                    raise Refused(Reason.TOO_MANY, message, room.plan.run_id)
        raise Refused(Reason.WRONG_TOKEN, "the token of the database belongs to no active run")

    def refuse_stranger(self, run_id: str | None, token_hash: str) -> None:
        """Say why a token that belongs to no room is refused for the run that a request names.

        Raises:
            Refused: always.
        """
        with self._lock:
            if run_id is None or run_id not in self._rooms:
                raise Refused(Reason.NOT_READY, "no such run is known yet; try again")
            self._refuse_token(run_id, token_hash)

    def _refuse_token(self, run_id: str, token_hash: str) -> None:
        if self._by_runner_token(token_hash) is not None:
            raise Refused(Reason.WRONG_RUN, "the token belongs to another run", run_id)
        raise Refused(Reason.WRONG_TOKEN, "the token is not the one of this run", run_id)

    def _by_runner_token(self, token_hash: str) -> Room | None:
        for room in self._rooms.values():
            if _same(room.plan.runner_token_hash, token_hash):
                return room
        return None

    def hear(self, run_id: str, index: int, says: RunnerSays) -> OperatorSays:
        """A runner tells how it is; the answer is what it shall do.

        Raises:
            Refused: no such room, no such index, or a time is not a number.
        """
        with self._lock:
            return self._room(run_id).hear(index, says, self._clock())

    def check(self, run_id: str, sent: PodParts) -> None:
        """See whether these parts may be taken; changes nothing that counts.

        Raises:
            Refused: they are not of this run's pools, or of a pod that doesn't count.
        """
        with self._lock:
            room = self._room(run_id)
            room.refuse_unknown(sent.runner_index)
            _refuse_layout(room, sent)
            room.refuse_other_pod(sent.runner_index, sent.pod_uid)

    def take_parts(self, run_id: str, sent: PodParts) -> None:
        """Take parts that were checked; final ones once they are stored."""
        with self._lock:
            room = self._rooms.get(run_id)
            if room is None:
                return
            room.parts.take(sent.pod_uid, sent.parts, final=sent.final)
            if sent.final:
                room.stored[sent.runner_index] = sent.pod_uid

    def check_pods(self, run_id: str, pods: Sequence[tuple[int, str]]) -> None:
        """See whether (index, uid) of pods that send spans count.

        Raises:
            Refused: one does not.
        """
        with self._lock:
            room = self._room(run_id)
            for index, pod_uid in pods:
                room.refuse_unknown(index)
                room.refuse_other_pod(index, pod_uid)

    def take_spans(self, run_id: str, spans: Sequence[Span]) -> None:
        """Add spans of the run's trace."""
        with self._lock:
            room = self._rooms.get(run_id)
            if room is not None:
                room.spans.add(spans)

    def take_reading(self, run_id: str, reading: Reading) -> None:
        """Add what the database tells about itself."""
        with self._lock:
            room = self._rooms.get(run_id)
            if room is not None:
                room.database.take(reading, self._clock())

    def knows(self, run_id: str) -> bool:
        """Whether there is such a room."""
        with self._lock:
            return run_id in self._rooms

    def count_refusal(self, refused: Refused) -> None:
        """Count it for the run that it names, and remember what didn't fit together."""
        with self._lock:
            room = self._rooms.get(refused.run_id or "")
            if room is not None:
                room.refusals[refused.reason] += 1
                if refused.reason is Reason.LAYOUT_MISMATCH:
                    room.note_mismatch(refused.message)

    def _room(self, run_id: str) -> Room:
        room = self._rooms.get(run_id)
        if room is None:
            raise Refused(Reason.NOT_READY, "the run is not known any more")
        return room


def _same(known: str | None, token_hash: str) -> bool:
    return known is not None and hmac.compare_digest(known, token_hash)


def _refuse_layout(room: Room, sent: PodParts) -> None:
    """Every part must be of one of the pod's own pools; a final must have all of them, else
    operations would be lost without a word."""
    who, pools = f"runner {sent.runner_index}", room.plan.pools_of(sent.runner_index)
    own = f"{who} has the pools and processes {pools.start} to {pools.stop - 1}"
    words = ""
    for part in sent.parts:
        if part.index not in pools or part.process not in pools:
            words = f"{own}, and sends pool {part.index} of process {part.process}"
    if sent.final and len(sent.parts) != len(pools):
        words = f"{own}, and sends the final results of {len(sent.parts)}"
    if words:
        raise Refused(Reason.LAYOUT_MISMATCH, words, room.plan.run_id)


def _view(room: Room) -> RoomView:
    """The room's state now, still without what takes long to find out."""
    starts = room.starts
    return RoomView(
        runners=MappingProxyType(dict(room.runners)),
        latecomers=frozenset(room.latecomers),
        stored=frozenset(room.stored),
        refusals=MappingProxyType(dict(room.refusals)),
        mismatches=tuple(room.mismatches),
        live=None,
        database=room.database.view(room.origin),
        traces=(),
        cleaned_up=room.cleaned_up,
        notes=tuple(room.notes),
        start_skew_seconds=max(starts) - min(starts) if starts else None,
    )
