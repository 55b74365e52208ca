"""A workload that measures each request itself and writes it to its pod's log; merges nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

from purreal_operator.objects.names import Component
from tests.cluster.disturbed_run import Run

WORKLOAD = """
import sys
import time


async def simulate_work(conn, task_id):
    began_at, begun = time.time_ns(), time.monotonic_ns()
    await conn.query("RETURN 1")
    took = time.monotonic_ns() - begun
    sys.stderr.write(f"SAMPLE {began_at} {took}\\n")
"""
_MOST_PODS = 10
_FOLLOW_SECONDS = 120.0


class Sample(NamedTuple):
    """One request: by whom, when it began since 1970, how long it took; in nanoseconds."""

    pod: str
    began_at: int
    took: int


@contextmanager
def following(run: Run) -> Iterator[list[Sample]]:
    """Read the logs of runners while the block lasts, which go with their pods.

    Args:
        run: whose runners are ready.

    Yields:
        What fills with all samples once the block and the pods have ended.
    """
    samples: list[Sample] = []
    with ThreadPoolExecutor(1) as reader:
        log = reader.submit(
            run.namespace.run,
            "logs",
            f"--selector={run.names.selector(Component.RUNNER)}",
            "--follow",
            "--prefix",
            "--tail=-1",
            f"--max-log-requests={_MOST_PODS}",
            seconds=_FOLLOW_SECONDS,
        )
        yield samples
        samples.extend(_samples(log.result()))


def _samples(log: str) -> Iterator[Sample]:
    for line in log.splitlines():
        prefix, _, words = line.partition(" SAMPLE ")
        if words:
            began_at, took = words.split()
            yield Sample(prefix, int(began_at), int(took))
