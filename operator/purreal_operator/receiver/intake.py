"""Takes telemetry and questions into rooms: checks, reads, stores, forwards; knows no protocol.

A request is taken whole or not at all: whatever is wrong is found before anything changes.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Final, Literal, TypeVar

from pydantic import ValidationError

from purreal_operator.receiver import messages
from purreal_operator.receiver.database import read
from purreal_operator.receiver.forward import Forwarder, Signal
from purreal_operator.receiver.limits import Limits, TokenBucket
from purreal_operator.receiver.plan import NeverStored, RoomPlan, Store, Stored
from purreal_operator.receiver.refusals import Reason, RefusalLog, Refused
from purreal_operator.receiver.rooms import PodParts, Rooms
from purreal_operator.receiver.stats import Stats
from purreal_operator.receiver.traces import Span
from purreal_runner.otlp.identity import trace_of
from purreal_runner.pod.coordination import OperatorSays, RunnerSays

_BEARER: Final = "bearer "
_LONGEST_HEADER: Final = 1024
_T = TypeVar("_T")
Protocol = Literal["http", "grpc"]


def token_hash_of(authorization: str | None) -> str:
    """Hex sha256 of the token in an `Authorization` header.

    Raises:
        Refused: no such header, or not `Bearer TOKEN`.
    """
    given = authorization or ""
    if len(given) > _LONGEST_HEADER or not given.lower().startswith(_BEARER):
        raise Refused(Reason.WRONG_TOKEN, "there is no 'Authorization: Bearer TOKEN'")
    return sha256(given[len(_BEARER) :].strip().encode()).hexdigest()


class Intake:
    """What both servers of the receiver have in common.

    Args:
        rooms: where everything goes.
        store: keeps final exports for good.
        forwarder: gets all that was accepted.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        rooms: Rooms,
        store: Store,
        forwarder: Forwarder,
        limits: Limits,
        stats: Stats,
        clock: Callable[[], float],
    ) -> None:
        self.limits = limits
        self.stats = stats
        self._rooms = rooms
        self._store_final = store
        self._forwarder = forwarder
        self._log = RefusalLog(clock)
        self._strangers = TokenBucket(limits.strangers_per_second, clock)
        self._storing = asyncio.Semaphore(limits.stores_at_once)
        # One thread: the loop goes on answering questions while a large body is read.
        self._reader = ThreadPoolExecutor(1, "purreal-receiver-reader")

    def close(self) -> None:
        """End the thread that reads."""
        self._reader.shutdown(cancel_futures=True)

    def refused(self, refused: Refused, protocol: Protocol) -> None:
        """Count and log a refusal; whoever answers calls it once."""
        self.stats.count(f"refused_{protocol}", refused.reason)
        self._rooms.count_refusal(refused)
        self._log.note(refused)

    def admit_question(self, run_id: str, authorization: str | None) -> None:
        """Let a runner ask. Raises `Refused`, as `Rooms.admit`, or because it shows no token."""
        try:
            token_hash = token_hash_of(authorization)
        except Refused as refused:
            refused.run_id = run_id if self._rooms.knows(run_id) else None
            raise
        self._rooms.admit(run_id, token_hash)

    def answer(self, run_id: str, index: int, body: bytes) -> OperatorSays:
        """The answer to a runner that was admitted.

        Raises:
            Refused: it makes no sense, or there is no such runner.
        """
        try:
            says = RunnerSays.model_validate_json(body)
        except ValidationError as error:
            message = "what the runner says can't be read; do both images have the same version?"
            raise Refused(Reason.MALFORMED, message, run_id) from error
        said = self._rooms.hear(run_id, index, says)
        self.stats.count("questions")
        return said

    def admit_runner(self, token_hash: str) -> RoomPlan | None:
        """The run whose runners have this token; None for a stranger.

        Raises:
            Refused: too many requests, of the run or of strangers.
        """
        plan = self._rooms.admit_runner(token_hash)
        if plan is None and not self._strangers.take():
            raise Refused(Reason.TOO_MANY, "too many requests with unknown tokens")
        return plan

    async def refuse_stranger(self, signal: Signal, token_hash: str, body: bytes, gz: bool) -> None:
        """Find out for which run a request with an unknown token is to be counted.

        Raises:
            Refused: always.
        """

        def named() -> str | None:
            plain = messages.unpack(body, gzipped=gz, limit=self.limits.stranger_body_bytes)
            if signal == "metrics":
                return messages.named_run(messages.metrics_in(plain))
            return messages.named_run(messages.spans_request_in(plain))

        self._rooms.refuse_stranger(await self._in_thread(named), token_hash)

    async def take_metrics(self, plan: RoomPlan, body: bytes, *, gzipped: bool) -> None:
        """Take what a runner measured; returns once a final export is stored.

        Raises:
            Refused: nothing was taken.
        """

        def readable() -> tuple[bytes, PodParts]:
            plain = messages.unpack(body, gzipped=gzipped, limit=self.limits.body_bytes)
            return plain, messages.parts_in(messages.metrics_in(plain), plan.run_id)

        plain, sent = await self._in_thread(readable, plan)
        self._rooms.check(plan.run_id, sent)
        if sent.final:
            await self._keep(plan, sent, plain)
        self._rooms.take_parts(plan.run_id, sent)
        self._accepted(plan, "metrics", plain)

    async def _keep(self, plan: RoomPlan, sent: PodParts, body: bytes) -> None:
        """Store a final export, or refuse it."""
        index = sent.runner_index
        try:
            async with asyncio.timeout(self.limits.store_seconds), self._storing:
                stored = await self._store_final(plan, index, sent.pod_uid, body)
        except NeverStored as error:
            self.stats.count("finals", "never")
            raise Refused(Reason.UNSTORABLE, str(error), plan.run_id) from error
        except Exception as error:
            self.stats.count("finals", "failed")
            why = type(error).__name__
            message = f"the results of runner {index} could not be stored ({why}); try again"
            raise Refused(Reason.NOT_STORED, message, plan.run_id) from error
        self.stats.count("finals", stored.value)
        if stored is Stored.OTHER:
            message = f"another pod has stored the results of runner {index}"
            raise Refused(Reason.DUPLICATE, message, plan.run_id)

    async def take_spans(self, plan: RoomPlan, body: bytes, *, gzipped: bool) -> None:
        """Take spans of a runner. Raises `Refused`: nothing was taken."""
        trace_id = trace_of(plan.run_id).trace_id.to_bytes(16)

        def readable() -> tuple[bytes, tuple[tuple[int, str], ...], tuple[Span, ...]]:
            plain = messages.unpack(body, gzipped=gzipped, limit=self.limits.body_bytes)
            request = messages.spans_request_in(plain)
            pods = messages.pods_in(request, plan.run_id)
            return plain, pods, messages.spans_in(request, trace_id, from_runner=True)

        plain, pods, spans = await self._in_thread(readable, plan)
        self._rooms.check_pods(plan.run_id, pods)
        self._rooms.take_spans(plan.run_id, spans)
        self._accepted(plan, "traces", plain)

    def admit_database(self, token_hash: str) -> RoomPlan:
        """The run whose database has this token. Raises `Refused`."""
        return self._rooms.admit_database(token_hash)

    async def take_database_metrics(self, plan: RoomPlan, body: bytes) -> None:
        """Take what the database tells about itself. Raises `Refused`: nothing was taken."""
        reading = await self._in_thread(lambda: read(messages.metrics_in(body)), plan)
        self._rooms.take_reading(plan.run_id, reading)
        self._accepted(plan, "metrics", body, "database ")

    async def take_database_spans(self, plan: RoomPlan, body: bytes) -> None:
        """Take the database's spans of the run's trace. Raises `Refused`: nothing was taken."""
        trace_id = trace_of(plan.run_id).trace_id.to_bytes(16)
        spans = await self._in_thread(
            lambda: messages.spans_in(messages.spans_request_in(body), trace_id, from_runner=False),
            plan,
        )
        self._rooms.take_spans(plan.run_id, spans)
        self._accepted(plan, "traces", body, "database ")

    def _accepted(self, plan: RoomPlan, signal: Signal, body: bytes, whose: str = "") -> None:
        self.stats.count("accepted", f"{whose}{signal}")
        self._forwarder.offer(plan.run_id, plan.forward_to, signal, body)

    async def _in_thread(self, work: Callable[[], _T], plan: RoomPlan | None = None) -> _T:
        """Do it in the reading thread; a refusal that names no open room is the token's run's."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reader, work)
        except Refused as refused:
            if refused.run_id is None or not self._rooms.knows(refused.run_id):
                refused.run_id = None if plan is None else plan.run_id
            raise
