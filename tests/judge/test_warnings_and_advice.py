"""Owns the proof that the guide's warning signs and fixes appear only when they should."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from purreal_runner.judge.advice import Advice, Circumstances, Fix, give_advice
from purreal_runner.judge.facts import PoolFacts
from purreal_runner.judge.memory import MemoryFindings, look_at_memory
from purreal_runner.judge.warning_signs import Sign, WarningSign, warning_signs
from purreal_runner.measure import Merged, ProcessHealth
from purreal_runner.measure.errors import ErrorKind
from purreal_runner.measure.part import PoolPeak

Measured = Callable[..., Merged]
MIB = 1024 * 1024


def advise(merged: Merged, pool: PoolFacts, **others: Any) -> tuple[Advice, ...]:
    memory = look_at_memory(merged, pool)
    return give_advice(Circumstances(merged=merged, pool=pool, memory=memory, **others))


def signs(merged: Merged) -> dict[Sign, str]:
    found = warning_signs(merged, MemoryFindings())
    return {each.sign: each.message for each in found}


def after_load(
    merged: Merged, *, opened: int, used: int = 0, settled: float = 1.0, **final: float
) -> Merged:
    """The same run with the pool's state after the load."""
    after = PoolPeak(open=opened, used=used)
    update = {"after_load": after, "settled_seconds": settled, "final": final}
    pool = merged.pools[0].model_copy(update=update)
    return merged.model_copy(update={"pools": (pool,)})


def test_a_good_run_shows_no_sign_and_needs_no_advice(
    measured: Measured, pool_facts: PoolFacts
) -> None:
    merged = measured(acquire_ms=(1, 2, 3))

    assert signs(merged) == {}
    assert advise(merged, pool_facts, graded=True) == ()


def test_failed_operations_are_told_by_kind(measured: Measured, error_count: Any) -> None:
    errors = (error_count("AcquireTimeout", 2), error_count("ValueError", 1, ErrorKind.APPLICATION))

    message = signs(measured(succeeded=997, failed=1, timed_out=2, errors=errors))

    assert message[Sign.FAILED_OPERATIONS] == (
        "3 of 1,000 operations failed or timed out (errors: 2 pool, 1 application)"
    )


@pytest.mark.parametrize(("p99_ms", "shown"), [(99, False), (101, True)])
def test_a_p99_above_100_ms_suggests_starvation(
    measured: Measured, p99_ms: float, shown: bool
) -> None:
    assert (Sign.HIGH_P99_LATENCY in signs(measured(acquire_ms=(p99_ms,)))) is shown


def test_full_utilization_is_told_with_the_queue(measured: Measured) -> None:
    assert Sign.FULL_UTILIZATION not in signs(measured(used=599, max_size=600))
    assert signs(measured(used=50, max_size=50, waiting=450))[Sign.FULL_UTILIZATION] == (
        "the pool was used up: all 50 leases lent at once, 450 callers waiting at worst"
    )


def test_of_several_pools_those_that_were_full_are_counted(measured: Measured) -> None:
    full, roomy = measured(used=50, max_size=50).pools[0], measured(used=40, max_size=50).pools[0]

    message = signs(measured(pools=(full, roomy, full)))[Sign.FULL_UTILIZATION]

    assert message == "2 of 3 pools were used up: all 100 leases lent at once"


def test_warnings_in_logs_are_told_by_logger_the_loudest_first(measured: Measured) -> None:
    message = signs(measured(logs={"a": 1, "b": 5, "c": 2, "d": 1}))[Sign.ERRORS_IN_LOGS]

    assert message == "9 log records at WARNING or above (b 5, c 2, a 1, …)"


