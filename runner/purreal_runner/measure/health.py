"""Owns watching the process that generates the load; judges nothing."""

import asyncio
import logging
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from purreal_runner.measure.data import Data
from purreal_runner.measure.histogram import Distribution, Histogram

_LAG_INTERVAL_SECONDS = 0.02
_MOST_LOGGERS = 200
_LONGEST_LOGGER = 200  # characters
OTHER_LOGGERS = "other loggers"
"""Whose records are counted together once there are too many loggers; a part stays small."""

_CGROUP_CPU_STAT = (Path("/sys/fs/cgroup/cpu.stat"), Path("/sys/fs/cgroup/cpu/cpu.stat"))


class ProcessHealth(Data):
    """How the load-generating process fared in the measured interval.

    `loop_lag`: how late its event loop woke a sleeper. `cpu_seconds`: processor time used within
    `wall_seconds`. `throttled_seconds`: time the container's processor quota held it back, None
    where the system does not tell. `rss_*`: resident memory in bytes.
    """

    loop_lag: Distribution = Distribution()
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    throttled_seconds: float | None = None
    rss_before_bytes: int = 0
    rss_peak_bytes: int = 0
    rss_after_bytes: int = 0

    @property
    def cpu_share(self) -> float:
        """Processor time per second: 1.0 is one core kept busy all the time."""
        return self.cpu_seconds / self.wall_seconds if self.wall_seconds else 0.0


def rss_bytes() -> int:
    """The resident memory of this process; where the system tells only the peak, the peak."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        unit = 1 if sys.platform == "darwin" else 1024  # getrusage: bytes there, KiB elsewhere
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def throttled_seconds(files: tuple[Path, ...] = _CGROUP_CPU_STAT) -> float | None:
    """How long this container's processor quota held it back so far; None where unknown."""
    for file in files:
        try:
            fields = dict(line.split() for line in file.read_text().splitlines())
        except (OSError, ValueError):
            continue
        if "throttled_usec" in fields:
            return int(fields["throttled_usec"]) / 1e6
        if "throttled_time" in fields:
            return int(fields["throttled_time"]) / 1e9
    return None


class WarningCounter(logging.Handler):
    """Counts log records of level WARNING and above by the name of their logger."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        # Lone surrogates have no place in any message.
        name = record.name[:_LONGEST_LOGGER].encode(errors="replace").decode()
        known = name in self._counts or len(self._counts) < _MOST_LOGGERS
        self._counts[name if known else OTHER_LOGGERS] += 1

    def restart(self) -> None:
        """Forget what was counted so far."""
        self._counts.clear()

    def counts(self) -> dict[str, int]:
        """Logger name to number of records."""
        return dict(self._counts)


class ProcessWatch:
    """Watches this process while it generates load: `async with ProcessWatch() as watch`.

    Owns one task (it measures the event loop's lag) and one handler on the root logger.

    Args:
        interval: seconds between two looks at the event loop.
        clock: monotonic seconds; tests bring their own.
    """

    def __init__(
        self,
        interval: float = _LAG_INTERVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._warnings = WarningCounter()
        self._task: asyncio.Task[None] | None = None
        self.start()

    def start(self) -> None:
        """Begin the measured interval: what was seen before is dropped."""
        self._lag = Histogram()
        self._recent_lag = 0.0
        self._ended: ProcessHealth | None = None
        self._warnings.restart()
        self._wall_start = time.monotonic()
        self._cpu_start = time.process_time()
        self._throttled_start = throttled_seconds()
        self._rss_before = self._rss_peak = rss_bytes()

    async def __aenter__(self) -> Self:
        logging.getLogger().addHandler(self._warnings)
        self._task = asyncio.create_task(self._watch_lag(), name="purreal-loop-lag")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        logging.getLogger().removeHandler(self._warnings)
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch_lag(self) -> None:
        # Not the loop's own clock: uvloop's stands still between its passes, in steps of 1 ms.
        while True:
            due = self._clock() + self._interval
            await asyncio.sleep(self._interval)
            late = max(0.0, self._clock() - due)
            self._lag.record(int(late * 1e9))
            self._recent_lag = max(self._recent_lag, late)

    def take_lag_seconds(self) -> float:
        """The greatest lag since the last call."""
        lag, self._recent_lag = self._recent_lag, 0.0
        return lag

    def take_rss_bytes(self) -> int:
        """Resident memory now; remembers the peak."""
        now = rss_bytes()
        self._rss_peak = max(self._rss_peak, now)
        return now

    def stop(self) -> None:
        """End the measured interval: later processor time and lag do not count."""
        self._ended = self._reading(rss_after=0)

    def logs(self) -> dict[str, int]:
        """WARNING and above since the start, by logger."""
        return self._warnings.counts()

    def health(self) -> ProcessHealth:
        """The interval's figures; memory 'after' is read now, so call it when the load is over."""
        after = self.take_rss_bytes()
        measured = self._ended or self._reading(rss_after=after)
        return measured.model_copy(
            update={"rss_after_bytes": after, "rss_peak_bytes": self._rss_peak}
        )

    def _reading(self, rss_after: int) -> ProcessHealth:
        throttled = throttled_seconds()
        if throttled is not None and self._throttled_start is not None:
            throttled -= self._throttled_start
        return ProcessHealth(
            loop_lag=self._lag.distribution(),
            wall_seconds=time.monotonic() - self._wall_start,
            cpu_seconds=time.process_time() - self._cpu_start,
            throttled_seconds=throttled,
            rss_before_bytes=self._rss_before,
            rss_peak_bytes=self._rss_peak,
            rss_after_bytes=rss_after,
        )
