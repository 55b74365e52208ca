"""Owns the marks that must hold, and whether they do; pure: measures and prints nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.costs import (
    FEW_SLOTS,
    FEW_WAITERS,
    MANY_SLOTS,
    MANY_WAITERS,
    USUAL_SLOTS,
    USUAL_WAITERS,
    lease_name,
)
from benchmarks.results import NotMeasured, Results


class Holds(StrEnum):
    """What became of a mark."""

    AIM = "yes, aim too"
    MUST = "yes"
    NO = "NO"
    UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure with its two limits. `at_least`: more is better."""

    measure: str
    unit: str
    must: float
    aim: float
    at_least: bool
    observe: Callable[[Results], float]
    note: Callable[[Results], str] = lambda _: ""

    def limit(self, value: float) -> str:
        """One of the limits, as text."""
        return f"{'≥' if self.at_least else '≤'} {written(value)} {self.unit}".rstrip()

    def reaches(self, observed: float, limit: float) -> bool:
        """Whether a value is on the right side of a limit."""
        return observed >= limit if self.at_least else observed <= limit


@dataclass(frozen=True, slots=True)
class Judged:
    """A mark and what was seen. `note` says why nothing was, or what more there is to say."""

    mark: Mark
    observed: float | None
    holds: Holds
    note: str = ""


def judge(results: Results) -> tuple[Judged, ...]:
    """Hold the results against every mark."""
    return tuple(_judge(mark, results) for mark in MARKS)


def _judge(mark: Mark, results: Results) -> Judged:
    try:
        observed = mark.observe(results)
    except NotMeasured as why:
        return Judged(mark, None, Holds.UNKNOWN, str(why))
    holds = Holds.NO
    if mark.reaches(observed, mark.must):
        holds = Holds.AIM if mark.reaches(observed, mark.aim) else Holds.MUST
    return Judged(mark, observed, holds, _note(mark, results))


def _note(mark: Mark, results: Results) -> str:
    try:
        return mark.note(results)
    except NotMeasured as why:  # the mark itself is measured, and less is said of it
        return f"what limits it: {why}"


def written(value: float) -> str:
    """A number with as many digits as matter: 1.15, 17.5, 8,838, 0.0208."""
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _against(quantity: str, section: str, mine: str, theirs: str) -> Callable[[Results], float]:
    return lambda results: results.ratio(
        f"{section}/{mine}/{quantity}", f"{section}/{theirs}/{quantity}"
    )


def _throughput(section: str, mine: str, theirs: str) -> Callable[[Results], float]:
    return _against("operations_per_second", section, mine, theirs)


def _median(name: str) -> Callable[[Results], float]:
    return lambda results: results.median(name)


def _lease(slots: int, waiters: int) -> str:
    return f"{lease_name(slots, waiters)}/pool/us"


def _growth(many: str, few: str) -> Callable[[Results], float]:
    return lambda results: results.ratio(many, few)


def _waiter(results: Results) -> float:
    return results.median("memory/waiter/kib") - results.median("memory/task/kib")


def _least_success(results: Results) -> float:
    return min(
        min(results.each(f"guide/{how} {engine}/success_percent"))
        for how in ("warm", "cold")
        for engine in ("server", "embedded")
    )


def _rows(engine: str) -> Callable[[Results], float]:
    return lambda results: max(results.each(f"guide/warm {engine}/rows_not_excellent"))


def _named(engine: str) -> Callable[[Results], str]:
    return lambda results: results.details.get(f"guide/warm {engine}", "")


def _of_the_recorder(results: Results) -> str:
    alone = results.median("recorder/runner/us_per_operation")
    return f"{written(alone)} µs of it in the recorder's own calls, by themselves"


def _of_a_queue_against(theirs: str) -> Callable[[Results], str]:
    def note(results: Results) -> str:
        most = _throughput("instant", "bare queue", theirs)(results)
        return f"the plainest queue of such connections, which is no pool, reaches {written(most)}"

    return note


def _of_unleased(results: Results) -> str:
    most = _throughput("instant", "unleased over 4 sockets", "pool")(results)
    return f"without a pool, 500 workers on 4 such sockets reach {written(most)}"


_POOL = "50 connection leases, instant server"