@pytest.mark.parametrize(
    ("opened", "used", "settled", "growth_mib", "message"),
    [
        (550, 0, 1.0, 10, ""),
        (50, 0, 200.0, 10, ""),
        (60, 10, 1.0, 0, "10 leases not given back after the load"),
        (550, 0, 121.0, 0, "500 idle leases open beyond max_idle_time"),
        (50, 0, 1.0, 200, "resident memory is 200 MiB above that before the load"),
        (550, 0, 1.0, 200, ""),  # 550 connections that are still open may explain that much
    ],
)
def test_memory_growth_is_what_does_not_come_back_after_the_load(
    measured: Measured,
    pool_facts: PoolFacts,
    opened: int,
    used: int,
    settled: float,
    growth_mib: int,
    message: str,
) -> None:
    before = 100 * MIB
    health = ProcessHealth(rss_before_bytes=before, rss_after_bytes=before + growth_mib * MIB)
    merged = measured(processes=(health,))
    merged = after_load(merged, opened=opened, used=used, settled=settled)

    findings = look_at_memory(merged, pool_facts)

    assert findings.message == message
    expected = (WarningSign(sign=Sign.MEMORY_GROWTH, message=message),) if message else ()
    assert warning_signs(merged, findings) == expected


def test_without_max_idle_time_idle_leases_may_stay(
    measured: Measured, pool_facts: PoolFacts
) -> None:
    merged = after_load(measured(), opened=550, settled=9_999.0)

    assert look_at_memory(merged, replace(pool_facts, max_idle_time=None)).message == ""


def test_an_exhausted_pool_calls_for_max_size_20_percent_above_the_demand(
    measured: Measured, pool_facts: PoolFacts, error_count: Any
) -> None:
    merged = measured(used=50, max_size=50, waiting=450, errors=(error_count("AcquireTimeout", 7),))

    [advice] = advise(merged, replace(pool_facts, max_size=50))

    assert advice.fix is Fix.RAISE_MAX_SIZE
    assert advice.action == "raise max_size from 50 to 600"
    assert advice.because == (
        "all 50 leases were lent, 450 callers waited at worst, 7 waits timed out; "
        "20 % above that demand is 600"
    )


def test_callers_turned_away_are_part_of_the_reason(
    measured: Measured, pool_facts: PoolFacts, error_count: Any
) -> None:
    merged = measured(used=50, max_size=50, errors=(error_count("TooManyWaiters", 1),))

    [advice] = advise(merged, replace(pool_facts, max_size=50))

    assert "1 caller turned away" in advice.because


def test_slow_waits_while_connections_were_opened_call_for_min_size(
    measured: Measured, pool_facts: PoolFacts
) -> None:
    merged = measured(acquire_ms=(30,) * 10, used=500, opened=543, before=50)
    merged = after_load(merged, opened=543, connects=543, connectSeconds=16.29)

    [advice] = advise(merged, pool_facts)

    assert advice.fix is Fix.RAISE_MIN_SIZE
    assert advice.action == "raise min_size from 50 to 100"
    assert "493 connections more had to be opened, 30.0 ms each" in advice.because


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"acquire_ms": (19,)}, "quick enough"),
        ({"before": 543}, "all of them were open before the load"),
        ({"used": 600, "opened": 600}, "the pool was used up, so max_size is the fix"),
    ],
)
def test_min_size_is_not_blamed_for_other_causes(
    measured: Measured, pool_facts: PoolFacts, changes: dict[str, Any], why: str
) -> None:
    merged = measured(**({"acquire_ms": (30,), "used": 500, "opened": 543} | changes))

    assert Fix.RAISE_MIN_SIZE not in {each.fix for each in advise(merged, pool_facts)}, why


def test_timeouts_of_a_pool_that_was_not_full_call_for_a_longer_timeout(
    measured: Measured, pool_facts: PoolFacts, error_count: Any
) -> None:
    merged = measured(errors=(error_count("AcquireTimeout", 2),))

    [advice] = advise(merged, pool_facts)

    assert advice.fix is Fix.RAISE_ACQUIRE_TIMEOUT
    assert "acquire_timeout from 30 to 60" in advice.action


def test_nested_acquires_are_named_with_the_pools_own_words(
    measured: Measured, pool_facts: PoolFacts, error_count: Any
) -> None:
    merged = measured(errors=(error_count("NestedAcquireError", 3),))

    [advice] = advise(merged, pool_facts)

    assert advice.fix is Fix.AVOID_NESTED_ACQUIRE
    assert "check your code for nested acquire() calls" in advice.action
    assert "NestedAcquireError at …" in advice.because


