"""One operation: a lease, the work on it, and its exact account; must not know who comes next."""

import asyncio

from purreal import Lease, PurrealError, SurrealDBConnectionPool
from purreal_runner.load.gate import Gate
from purreal_runner.measure import Operation, Recorder, current_operation
from purreal_runner.workload.task import Task, Work


class Performer:
    """Performs operations on one pool.

    Args:
        pool: where leases come from.
        recorder: gets the account of every operation.
        work: what to do with a lease.
        close_every: close the connection in the lease of every n-th operation; None: never.

    Attributes:
        overdue: what operations that are cancelled from now on have run into; None: they are
            cancelled because somebody wanted the load to stop.
    """

    def __init__(
        self,
        pool: SurrealDBConnectionPool,
        recorder: Recorder,
        work: Work,
        close_every: int | None = None,
    ) -> None:
        self.pool = pool
        self.recorder = recorder
        self.overdue: TimeoutError | None = None
        self._work = work
        self._close_every = close_every

    async def perform(self, task: Task, gate: Gate | None = None) -> float | None:
        """Does one operation; never raises what the operation raised.

        Args:
            task: which one.
            gate: where to hold the lease, after the work and outside the measured time, until
                other workers hold theirs.

        Returns:
            Seconds to think before the next one; None when the pool or a connection failed.
        """
        attempt = _Attempt(self.recorder.begin(), gate)
        current_operation.set(attempt.operation)
        try:
            async with self.pool.acquire() as conn:
                attempt.operation.acquired()
                think_seconds = await self._work(conn, task)
                await self._break_if_due(conn, task)
                await attempt.hold()
        except asyncio.CancelledError as error:
            attempt.cancel(error, self.overdue)
        except Exception as error:
            attempt.fail(error)
            return None if isinstance(error, PurrealError) else 0.0
        else:
            attempt.operation.succeeded()
            return think_seconds
        return 0.0

    async def _break_if_due(self, conn: Lease, task: Task) -> None:
        # After the work: the operation itself is good, the pool has to cope with what comes back.
        if self._close_every is not None and (task.number + 1) % self._close_every == 0:
            await conn.close()


class _Attempt:
    """An operation's account and its place at the gate, which it gives up if it fails.

    The account takes only its first end, so holding the lease afterwards is not measured.
    """

    __slots__ = ("_gate", "operation")

    def __init__(self, operation: Operation, gate: Gate | None) -> None:
        self.operation = operation
        self._gate = gate

    async def hold(self) -> None:
        if self._gate is None:
            return
        gate, self._gate = self._gate, None
        self.operation.succeeded()
        await gate.hold()

    def fail(self, error: Exception) -> None:
        self._leave_gate()
        self.operation.end(error)

    def cancel(self, error: asyncio.CancelledError, overdue: TimeoutError | None) -> None:
        """Counts a cancellation and passes it on, unless the work made it up by itself.

        An operation that was given up because it took too long has timed out: a database that
        hangs must not look as if everything it was asked had succeeded.
        """
        self._leave_gate()
        task = asyncio.current_task()
        if task is not None and task.cancelling() > 0:
            self.operation.end(overdue or error)
            raise error
        self.operation.fail(error)

    def _leave_gate(self) -> None:
        if self._gate is not None:
            gate, self._gate = self._gate, None
            gate.give_up()
