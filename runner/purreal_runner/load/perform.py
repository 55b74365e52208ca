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
        operation = self.recorder.begin()
        current_operation.set(operation)
        try:
            async with self.pool.acquire() as conn:
                operation.acquired()
                think_seconds = await self._work(conn, task)
                if self._close_every is not None:
                    await self._break_if_due(conn, task, self._close_every)
                if gate is not None:
                    held_at, gate = gate, None
                    operation.succeeded()  # it takes its first end only: holding is not measured
                    await held_at.hold()
        except asyncio.CancelledError as error:
            _leave(gate)
            self._cancel(operation, error)
        except Exception as error:
            _leave(gate)
            operation.end(error)
            return None if isinstance(error, PurrealError) else 0.0
        else:
            operation.succeeded()
            return think_seconds
        return 0.0

    async def _break_if_due(self, conn: Lease, task: Task, close_every: int) -> None:
        # After the work: the operation itself is good, the pool has to cope with what comes back.
        if (task.number + 1) % close_every == 0:
            await conn.close()

    def _cancel(self, operation: Operation, error: asyncio.CancelledError) -> None:
        """Counts a cancellation and passes it on, unless the work made it up by itself.

        An operation that was given up because it took too long has timed out: a database that
        hangs must not look as if everything it was asked had succeeded.
        """
        task = asyncio.current_task()
        if task is not None and task.cancelling() > 0:
            operation.end(self.overdue or error)
            raise error
        operation.fail(error)


def _leave(gate: Gate | None) -> None:
    """Gives up the place of an operation that has not come to the gate."""
    if gate is not None:
        gate.give_up()