def test_leases_that_were_kept_call_for_giving_them_back(
    measured: Measured, pool_facts: PoolFacts
) -> None:
    [advice] = advise(after_load(measured(), opened=60, used=10), pool_facts)

    assert advice.fix is Fix.GIVE_LEASES_BACK


def test_a_pool_full_of_kept_leases_needs_no_larger_max_size(
    measured: Measured, pool_facts: PoolFacts
) -> None:
    merged = after_load(measured(used=50, max_size=50, waiting=5), opened=50, used=50)

    assert [each.fix for each in advise(merged, replace(pool_facts, max_size=50))] == [
        Fix.GIVE_LEASES_BACK
    ]


def test_memory_growth_calls_for_shorter_lives_as_the_guide_does(
    measured: Measured, pool_facts: PoolFacts
) -> None:
    merged = after_load(measured(), opened=550, settled=500.0)

    [advice] = advise(merged, pool_facts)

    assert advice.fix is Fix.LOWER_IDLE_AND_LIFETIME
    assert advice.action == "lower max_idle_time from 60 to 30 and max_lifetime from 300 to 180"


@pytest.mark.parametrize(("deliberate", "advised"), [(False, True), (True, False)])
def test_lost_connections_call_for_a_shorter_lifetime_unless_broken_on_purpose(
    measured: Measured,
    pool_facts: PoolFacts,
    error_count: Any,
    deliberate: bool,
    advised: bool,
) -> None:
    merged = measured(errors=(error_count("ConnectionLost", 4, ErrorKind.CONNECTION),))

    fixes = {each.fix for each in advise(merged, pool_facts, deliberate_faults=deliberate)}

    assert (Fix.LOWER_LIFETIME in fixes) is advised


@pytest.mark.parametrize(
    ("graded", "waiting", "advised"), [(True, 0, True), (False, 0, False), (True, 434, False)]
)
def test_a_roomy_pool_is_told_for_the_guides_scenarios_when_nobody_waited(
    measured: Measured, pool_facts: PoolFacts, graded: bool, waiting: int, advised: bool
) -> None:
    found = advise(measured(used=100, waiting=waiting), pool_facts, graded=graded)

    assert [each.action for each in found] == (
        ["lower max_size from 600 to 120"] if advised else []
    )


def test_a_queue_while_connecting_does_not_add_to_the_demand_of_those_that_got_a_lease(
    measured: Measured, pool_facts: PoolFacts
) -> None:
    merged = measured(used=5, max_size=5, waiting=49)
    pool = merged.pools[0].model_copy(update={"peak_concurrent": 50})

    [advice] = advise(merged.model_copy(update={"pools": (pool,)}), replace(pool_facts, max_size=5))

    assert advice.action == "raise max_size from 5 to 60"


def test_a_pool_that_was_not_full_is_no_reason_for_more_leases(
    measured: Measured, pool_facts: PoolFacts
) -> None:
    full = measured(used=5, max_size=5, waiting=5).pools[0]
    opening = measured(used=4, max_size=5, waiting=40).pools[0]

    [advice] = advise(measured(pools=(opening, full)), replace(pool_facts, max_size=5))

    assert advice.action == "raise max_size from 5 to 12"


def test_one_lease_is_told_in_the_singular(measured: Measured, pool_facts: PoolFacts) -> None:
    merged = measured(used=1, max_size=1, waiting=4)

    [advice] = advise(merged, replace(pool_facts, max_size=1))

    assert advice.because.startswith("the only lease was lent, 4 callers waited at worst")
    assert signs(merged)[Sign.FULL_UTILIZATION].startswith(
        "the pool was used up: its only lease was lent, 4 callers"
    )


@pytest.mark.parametrize(("min_size", "used", "max_size"), [(2, 1, 2), (1, 2, 3), (50, 9, 50)])
def test_a_pool_that_can_not_be_smaller_is_not_told_to_be(
    measured: Measured, pool_facts: PoolFacts, min_size: int, used: int, max_size: int
) -> None:
    pool = replace(pool_facts, min_size=min_size, max_size=max_size)

    assert advise(measured(used=used, max_size=max_size), pool, graded=True) == ()
