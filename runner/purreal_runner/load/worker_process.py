"""A worker process: reads its plan, runs its pools, writes its parts; ends when its parent does.

Started as `python -m purreal_runner.load.worker_process`; see `protocol` for what is said.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import sys
from io import RawIOBase
from typing import BinaryIO

from purreal import PurrealError
from purreal_runner.load.build_workload import build_workload
from purreal_runner.load.control import Control
from purreal_runner.load.loops import run_in_loop
from purreal_runner.load.plan import ProcessPlan
from purreal_runner.load.process_run import ProcessRun
from purreal_runner.load.protocol import (
    LONGEST_LINE_BYTES,
    Broke,
    Ended,
    Go,
    Message,
    Moved,
    Ready,
    Snapshot,
    Started,
    to_worker,
)
from purreal_runner.load.target import precise_words
from purreal_runner.workload.tables import OwnTables

_PIPE_BYTES = 1024 * 1024


def main() -> None:
    """The whole life of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and tells us
    answers = _take_standard_output()
    # Without a buffer: what follows the first line has to stay in the pipe for `_listen`.
    orders = os.fdopen(0, "rb", buffering=0, closefd=False)
    plan = ProcessPlan.model_validate_json(orders.readline())
    logging.basicConfig(level=plan.log_level)
    try:
        ended = run_in_loop(_work(plan, orders, answers), plan.loop)
    except Exception as error:
        logging.getLogger(__name__).debug("the worker process broke", exc_info=True)
        _say(answers, Broke(message=_in_words(error)))
        sys.exit(1)
    _say(answers, ended)


async def _work(plan: ProcessPlan, orders: RawIOBase, answers: BinaryIO) -> Ended:
    control = Control()
    run = ProcessRun(
        plan.connection,
        plan.limits,
        plan.load,
        plan.shares,
        build_workload(plan.workload, OwnTables(plan.table_prefix)),
        control,
        process=plan.process,
        on_ready=lambda: _say(answers, Ready()),
        on_started=lambda at_ns: _say(answers, Started(at_ns=at_ns)),
        on_progress=lambda progress: _say(answers, Moved(progress=progress)),
        on_snapshot=lambda parts, spans: _say(
            answers, Snapshot(parts=tuple(parts), spans=tuple(spans))
        ),
        snapshot_seconds=plan.snapshot_seconds,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, control.stop)
    listening = asyncio.create_task(_listen(orders, control), name="listening to the parent")
    try:
        parts = await run.run()
        return Ended(
            parts=tuple(parts),
            spans=tuple(run.take_spans()),
            slowest=tuple(run.slowest_spans()),
        )
    finally:
        listening.cancel()
        await asyncio.wait({listening})


async def _listen(orders: RawIOBase, control: Control) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), orders)
    while line := await reader.readline():
        if isinstance(to_worker.validate_json(line), Go):
            control.start()
        else:
            control.stop()
    # The parent is gone, however it ended: nobody would read what we measure.
    os._exit(1)


def _say(answers: BinaryIO, message: Message) -> None:
    with contextlib.suppress(BrokenPipeError):
        answers.write(message.line())
        answers.flush()


def _take_standard_output() -> BinaryIO:
    """Keeps standard output for the protocol: what a workload prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _widen(answers)
    return answers


def _widen(pipe: BinaryIO) -> None:
    """Makes room for a snapshot: a write that waits for its reader would hold up the load."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):  # Linux; elsewhere, and beyond the user's limit, as it is
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _in_words(error: Exception) -> str:
    if isinstance(error, PurrealError):
        return precise_words(error)
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
