"""Owns the guide's fixes as advice with the numbers behind them; measures nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from purreal_runner.judge import wording
from purreal_runner.judge.facts import PoolFacts
from purreal_runner.judge.memory import MemoryFindings
from purreal_runner.judge.warning_signs import HIGH_P99_SECONDS
from purreal_runner.measure.data import Data
from purreal_runner.measure.merge import Merged

SLOW_P95_SECONDS = 0.020
_HEADROOM_PERCENT = 120
"""The guide: `max_size` 20 % higher than the peak of concurrent connections."""
_ROOMY_UTILIZATION = 0.70


class Fix(StrEnum):
    """The fixes that the guide knows."""

    RAISE_MAX_SIZE = "RaiseMaxSize"
    LOWER_MAX_SIZE = "LowerMaxSize"
    RAISE_MIN_SIZE = "RaiseMinSize"
    LOWER_IDLE_AND_LIFETIME = "LowerIdleTimeAndLifetime"
    LOWER_LIFETIME = "LowerLifetime"
    RAISE_ACQUIRE_TIMEOUT = "RaiseAcquireTimeout"
    AVOID_NESTED_ACQUIRE = "AvoidNestedAcquire"
    GIVE_LEASES_BACK = "GiveLeasesBack"


class ParameterChange(Data):
    """One of the pool's parameters, its value in this run and the one to try next."""

    parameter: str
    current: float
    proposed: float

    @property
    def words(self) -> str:
        """Such as `max_size from 50 to 600`."""
        return f"{self.parameter} from {self.current:g} to {self.proposed:g}"


class Advice(Data):
    """One fix: what to do, which parameters to change (of each pool), and why."""

    fix: Fix
    action: str
    changes: tuple[ParameterChange, ...] = ()
    because: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What advice is drawn from.

    Args:
        merged: the measurements.
        pool: the limits of each pool.
        memory: what did not come back after the load.
        graded: the run is compared with the guide's table of targets.
        deliberate_faults: connections were broken on purpose.
    """

    merged: Merged
    pool: PoolFacts
    memory: MemoryFindings
    graded: bool = False
    deliberate_faults: bool = False

    def errors_of(self, type_name: str) -> int:
        """How many operations this type of error ended."""
        return sum(error.count for error in self.merged.errors if error.type == type_name)


def give_advice(circumstances: Circumstances) -> tuple[Advice, ...]:
    """The guide's fixes that this run calls for, the most pressing first."""
    return tuple(_fixes(circumstances))


def _fixes(seen: Circumstances) -> Iterator[Advice]:
    yield from _nested_acquire(seen)
    yield from _exhaustion(seen)
    yield from _slow_acquisition(seen)
    yield from _memory(seen)
    yield from _lost_connections(seen)
    yield from _roomy_pool(seen)


def _nested_acquire(seen: Circumstances) -> Iterator[Advice]:
    for error in seen.merged.errors:
        if error.type == "NestedAcquireError":
            yield Advice(
                fix=Fix.AVOID_NESTED_ACQUIRE,
                action="check your code for nested acquire() calls: acquire one lease after "
                "the other, or use one for both",
                because=f"{wording.count(error.count, 'operation')} asked for a second lease "
                f"while holding one: {error.example}",
            )


def _exhaustion(seen: Circumstances) -> Iterator[Advice]:
    timeouts = seen.errors_of("AcquireTimeout")
    refused = seen.errors_of("TooManyWaiters")
    if seen.merged.full_pools and seen.memory.kept_leases < seen.merged.max_size:
        yield _raise_max_size(seen, timeouts, refused)
    elif timeouts and seen.pool.acquire_timeout:
        longer = ParameterChange(
            parameter="acquire_timeout",
            current=seen.pool.acquire_timeout,
            proposed=seen.pool.acquire_timeout * 2,
        )
        yield Advice(
            fix=Fix.RAISE_ACQUIRE_TIMEOUT,
            action=f"raise {longer.words}, and see in the server's log why connecting is slow",
            changes=(longer,),
            because=f"{wording.count(timeouts, 'wait')} for a lease timed out although the pool "
            "was not used up",
        )


def _raise_max_size(seen: Circumstances, timeouts: int, refused: int) -> Advice:
    """Room for the fullest pool's demand: what it had lent and who waited beside."""
    fullest = max(seen.merged.full_pools, key=lambda pool: pool.demand)
    change = ParameterChange(
        parameter="max_size", current=seen.pool.max_size, proposed=_with_headroom(fullest.demand)
    )
    facts = [_all_were_lent(fullest.peak.used)]
    if fullest.peak_waiting:
        facts.append(f"{wording.count(fullest.peak_waiting, 'caller')} waited at worst")
    if timeouts:
        facts.append(f"{wording.count(timeouts, 'wait')} timed out")
    if refused:
        facts.append(f"{wording.count(refused, 'caller')} turned away")
    return Advice(
        fix=Fix.RAISE_MAX_SIZE,
        action=f"raise {change.words}",
        changes=(change,),
        because=f"{', '.join(facts)}; 20 % above that demand is {change.proposed:g}",
    )


