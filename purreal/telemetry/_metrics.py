"""Owns which pools report their metrics where; must not know what the metrics are."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from opentelemetry import metrics

from purreal import ConfigurationError, SurrealDBConnectionPool, __version__
from purreal.telemetry._catalog import METRICS, Metric
from purreal.telemetry._names import POOL_NAME, SYSTEM

Pool = SurrealDBConnectionPool


class Reporter:
    """The instruments of one meter provider, and the pools whose numbers they show.

    The SDK drops, without a word, the callbacks given with an instrument that exists already. So
    all pools share one set of instruments, whose callbacks go through the pools of the moment.
    """

    def __init__(self, meter: metrics.Meter) -> None:
        self._lock = threading.Lock()
        # Replaced, never changed: exporters collect in threads of their own.
        self._pools: tuple[weakref.ref[Pool], ...] = ()
        for metric in METRICS:
            create = (
                meter.create_observable_counter
                if metric.only_grows
                else meter.create_observable_up_down_counter
            )
            create(metric.name, [self._callback(metric)], metric.unit, metric.description)

    def add(self, pool: Pool) -> None:
        """Report this pool as well.

        Raises:
            ConfigurationError: its metrics could not be told from those of another.
        """
        name = pool.stats().name
        with self._lock:
            others = self._living()
            namesakes = [other for other in others if other.stats().name == name]
            # A closed pool whose handle was forgotten is not in the way of its successor.
            if any(other is pool or not other.closed for other in namesakes):
                raise ConfigurationError(
                    f"a pool named {name!r} is instrumented already, and metrics are told apart by "
                    "the pool's name: give each pool its own name=, or close the other handle"
                )
            kept = [other for other in others if other not in namesakes]
            self._pools = tuple(map(weakref.ref, [*kept, pool]))

    def remove(self, pool: Pool) -> None:
        """Report this pool no more."""
        with self._lock:
            self._pools = tuple(weakref.ref(each) for each in self._living() if each is not pool)

    def _living(self) -> list[Pool]:
        return [pool for reference in self._pools if (pool := reference()) is not None]

    def _callback(
        self, metric: Metric
    ) -> Callable[[metrics.CallbackOptions], Iterable[metrics.Observation]]:
        def observe(options: metrics.CallbackOptions) -> list[metrics.Observation]:
            return [
                metrics.Observation(read(stats), {**SYSTEM, POOL_NAME: stats.name, **attributes})
                for stats in [pool.stats() for pool in self._living()]
                for attributes, read in metric.points
            ]

        return observe


_reporters: weakref.WeakKeyDictionary[metrics.MeterProvider, Reporter] = weakref.WeakKeyDictionary()
_global_reporter: Reporter | None = None
_reporters_lock = threading.Lock()


def reporter_of(provider: metrics.MeterProvider | None) -> Reporter:
    """The one reporter of a meter provider, of the global one when None."""
    global _global_reporter
    with _reporters_lock:
        current = metrics.get_meter_provider()
        chosen = current if provider is None else provider
        reporter = _reporters.get(chosen)
        if reporter is None and chosen is current:
            # Made before the application set its provider, whereupon OpenTelemetry moved it there.
            reporter = _global_reporter
        if reporter is None:
            reporter = _reporters[chosen] = Reporter(chosen.get_meter("purreal", __version__))
        if chosen is current:
            _global_reporter = reporter
        return reporter


class Instrumentation:
    """What `instrument` returns: metrics of the pool are reported until `close()`.

    Usable as a context manager. Neither it nor OpenTelemetry keeps the pool alive: a pool that is
    gone is not reported any more.
    """

    def __init__(self, pool: SurrealDBConnectionPool, reporter: Reporter) -> None:
        reporter.add(pool)
        self._reporter = reporter
        self._pool: weakref.ref[Pool] | None = weakref.ref(pool)

    def close(self) -> None:
        """Stop reporting. Idempotent, and allowed from any thread."""
        reference, self._pool = self._pool, None
        pool = None if reference is None else reference()
        if pool is not None:
            self._reporter.remove(pool)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def instrument(
    pool: SurrealDBConnectionPool, meter_provider: metrics.MeterProvider | None = None
) -> Instrumentation:
    """Report the pool's numbers as OpenTelemetry metrics, under the pool's name.

    They are read from `pool.stats()` when the exporter collects; nothing is done for them in
    between. The names and units are listed in the documentation.

    Args:
        pool: open or not yet; its `name` must be its own among the instrumented pools.
        meter_provider: OpenTelemetry's global one when None, also if that is set later.

    Raises:
        ConfigurationError: this pool, or another open one of its name, is instrumented already.
    """
    return Instrumentation(pool, reporter_of(meter_provider))