MARKS = (
    Mark(
        f"{_POOL}: operations/s against purreal 0.2.1", "×", 10, 15, True,
        _throughput("instant", "pool", "purreal 0.2.1"), _of_a_queue_against("purreal 0.2.1"),
    ),
    Mark(
        f"{_POOL}: against bare SDK leased", "×", 4, 6, True,
        _throughput("instant", "pool", "SDK leased"),
    ),
    Mark(
        f"{_POOL}: against our own transport without a pool", "×", 0.85, 0.95, True,
        _throughput("instant", "pool", "transport without a pool"),
        _of_a_queue_against("transport without a pool"),
    ),
    Mark(
        "500 session leases over a few sockets, instant server: against 50 connection leases",
        "×", 2, 3, True, _throughput("instant", "500 sessions", "pool"), _of_unleased,
    ),
    Mark(
        "real server: 50 session leases against SDK leased", "×", 1.2, 1.5, True,
        _throughput("real", "sessions", "SDK leased"),
    ),
    Mark(
        "real server: 500 session leases against SDK leased", "×", 1.4, 1.8, True,
        _throughput("real", "500 sessions", "SDK leased"),
    ),
    Mark(
        "real server: 500 session leases against purreal 0.2.1, all connections opened first",
        "×", 2.5, 4, True, _throughput("real", "500 sessions", "purreal 0.2.1 opened first"),
    ),
    Mark(
        "real server: 500 session leases against purreal 0.2.1 as documented", "×", 5, 8, True,
        _throughput("real", "500 sessions", "purreal 0.2.1"),
    ),
    Mark(
        "real server: 500 session leases against the same transport, unleased over 4 sockets",
        "×", 0.9, 0.97, True, _throughput("real", "500 sessions", "unleased over 4 sockets"),
    ),
    Mark(
        "real server: time to 500 ready leases against 500 SDK connections, each signed in",
        "×", 1 / 20, 1 / 50, False,
        _against("ready_seconds", "ready", "500 sessions", "500 SDK connections"),
    ),
    Mark(
        "acquire + release, idle connection", "µs", 3, 1, False, _median(_lease(USUAL_SLOTS, 0))
    ),
    Mark(
        "acquire + release, 500 waiters", "µs", 8, 5, False,
        _median(_lease(USUAL_SLOTS, USUAL_WAITERS)),
    ),
    Mark(
        "acquire + release, 10,000 waiters against 10", "×", 1.3, 1.1, False,
        _growth(_lease(USUAL_SLOTS, MANY_WAITERS), _lease(USUAL_SLOTS, FEW_WAITERS)),
    ),
    Mark(
        "acquire + release, 5,000 slots against 10", "×", 1.3, 1.1, False,
        _growth(_lease(MANY_SLOTS, 0), _lease(FEW_SLOTS, 0)),
    ),
    Mark("recorder, for each value", "µs", 0.3, 0.15, False,
         _median("recorder/runner/us_per_value")),
    Mark("all of the runner's bookkeeping for an operation", "µs", 3, 1.5, False,
         _median("recorder/bookkeeping/us_per_operation"), _of_the_recorder),
    Mark(
        "real server: client CPU for an operation against the SDK's", "×", 0.5, 0.3, False,
        _against("cpu_us_per_operation", "real", "sessions", "SDK leased"),
    ),
    Mark(
        "guide's sustained test: success, warm and cold, both databases", "%", 100, 100, True,
        _least_success,
    ),
    Mark(
        "guide's sustained test, warm, real server: rows that are not Excellent",
        "rows", 0, 0, False, _rows("server"), _named("server"),
    ),
    Mark(
        "guide's sustained test, warm, embedded: rows that are not Excellent",
        "rows", 0, 0, False, _rows("embedded"), _named("embedded"),
    ),
    Mark("guide's sustained test, cold, real server: acquire p95", "ms", 80, 40, False,
         _median("guide/cold server/acquire_p95_ms")),
    Mark("guide's sustained test, cold, embedded: acquire p95", "ms", 250, 120, False,
         _median("guide/cold embedded/acquire_p95_ms")),
    Mark("memory of an idle connection", "KiB", 60, 30, False, _median("memory/connection/kib")),
    Mark(
        "memory of a waiter, above a task that waits for a plain future", "KiB", 2, 1, False,
        _waiter,
    ),
    Mark("import of purreal, after asyncio", "ms", 40, 20, False, _median("import/purreal/ms")),
)  # fmt: skip