def _with_headroom(leases: int) -> int:
    """20 % more, in whole numbers: 1.2 as a float would make 61 of 50."""
    return -(-leases * _HEADROOM_PERCENT // 100)


def _all_were_lent(leases: int) -> str:
    return "the only lease was lent" if leases == 1 else f"all {leases:,} leases were lent"


def _slow_acquisition(seen: Circumstances) -> Iterator[Advice]:
    acquire = seen.merged.distributions.acquire
    p95 = acquire.percentile_seconds(95) or 0.0
    p99 = acquire.percentile_seconds(99) or 0.0
    slow = p95 >= SLOW_P95_SECONDS or p99 > HIGH_P99_SECONDS
    if not slow or seen.merged.full_pools or not seen.merged.opened_under_load:
        return
    proposed = min(seen.pool.max_size, max(2 * seen.pool.min_size, _fifth_of_peak(seen)))
    change = ParameterChange(parameter="min_size", current=seen.pool.min_size, proposed=proposed)
    yield Advice(
        fix=Fix.RAISE_MIN_SIZE,
        action=f"raise {change.words}",
        changes=(change,),
        because=f"waits for a lease reached {wording.seconds(p95)} (p95) and "
        f"{wording.seconds(p99)} (p99) while {_opened(seen)}",
    )


def _fifth_of_peak(seen: Circumstances) -> int:
    """The guide: start with 10–20 % of the peak of concurrent connections."""
    return ceil(max((pool.peak.used for pool in seen.merged.pools), default=0) * 0.2)


def _opened(seen: Circumstances) -> str:
    connects = sum(int(pool.final.get("connects") or 0) for pool in seen.merged.pools)
    spent = sum(float(pool.final.get("connectSeconds") or 0) for pool in seen.merged.pools)
    opened = wording.count(seen.merged.opened_under_load, "connection")
    each = f", {wording.seconds(spent / connects)} each" if connects else ""
    return f"{opened} more had to be opened{each}"


def _memory(seen: Circumstances) -> Iterator[Advice]:
    if seen.memory.kept_leases:
        yield Advice(
            fix=Fix.GIVE_LEASES_BACK,
            action="give every lease back: use `async with pool.acquire()`, or a `checkin` in "
            "`finally` for each `checkout`",
            because=f"{wording.count(seen.memory.kept_leases, 'lease')} still lent after the load",
        )
    elif seen.memory.message:
        changes = tuple(_shorter_lives(seen.pool))
        words = " and ".join(change.words for change in changes)
        yield Advice(
            fix=Fix.LOWER_IDLE_AND_LIFETIME,
            action=f"lower {words}" if words else "set max_idle_time and max_lifetime",
            changes=changes,
            because=seen.memory.message,
        )


def _shorter_lives(pool: PoolFacts) -> Iterator[ParameterChange]:
    """As the guide lowers them: 60 s to 30 s idle, 300 s to 180 s of life."""
    if pool.max_idle_time:
        yield ParameterChange(
            parameter="max_idle_time", current=pool.max_idle_time, proposed=pool.max_idle_time / 2
        )
    if pool.max_lifetime:
        yield ParameterChange(
            parameter="max_lifetime", current=pool.max_lifetime, proposed=pool.max_lifetime * 3 / 5
        )


def _lost_connections(seen: Circumstances) -> Iterator[Advice]:
    lost = seen.errors_of("ConnectionLost")
    if not lost or seen.deliberate_faults or not seen.pool.max_lifetime:
        return
    change = ParameterChange(
        parameter="max_lifetime",
        current=seen.pool.max_lifetime,
        proposed=seen.pool.max_lifetime * 3 / 5,
    )
    yield Advice(
        fix=Fix.LOWER_LIFETIME,
        action=f"see in the server's log why connections ended; if something between cuts old "
        f"ones, lower {change.words}",
        changes=(change,),
        because=f"{wording.count(lost, 'operation')} lost the connection in the middle",
    )


def _roomy_pool(seen: Circumstances) -> Iterator[Advice]:
    utilization = seen.merged.utilization
    waited = seen.merged.peak_waiting > 0  # then it was to grow, not idle
    if not seen.graded or waited or not utilization or utilization >= _ROOMY_UTILIZATION:
        return
    peak = max(pool.peak.used for pool in seen.merged.pools)
    proposed = max(seen.pool.min_size, _with_headroom(peak))
    if proposed >= seen.pool.max_size:
        return  # as small as it may be
    change = ParameterChange(parameter="max_size", current=seen.pool.max_size, proposed=proposed)
    yield Advice(
        fix=Fix.LOWER_MAX_SIZE,
        action=f"lower {change.words}",
        changes=(change,),
        because=f"no more than {wording.count(peak, 'lease')} in use at peak "
        f"({wording.share(utilization)} of max_size)",
    )
